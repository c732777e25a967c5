// What is behind a Session: caches of lowered graphs and plans, variables, threads. Not a public header.
#pragma once

#include <map>
#include <mutex>

#include "weir/runtime/executor.h"
#include "weir/session/pipeline.h"
#include "weir/session/session.h"

namespace weir {

class Session::Impl {
 public:
  Impl(Graph graph, SessionOptions options);

  struct CachedPlan {
    std::shared_ptr<const Plan> plan;
    std::vector<std::unique_ptr<RunContext>> idle;
    int64_t last_used = 0;
  };
  // One signature: its lowered graph, and the plans by the shapes of the feeds.
  struct Entry {
    explicit Entry(Graph g) : lowered(std::move(g)) {}
    const Graph lowered;
    std::map<std::vector<int64_t>, CachedPlan> plans;  // guarded by Impl::mutex_
  };

  Result<std::shared_ptr<Entry>> EntryOf(const Signature& s);
  // `fresh`: compile again, since the cached plan has gone stale.
  Result<std::shared_ptr<const Plan>> PlanOf(Entry& entry, const Signature& s, const std::vector<Tensor>& feeds, bool fresh);
  Result<std::unique_ptr<RunContext>> Lease(Entry& entry, const std::shared_ptr<const Plan>& plan, const std::vector<Tensor>& feeds);
  void Return(Entry& entry, std::unique_ptr<RunContext> context, const std::vector<Tensor>& feeds);
  Result<std::vector<Tensor>> Run(const Signature& s, const std::vector<Tensor>& feeds, const RunConfig& config);

  Status CheckSignature(const Signature& s) const;
  Status CheckFeed(Endpoint e, const Tensor& value) const;
  RunOptions OptionsOf(const RunConfig& config, std::vector<StepTime>* trace) const;
  Result<Endpoint> Resolve(const Output& o, const char* what) const;
  Result<NodeId> Resolve(const Operation& o) const;
  Result<Signature> SignatureOf(const std::vector<std::string>& feeds, const std::vector<std::string>& fetches, const std::vector<std::string>& targets) const;
  Result<Endpoint> ParseTensorName(const std::string& name, const char* what) const;
  Result<std::shared_ptr<const Plan>> PlanFor(const NamedFeeds& feeds, const std::vector<std::string>& fetches, const std::vector<std::string>& targets);
  Result<VariableRef> DeclareVariable(const std::string& name);

  SessionOptions options_;
  std::shared_ptr<const Graph> graph_;
  Status builder_status_;
  VariableStore variables_;
  CompileEnv env_;
  std::unique_ptr<ThreadPool> pool_;
  std::mutex mutex_;
  std::map<Signature, std::shared_ptr<Entry>> entries_;
  int64_t clock_ = 0;
};

// A run's trace as its metadata; nothing where none was asked for.
void FillMetadata(const std::vector<StepTime>& trace, RunMetadata* out);

}  // namespace weir
