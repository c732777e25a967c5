// Prune: keeps what roots reach. Roots are `_Retval` nodes, the sink `_targets`, and in bodies the nodes it waits for.
#include "weir/graph/pass.h"
#include "weir/graph/subgraph.h"

namespace weir {

bool IsRoot(const Node& n) { return n.Is("_Retval") || n.Is("_Arg") || (n.Is("NoOp") && n.name() == kSinkName); }

Result<bool> Prune(Graph& g, PassContext&) {
  std::vector<bool> keep(g.num_ids());
  std::vector<NodeId> stack;
  auto reach = [&](NodeId id) {
    if (!keep[id.value]) keep[id.value] = true, stack.push_back(id);
  };
  for (NodeId id : g.nodes()) {
    if (IsRoot(g.node(id))) reach(id);
  }
  while (!stack.empty()) {
    const Node& n = g.node(stack.back());
    stack.pop_back();
    for (Endpoint e : n.inputs()) reach(e.node);
    for (NodeId c : n.control_inputs()) reach(c);
  }
  int before = g.num_nodes();
  WEIR_RETURN_IF_ERROR(g.Retain(keep));
  return g.num_nodes() != before;
}

}  // namespace weir
