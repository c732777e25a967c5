// Composite ops: ops that stand for a small graph of others. An op says which (OpDef::Composed); compiling and
// differentiating put that in its place, so that it needs no kernel and no gradient of its own.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "weir/graph/builder.h"

namespace weir {

// What an ExpandFn sees of one node, and where it puts what stands for the outputs. An output that is not set has no
// users.
class ExpandContext {
 public:
  ExpandContext(Builder* b, NodeId id) : builder_(b), node_(b->graph().node(id)), results_(node_.outputs().size()) {}

  Builder& builder() const { return *builder_; }
  const Node& node() const { return node_; }  // a copy: what is built moves nodes
  int num_inputs() const { return static_cast<int>(node_.inputs().size()); }
  int num_outputs() const { return static_cast<int>(node_.outputs().size()); }
  Output input(int i) const { return {builder_, node_.input(i)}; }
  template <class T>
  T attr(std::string_view name) const {
    return node_.attr<T>(name);
  }
  void set(int i, Output o) { results_[i] = std::move(o); }
  const std::vector<Output>& results() const { return results_; }

 private:
  Builder* builder_;
  const Node node_;
  std::vector<Output> results_;
};

// Builds what the composite nodes stand for, and lets whoever read them or waited for them read and wait for that; it
// waits for what they waited for. The nodes themselves stay, without users. What is built is expanded as well. Only
// nodes that `which` takes, where it is given. Returns what stands for the outputs now. Errors: an ExpandFn's, that of
// the node; composites that build themselves without end.
Result<std::map<Endpoint, Endpoint>> Expand(Builder& b, const std::function<bool(NodeId)>& which = {});

}  // namespace weir
