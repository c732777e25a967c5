// Session: runs a graph. Compiles what a run asks for into a plan, keeps plans, variables and threads.
//
//   Operation init = GlobalVariablesInitializer(g);
//   Session session(g);
//   session.Run(init).Check();
//   Tensor loss = session.Run(loss_output, {{x, {{1, 2}, {3, 4}}}}).value();
//
// A session works on a snapshot of the graph: nodes added to the builder later are unknown to it until Extend. Any tensor
// can be fed or fetched. Run may be called from many threads at once; each run sees, of every variable, one whole value.
// Runs that write the same variable take turns.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "weir/graph/builder.h"
#include "weir/graph/pass.h"

namespace weir {

struct SessionOptions {
  // Threads of a run, the caller's included; 0: one for each processor the process may use; 1: the caller's and not one more.
  int threads = 0;
  bool optimize = true;                    // false: the graph as it is, step by step
  Precision precision = Precision::kStandard;
  std::set<std::string> disabled_passes;   // by name, see AllPasses
  bool allow_file_ops = false;             // SaveV2, RestoreV2 and the like may touch the files that the graph names
  int max_plans = 128;                     // kept compiled; the least recently used go first
  std::function<void(const std::string&)> print;  // where Print writes; stderr when empty
};

// One fed tensor: an output and its value. The value is a literal or a Tensor; a Tensor's memory is used without a copy.
struct Feed {
  Feed(Output o, Literal v) : output(o), value(std::move(v)) {}
  Output output;
  Literal value;
};
using Feeds = std::vector<Feed>;
using NamedFeeds = std::vector<std::pair<std::string, Tensor>>;

// How one step of a run went.
struct StepStats {
  std::string op, name;
  double start_us = 0, duration_us = 0;
};

struct RunMetadata {
  std::vector<StepStats> steps;
  // The steps as a Chrome trace (chrome://tracing, Perfetto).
  Status WriteChromeTrace(const std::string& path) const;
};

struct RunConfig {
  std::chrono::milliseconds timeout{0};         // 0: none; DeadlineExceeded when it passes
  const std::atomic<bool>* cancel = nullptr;    // Cancelled soon after it turns true
  bool check_numerics = false;                  // NaN or infinity is an error that names the first op that made it
  RunMetadata* metadata = nullptr;
};

class Callable;

class Session {
 public:
  explicit Session(const Builder& b, SessionOptions options = {});
  explicit Session(Graph graph, SessionOptions options = {});
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Makes the nodes that the builder has gained since the snapshot known. Not while runs are in flight.
  Status Extend(const Builder& b);
  const Graph& graph() const;
  int threads() const;

  // ---- runs by handles
  Result<Tensor> Run(Output fetch, const Feeds& feeds = {}) const;
  // A variable's value.
  template <class V>
    requires requires(const V& v) { Output(v.snapshot()); }
  Result<Tensor> Run(const V& variable, const Feeds& feeds = {}) const { return Run(variable.snapshot(), feeds); }
  Result<std::vector<Tensor>> Run(const std::vector<Output>& fetches, const Feeds& feeds = {}, const std::vector<Operation>& targets = {}, const RunConfig& config = {}) const;
  Status Run(Operation target, const Feeds& feeds = {}) const;

  // ---- runs by names: "node:0" (or "node") for tensors, "node" for targets
  Result<std::vector<Tensor>> Run(const NamedFeeds& feeds, const std::vector<std::string>& fetches, const std::vector<std::string>& targets = {}, const RunConfig& config = {}) const;

  // ---- prepared runs: see Callable
  Result<Callable> MakeCallable(const std::vector<Output>& feeds, const std::vector<Output>& fetches, const std::vector<Operation>& targets = {}) const;
  Result<Callable> MakeCallable(const std::vector<std::string>& feeds, const std::vector<std::string>& fetches, const std::vector<std::string>& targets = {}) const;

  // ---- variables, by checkpoint name. Safe beside Run, from any thread: each call gets or sets one whole value. SetVariable
  // waits for runs that write the variable; runs that have read it go on with what they read.
  std::vector<std::string> VariableNames() const;              // of those that a run has touched or that have a value
  Result<Tensor> GetVariable(const std::string& name) const;   // a copy
  Status SetVariable(const std::string& name, const Tensor& value);
  // Hidden states of random ops, by node name: saved beside variables so that a resumed run goes on bit for bit.
  std::map<std::string, std::vector<uint64_t>> RandomStates() const;
  void SetRandomStates(const std::map<std::string, std::vector<uint64_t>>& states);

  // ---- looking inside
  // The plan of a run, compiled for the shapes of `feeds`, as text: steps, slots, memory.
  Result<std::string> ExplainPlan(const NamedFeeds& feeds, const std::vector<std::string>& fetches, const std::vector<std::string>& targets = {}) const;
  struct PlanStats {
    int64_t arena_bytes = 0, arena_lower_bound = 0, arena_sum = 0, compile_micros = 0, verify_micros = 0;
    int steps = 0, nodes = 0;
  };
  // What was compiled so far. Counts that keep growing tell of shapes that do not come again, or of more signatures than
  // SessionOptions::max_plans.
  struct CompileCounts {
    int64_t signatures = 0, plans = 0;
  };
  CompileCounts GetCompileCounts() const;
  Result<PlanStats> GetPlanStats(const NamedFeeds& feeds, const std::vector<std::string>& fetches, const std::vector<std::string>& targets = {}) const;

  class Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

// A prepared run: feeds, fetches and targets are resolved once; buffers are bound. After the first Run with the same shapes a
// Run allocates nothing and looks nothing up. Belongs to one thread; must not outlive its session.
class Callable {
 public:
  class Impl;
  explicit Callable(std::unique_ptr<Impl> impl);
  Callable(Callable&&) noexcept;
  Callable& operator=(Callable&&) noexcept;
  ~Callable();

  // Binds feed i. Its memory is read at each Run, so the caller may change the elements in between.
  Status BindFeed(int i, const Tensor& value);
  // Fetch i is written into this tensor's memory, whose dtype and shape must be the fetch's.
  Status BindFetch(int i, Tensor value);
  Status Run(const RunConfig& config = {});
  // The value of fetch i after Run; the bound tensor when there is one.
  Result<Tensor> Fetch(int i);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
