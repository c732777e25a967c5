#include "weir/graph/effects_before.h"

#include <set>

#include "weir/graph/functions.h"
#include "weir/graph/pass.h"

namespace weir {

bool IsEffect(const Graph& g, const Node& n) {
  if (!n.def()) return true;
  if (!n.def()->writes().empty() || (n.def()->calls() != CallKind::kNone && TouchesResource(g, n))) return true;
  if (!n.def()->stateful() || n.def()->makes_handle() || IsRoot(n)) return false;
  return !n.def()->random() && n.def()->reads().empty();
}

EffectsBefore::EffectsBefore(const Graph& g, const std::vector<NodeId>& order) : g_(g), any_(g.num_ids()) {
  for (NodeId id : order) {
    const Node& n = g.node(id);
    bool any = IsEffect(g, n);
    for (Endpoint e : n.inputs()) any = any || any_[e.node.value];
    for (NodeId c : n.control_inputs()) any = any || any_[c.value];
    any_[id.value] = any;
  }
}

std::vector<NodeId> EffectsBefore::Of(std::span<const Endpoint> ends) const {
  std::vector<NodeId> found, stack;
  std::set<NodeId> seen;
  auto visit = [&](NodeId id) {
    const bool any = static_cast<size_t>(id.value) >= any_.size() || any_[id.value];
    if (any && seen.insert(id).second) stack.push_back(id);
  };
  for (Endpoint e : ends) visit(e.node);
  while (!stack.empty()) {
    const Node& n = g_.node(stack.back());
    stack.pop_back();
    if (IsEffect(g_, n)) {
      found.push_back(n.id());
      continue;
    }
    for (Endpoint e : n.inputs()) visit(e.node);
    for (NodeId c : n.control_inputs()) visit(c);
  }
  return found;
}

}  // namespace weir
