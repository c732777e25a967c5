// Session: runs a graph. Compiles what a run asks for into a plan, keeps plans, variables and threads.
//
//   Operation init = GlobalVariablesInitializer(g);
//   Session session(g);
//   session.Run(init).Check();
//   Tensor loss = session.Run(loss_output, {{x, {{1, 2}, {3, 4}}}}).value();
//
// A session works on a snapshot of the graph: nodes added to the builder later are unknown to it until Extend. Any
// tensor can be fed or fetched; what is fetched is the caller's own, and writing it changes nothing else. Run may be
// called from many threads at once; each run sees, of every variable, one whole value. Runs that write the same
// variable take turns.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "weir/graph/builder.h"
#include "weir/graph/pass.h"
#include "weir/session/save/compiled_graph.h"

namespace weir {

struct SessionOptions {
  // Threads of a run, the caller's included; 0: one for each processor the process may use; 1: the caller's and not one
  // more.
  int threads = 0;
  bool optimize = true;                    // false: the graph as it is, step by step
  Precision precision = Precision::kStandard;
  std::set<std::string> disabled_passes = {};   // by name, see AllPasses
  bool allow_file_ops = false;             // SaveV2, RestoreV2 and the like may touch the files that the graph names
  int max_plans = 128;                     // kept compiled; the least recently used go first
  // What a session may keep between runs beside variables and the graph: compiled plans, and the memory of runs
  // (arenas, which all plans share, and buffers of fetches). The longest unused goes first; what the last run used
  // stays, however large, until memory of the budget is wanted that is not there.
  int64_t max_cache_bytes = int64_t{256} << 20;
  // Kernels keep forms of constants and of variables that a run does not write (packed for products), which take as
  // much memory again, and are done without where there is none. Bits do not depend on it.
  bool keep_forms = true;
  std::function<void(const std::string&)> print = {};  // where Print writes; stderr when empty
};

// State that runs read and change: a Variable (ops/model/variables.h).
template <class V>
concept VariableLike = requires(const V& v) {
  Output(v.snapshot());
  Output(v.handle());
};

// What a run is asked for: the value of an Output or of a Variable, or that an Operation runs.
class Fetch {
 public:
  template <class T>
  Fetch(const T& what) {  // NOLINT: lists of outputs, variables and operations read well
    if constexpr (std::convertible_to<T, Output>) output_ = what;
    else if constexpr (std::convertible_to<T, Operation>) target_ = what, is_target_ = true;
    else if constexpr (VariableLike<T>) output_ = what.snapshot();
    else
      static_assert(kNever<T>,
                    "Session::Run fetches Outputs, Variables and Operations, or a list of them; by name: Run({{\"x\", "
                    "value}}, {\"y\"})");
  }
  bool is_target() const { return is_target_; }
  const Output& output() const { return output_; }
  const Operation& target() const { return target_; }

 private:
  template <class T>
  static constexpr bool kNever = false;

  Output output_;
  Operation target_;
  bool is_target_ = false;
};

// One fed tensor: an output and its value, {x, {{1, 2}, {3, 4}}}. The value is a literal or a Tensor; a Tensor's memory
// is used without a copy. A fed Variable has this value for each of its reads during this run, and keeps its own.
class Feed {
 public:
  // What is fed: an Output, or all reads of a Variable.
  class Target {
   public:
    template <class T>
    Target(const T& what) {  // NOLINT
      if constexpr (std::convertible_to<T, Output>) output_ = what;
      else if constexpr (VariableLike<T>) output_ = what.handle(), is_variable_ = true;
      else
        static_assert(kNever<T>,
                      "Session::Run is fed {output or variable, value} pairs: Run(y, {{x, value}}); by name: "
                      "Run({{\"x\", value}}, {\"y\"})");
    }

   private:
    friend class Feed;
    Output output_;
    bool is_variable_ = false;
  };

  Feed(Target target, Literal v) : output(target.output_), is_variable(target.is_variable_), value(std::move(v)) {}
  // For the sake of readable errors: what a pair must be.
  template <class V>
    requires(!std::convertible_to<V, Literal>)
  Feed(const Target&, const V&) {
    static_assert(kNever<V>,
                  "the value of a feed is a Tensor, a number, a text, a vector or a nested list of numbers: Run(y, "
                  "{{x, {1, 2}}})");
  }
  template <class T>
    requires(!std::convertible_to<T, std::string> && !std::same_as<T, Feed>)
  Feed(const T&) {  // NOLINT
    static_assert(kNever<T>,
                  "feeds are a list of {output, value} pairs, each in braces of its own: Run(y, {{x, value}})");
  }

  Output output;  // of a variable: its handle
  bool is_variable = false;
  Literal value = 0;

 private:
  template <class T>
  static constexpr bool kNever = false;
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
  // NaN or infinity is an error that names the first op that made it. Each op is a step of its own then: slower.
  bool check_numerics = false;
  RunMetadata* metadata = nullptr;
};

class Callable;

class Session {
 public:
  explicit Session(const Builder& b, SessionOptions options = {});
  explicit Session(Graph graph, SessionOptions options = {});
  // Runs what is compiled already, by the names and for the shapes that it was compiled for.
  explicit Session(CompiledGraph compiled, SessionOptions options = {});
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Makes the nodes that the builder has gained since the snapshot known. Not while runs are in flight.
  Status Extend(const Builder& b);
  const Graph& graph() const;
  int threads() const;

  // ---- runs by handles
  // Run(y) gives a Tensor, of an Output or a Variable; Run(train) a Status; Run({loss, w, train}) a Tensor for each, in
  // order: an operation has no value, its Tensor is not valid(). All run once, in one run. Errors: a feed's dtype or
  // shape, what kernels refuse, a variable without a value, RunConfig's limits; they name node, op, shapes and the line
  // that made it.
  template <class F>
  auto Run(const F& fetch, const Feeds& feeds = {}, const RunConfig& config = {}) const {
    if constexpr (requires { fetch.begin(), fetch.end(); }) {
      return RunAll(std::vector<Fetch>(fetch.begin(), fetch.end()), feeds, {}, config);
    } else {
      return RunOne(Fetch(fetch), feeds, config, std::bool_constant<std::convertible_to<F, Operation>>());
    }
  }
  Result<std::vector<Tensor>> Run(const std::vector<Fetch>& fetches, const Feeds& feeds = {},
                                  const RunConfig& config = {}) const {
    return RunAll(fetches, feeds, {}, config);
  }
  // With operations that need no place among the results.
  Result<std::vector<Tensor>> Run(const std::vector<Fetch>& fetches, const Feeds& feeds,
                                  std::initializer_list<Operation> targets, const RunConfig& config = {}) const {
    return RunAll(fetches, feeds, targets, config);
  }
  template <std::convertible_to<std::vector<Operation>> O>
  Result<std::vector<Tensor>> Run(const std::vector<Fetch>& fetches, const Feeds& feeds, const O& targets,
                                  const RunConfig& config = {}) const {
    return RunAll(fetches, feeds, targets, config);
  }
  template <class F>
    requires requires(const F& f) { f.begin(), f.end(); }
  Result<std::vector<Tensor>> Run(const F& fetches, const Feeds& feeds, const std::vector<Operation>& targets,
                                  const RunConfig& config = {}) const {
    return RunAll(std::vector<Fetch>(fetches.begin(), fetches.end()), feeds, targets, config);
  }

  // ---- runs by names: "node:0" (or "node") for tensors, "node" for targets
  Result<std::vector<Tensor>> Run(const NamedFeeds& feeds, const std::vector<std::string>& fetches,
                                  const std::vector<std::string>& targets = {}, const RunConfig& config = {}) const;
  Result<std::vector<Tensor>> Run(const NamedFeeds& feeds, const std::vector<std::string>& fetches,
                                  const RunConfig& config) const {
    return Run(feeds, fetches, std::vector<std::string>(), config);
  }

  // For the sake of readable errors: what does not name its feeds as pairs.
  template <class F, class X, class... More>
    requires(!std::convertible_to<X, Feeds> && !std::convertible_to<X, std::vector<std::string>>)
  void Run(const F&, const X&, const More&...) const {
    static_assert(kNever<X>,
                  "Session::Run takes what to fetch, then feeds as {output, value} pairs, then a RunConfig: Run(y, "
                  "{{x, value}}, config)");
  }

  // ---- prepared runs: see Callable
  Result<Callable> MakeCallable(const std::vector<Output>& feeds, const std::vector<Output>& fetches,
                                const std::vector<Operation>& targets = {}) const;
  Result<Callable> MakeCallable(const std::vector<std::string>& feeds, const std::vector<std::string>& fetches,
                                const std::vector<std::string>& targets = {}) const;

  // ---- variables, by checkpoint name. Safe beside Run, from any thread: each call gets or sets one whole value.
  // SetVariable waits for runs that write the variable; runs that have read it go on with what they read.
  std::vector<std::string> VariableNames() const;              // of those that a run has touched or that have a value
  Result<Tensor> GetVariable(const std::string& name) const;   // a copy
  // The same, but nullopt where there is no such variable or it has no value yet. Errors: two variables of the name,
  // the memory budget.
  Result<std::optional<Tensor>> FindValue(const std::string& name) const;
  Status SetVariable(const std::string& name, const Tensor& value);
  // Hidden states of random ops, by node name: saved beside variables so that a resumed run goes on bit for bit.
  std::map<std::string, std::vector<uint64_t>> RandomStates() const;
  void SetRandomStates(const std::map<std::string, std::vector<uint64_t>>& states);

  // ---- memory
  // Gives back all that no run needs now: plans, arenas, buffers. What comes next is compiled again. Safe beside runs.
  void Trim() const;
  // What is kept now, of SessionOptions::max_cache_bytes. Plans are estimated.
  int64_t CacheBytes() const;

  // ---- looking inside
  // The plan of a run, compiled for the shapes of `feeds`, as text: steps, slots, memory.
  Result<std::string> ExplainPlan(const NamedFeeds& feeds, const std::vector<std::string>& fetches,
                                  const std::vector<std::string>& targets = {}) const;
  // What a run compiles to, for the shapes of `feeds`, to be saved and run without compiling. Variables, random states
  // and files are used as they are then.
  Result<CompiledGraph> CompileGraph(const NamedFeeds& feeds, const std::vector<std::string>& fetches,
                                     const std::vector<std::string>& targets = {}) const;
  struct PlanStats {
    int64_t arena_bytes = 0, arena_lower_bound = 0, arena_sum = 0, compile_micros = 0, verify_micros = 0;
    int steps = 0, nodes = 0;
  };
  // What was compiled so far. Counts that keep growing tell of shapes that do not come again, or of more signatures
  // than SessionOptions::max_plans.
  struct CompileCounts {
    int64_t signatures = 0, plans = 0;
  };
  CompileCounts GetCompileCounts() const;
  Result<PlanStats> GetPlanStats(const NamedFeeds& feeds, const std::vector<std::string>& fetches,
                                 const std::vector<std::string>& targets = {}) const;

  class Impl;

 private:
  template <class T>
  static constexpr bool kNever = false;
  Result<std::vector<Tensor>> RunAll(const std::vector<Fetch>& fetches, const Feeds& feeds,
                                     const std::vector<Operation>& targets, const RunConfig& config) const;
  Status RunOne(const Fetch& target, const Feeds& feeds, const RunConfig& config, std::true_type is_target) const;
  Result<Tensor> RunOne(const Fetch& fetch, const Feeds& feeds, const RunConfig& config,
                        std::false_type is_target) const;

  std::unique_ptr<Impl> impl_;
};

// A prepared run: feeds, fetches and targets are resolved once; buffers are bound. After the first Run with the same
// shapes a Run allocates nothing and looks nothing up. Belongs to one thread; must not outlive its session.
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
  // The value of fetch i after Run; the bound tensor when there is one. Else the caller's own: writing it changes
  // nothing else, and later runs leave it alone. A constant, a variable or a fed tensor is copied for it; an output is
  // not, so that asking twice after one run gives the same memory twice.
  Result<Tensor> Fetch(int i);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
