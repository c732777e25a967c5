// Prune: keeps what roots reach. Roots are `_Retval` nodes, the sink `_targets`, and in bodies the nodes it waits for.
#include "weir/graph/pass.h"
#include "weir/graph/subgraph.h"

namespace weir {

bool IsRoot(const Node& n) { return n.Is("_Retval") || n.Is("_Arg") || (n.Is("NoOp") && n.name() == kSinkName); }

Result<bool> Prune(Graph& g, PassContext&) {
  std::vector<NodeId> roots;
  for (NodeId id : g.nodes()) {
    if (IsRoot(g.node(id))) roots.push_back(id);
  }
  int before = g.num_nodes();
  WEIR_RETURN_IF_ERROR(g.Retain(NeededBy(g, std::move(roots))));
  return g.num_nodes() != before;
}

}  // namespace weir
