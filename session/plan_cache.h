// PlanCache: what a session has compiled, and the idle memory of its runs. A signature has a lowered graph, and under
// it the plans of the shapes that were fed. Thread-safe; compiling happens outside the one mutex.
//
// A run leases a context: in one visit it finds its signature, its plan and the memory to run in, in a second one it
// gives the memory back. What is kept is bounded (SessionOptions::max_plans, max_cache_bytes), the longest unused goes
// first.
#pragma once

#include <map>
#include <mutex>

#include "weir/graph/base/memory.h"
#include "weir/runtime/exec/executor.h"
#include "weir/session/compile/pipeline.h"
#include "weir/session/context_pool.h"
#include "weir/session/session.h"

namespace weir {

class PlanCache {
 public:
  struct Limits {
    int max_plans = 1;
    int64_t max_bytes = 0;
  };
  PlanCache(Limits limits, CompileEnv env)
      : limits_(limits), env_(std::move(env)), reserve_([this] { GiveIdleBack(); }) {}

  // How a run wants its plan.
  struct Wish {
    bool unfused = false;            // each op a step of its own, so that an error can name it
    bool values_may_change = false;  // the feeds' memory is read again at later runs: no value may be compiled in
    bool fresh = false;              // compile again, since the plan has gone stale
    bool formless = false;           // kernels take inputs as they are, since there is no memory for forms
  };
  class Entry;  // of one signature; lives as long as somebody holds it
  class Lease;

  // `graph` is the session's; the feeds are checked. Errors: those of compiling, and of the memory budget.
  Result<std::shared_ptr<Entry>> EntryOf(const Graph& graph, const Signature& s);
  Result<std::shared_ptr<const Plan>> PlanOf(const Graph& graph, Entry& entry, const std::vector<Tensor>& feeds,
                                             const Wish& wish);
  // The graph that such a plan is built of, and which feeds are compiled in by value.
  Result<Graph> OptimizedOf(const Graph& graph, const Signature& s, const std::vector<Tensor>& feeds,
                            std::vector<bool>* by_value);
  // Gives it an arena: this one, or if there is none a new one, for which what is kept for later goes if it must.
  Status Init(RunContext& context, std::shared_ptr<Buffer> arena);
  // Whether a run that failed before its first step can be tried again, by another plan, which is wished from now on.
  bool Adapt(const RunContext& failed, Wish* wish);
  Result<Lease> LeaseOf(const Graph& graph, const Signature& s, const std::vector<Tensor>& feeds, const Wish& wish);

  void Trim();
  int64_t bytes() const;
  Session::CompileCounts counts() const;

 private:
  // Concrete shapes of the feeds, flattened: rank, dims, rank, dims, …; then the values of feeds that decide shapes.
  struct Key {
    std::vector<int64_t> numbers;
    std::vector<bool> by_value;
  };
  struct Cached {
    std::shared_ptr<const Plan> plan;
    int64_t bytes = 0, last_used = 0;
    bool kept = true;  // whether the cache still has it
  };
  using Entries = std::map<Signature, std::shared_ptr<Entry>>;
  using Plans = std::map<std::vector<int64_t>, std::shared_ptr<Cached>>;

  Result<std::shared_ptr<Cached>> CachedOf(const Graph& graph, Entry& entry, const std::vector<Tensor>& feeds,
                                           const Wish& wish);
  Result<Graph> Specialised(const Graph& graph, const Entry& entry, const std::vector<Tensor>& feeds, const Key& key,
                            std::vector<OutputType>* types) const;
  Result<std::shared_ptr<const Plan>> CompileFor(const Graph& graph, const Entry& entry,
                                                 const std::vector<Tensor>& feeds, const Key& key,
                                                 const Wish& wish) const;
  void Return(Cached& cached, std::unique_ptr<RunContext> context);
  // Lets the memory of no run go, unless somebody is just looking for some.
  void GiveIdleBack();
  // Lets that go, and the forms of variables that no run uses. Not for who holds a variable.
  void MakeRoom();

  // ---- under the mutex
  Key KeyOf(const Entry& entry, const std::vector<Tensor>& feeds, const Wish& wish) const;
  std::shared_ptr<Cached> Find(Entry& entry, const Key& key);
  std::shared_ptr<Cached> Keep(Entry& entry, const Key& key, std::shared_ptr<const Plan> plan, int64_t bytes);
  // Makes the plans and what is idle fit into max_bytes again, but for `keep`.
  void Shrink(const Cached* keep);
  void Erase(Entry& entry, Plans::iterator it);
  void Erase(Entries::iterator it);

  const Limits limits_;
  const CompileEnv env_;
  mutable std::mutex mutex_;
  Entries entries_;
  int64_t plan_bytes_ = 0;  // of all kept plans
  ContextPool contexts_;
  int64_t clock_ = 0;
  Session::CompileCounts counts_;
  memory::Reserve reserve_;  // the last, since it calls
};

// A context that one run has for itself; goes back to the cache with the lease.
class PlanCache::Lease {
 public:
  Lease(PlanCache* cache, std::shared_ptr<Cached> cached, std::unique_ptr<RunContext> context)
      : cache_(cache), cached_(std::move(cached)), context_(std::move(context)) {}
  Lease(Lease&&) noexcept = default;
  Lease& operator=(Lease&&) = delete;
  ~Lease() {
    if (context_) cache_->Return(*cached_, std::move(context_));
  }
  RunContext& operator*() const { return *context_; }
  RunContext* operator->() const { return context_.get(); }

 private:
  PlanCache* cache_;
  std::shared_ptr<Cached> cached_;
  std::unique_ptr<RunContext> context_;
};

}  // namespace weir
