// What is behind a Session: its graph, what it compiled, variables, threads. Not a public header.
#pragma once

#include "weir/runtime/exec/executor.h"
#include "weir/session/compile/pipeline.h"
#include "weir/session/plan_cache.h"
#include "weir/session/session.h"

namespace weir {

class Session::Impl {
 public:
  // `compiled`: no pass is to optimise the graph again, but for the bodies of its branches and loops.
  Impl(Graph graph, SessionOptions options, bool compiled = false);

  Result<std::vector<Tensor>> Run(const Signature& s, const std::vector<Tensor>& feeds, const RunConfig& config);

  Status CheckFeed(Endpoint e, const Tensor& value) const;
  RunOptions OptionsOf(const RunConfig& config, std::vector<StepTime>* trace) const;
  // Of nodes of another builder than the session's the ids mean other nodes.
  bool IsOurs(const Builder* b) const { return !builder_ || b == builder_; }
  Result<Endpoint> Resolve(const Output& o, const char* what) const;
  Result<NodeId> Resolve(const Operation& o) const;
  Result<Signature> SignatureOf(const std::vector<Output>& feeds, const std::vector<Output>& fetches,
                                const std::vector<Operation>& targets) const;
  Result<Signature> SignatureOf(const std::vector<std::string>& feeds, const std::vector<std::string>& fetches,
                                const std::vector<std::string>& targets) const;
  Result<Endpoint> ParseTensorName(const std::string& name, const char* what) const;
  // Of what is fed by name, checked; `values` in the order of the signature's feeds.
  Result<Signature> SignatureOf(const NamedFeeds& feeds, const std::vector<std::string>& fetches,
                                const std::vector<std::string>& targets, std::vector<Tensor>* values) const;
  Result<std::shared_ptr<const Plan>> PlanFor(const NamedFeeds& feeds, const std::vector<std::string>& fetches,
                                              const std::vector<std::string>& targets);
  Result<CompiledGraph> CompileGraph(const NamedFeeds& feeds, const std::vector<std::string>& fetches,
                                     const std::vector<std::string>& targets);
  Result<Callable> CallableOf(Signature s);
  Result<VariableRef> DeclareVariable(const std::string& name);

  SessionOptions options_;
  std::shared_ptr<const Graph> graph_;
  const Builder* builder_ = nullptr;  // compared only; null when the session was made of a graph
  Status builder_status_;
  std::map<std::string, std::string> names_;  // of a compiled graph's feeds, fetches, targets: what they are called now
  std::vector<std::string> fixed_;            // CompiledGraph::fixed
  ResourceStore resources_;
  FormStore forms_;
  std::unique_ptr<ThreadPool> pool_;
  PlanCache plans_;
};

// A run's trace as its metadata; nothing where none was asked for.
void FillMetadata(const std::vector<StepTime>& trace, RunMetadata* out);

}  // namespace weir
