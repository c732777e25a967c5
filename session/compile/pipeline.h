// The pipeline: a user's graph to a plan, in one straight line.
#pragma once

#include "weir/session/compile/plan_builder.h"

namespace weir {

// What a run asks for.
struct Signature {
  std::vector<Endpoint> feeds, fetches;
  std::vector<NodeId> targets;
  bool operator<(const Signature& o) const {
    return std::tie(feeds, fetches, targets) < std::tie(o.feeds, o.fetches, o.targets);
  }
};

// The shape-free half: the part of `user` that the signature needs, cut at the feeds, references lowered, calls
// inlined, effects ordered. The result's `_Arg` nodes are the feeds, its `_Retval` nodes the fetches, `_targets` waits
// for the targets.
Result<Graph> Lower(const Graph& user, const Signature& signature, const CompileOptions& options);

// The shape-specialised half: infers from the shapes of the feeds (unknown ones stay dynamic), optimises. In place.
// `context` receives what the passes noted.
Status Optimize(Graph& lowered, const std::vector<OutputType>& feeds, const CompileOptions& options,
                PassContext* context = nullptr);

// Optimize, then BuildPlan.
Result<std::shared_ptr<const Plan>> Compile(Graph lowered, const std::vector<OutputType>& feeds, const CompileEnv& env);

// Which feeds (`_Arg` nodes) reach, through small integer arithmetic, an input whose value some kernel must know before
// it can be prepared: a fed batch size, an axis, a shape; and which are what a handle is made of. Those belong to the
// plan's key by value.
std::vector<bool> ShapingFeeds(const Graph& lowered, size_t num_feeds);
// Makes feed `index` a constant of this value. The `_Arg` stays, unread.
Status BindFeedValue(Graph& lowered, int index, const Tensor& value);

// Compiles a function of the library of `g` as a nested plan; `env.bodies` remembers it. `env.held`: also what only
// whole graphs have otherwise (TensorFlow 1's control flow), since importing leaves the bodies of datasets alone.
Result<std::shared_ptr<const Plan>> CompileBody(const Graph& g, const FuncRef& f, const std::vector<OutputType>& args,
                                                const CompileEnv& env);

}  // namespace weir
