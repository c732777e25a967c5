// What is behind a Session: caches of lowered graphs and plans, variables, threads. Not a public header.
#pragma once

#include <map>
#include <mutex>

#include "weir/runtime/exec/executor.h"
#include "weir/session/context_pool.h"
#include "weir/session/compile/pipeline.h"
#include "weir/session/session.h"

namespace weir {

class Session::Impl {
 public:
  Impl(Graph graph, SessionOptions options);

  struct CachedPlan {
    std::shared_ptr<const Plan> plan;
    int64_t bytes = 0, last_used = 0;
  };
  // One signature: its lowered graph, and the plans by the shapes of the feeds.
  struct Entry {
    Entry(Graph g, std::vector<bool> shaping) : lowered(std::move(g)), shaping_feeds(std::move(shaping)) {}
    const Graph lowered;
    // Feeds whose value decides shapes or parameters: part of the key, compiled in as constants. Emptied when too many values come.
    std::vector<bool> shaping_feeds;
    std::map<std::vector<int64_t>, CachedPlan> plans;
    int64_t last_used = 0;
    bool cached = false;  // whether the session still has the entry; a Callable may keep one that it has not
    // All but `lowered` guarded by Impl::mutex_.
  };
  // What one run needs of an entry: the key of its plan, which feeds that compiled in, and whether each op is a step of
  // its own, so that an error can name it.
  struct PlanKey {
    std::vector<int64_t> key;
    std::vector<bool> by_value;
    bool unfused = false;
  };
  // `values_may_change`: the feeds' memory is read again at later runs, so no value may be compiled in.
  PlanKey KeyOf(const Entry& entry, const std::vector<Tensor>& feeds, const RunConfig& config, bool values_may_change);

  Result<std::shared_ptr<Entry>> EntryOf(const Signature& s);
  // `fresh`: compile again, since the cached plan has gone stale.
  Result<std::shared_ptr<const Plan>> PlanOf(Entry& entry, const Signature& s, const std::vector<Tensor>& feeds,
                                             const PlanKey& key, bool fresh);
  void Return(Entry& entry, std::unique_ptr<RunContext> context, const PlanKey& key);
  void Trim();
  Result<std::vector<Tensor>> Run(const Signature& s, const std::vector<Tensor>& feeds, const RunConfig& config);

  // Under mutex_: makes the plans and what is idle fit into max_cache_bytes again, but for `keep`.
  void ShrinkPlans(const Plan* keep);
  void ErasePlan(Entry& entry, std::map<std::vector<int64_t>, CachedPlan>::iterator it);
  void EraseEntry(std::map<Signature, std::shared_ptr<Entry>>::iterator it);

  Status CheckSignature(const Signature& s) const;
  Status CheckFeed(Endpoint e, const Tensor& value) const;
  RunOptions OptionsOf(const RunConfig& config, std::vector<StepTime>* trace) const;
  // Of nodes of another builder than the session's the ids mean other nodes.
  bool IsOurs(const Builder* b) const { return !builder_ || b == builder_; }
  Result<Endpoint> Resolve(const Output& o, const char* what) const;
  Result<NodeId> Resolve(const Operation& o) const;
  Result<Signature> SignatureOf(const std::vector<Output>& feeds, const std::vector<Output>& fetches, const std::vector<Operation>& targets) const;
  Result<Signature> SignatureOf(const std::vector<std::string>& feeds, const std::vector<std::string>& fetches, const std::vector<std::string>& targets) const;
  Result<Endpoint> ParseTensorName(const std::string& name, const char* what) const;
  Result<std::shared_ptr<const Plan>> PlanFor(const NamedFeeds& feeds, const std::vector<std::string>& fetches, const std::vector<std::string>& targets);
  Result<Callable> CallableOf(Signature s);
  Result<VariableRef> DeclareVariable(const std::string& name);

  SessionOptions options_;
  std::shared_ptr<const Graph> graph_;
  const Builder* builder_ = nullptr;  // compared only; null when the session was made of a graph
  Status builder_status_;
  ResourceStore resources_;
  CompileEnv env_;
  std::unique_ptr<ThreadPool> pool_;
  std::mutex mutex_;
  std::map<Signature, std::shared_ptr<Entry>> entries_;
  int64_t plan_bytes_ = 0;  // of all cached plans
  ContextPool contexts_;
  int64_t clock_ = 0;
  CompileCounts counts_;
};

// A run's trace as its metadata; nothing where none was asked for.
void FillMetadata(const std::vector<StepTime>& trace, RunMetadata* out);

}  // namespace weir
