// ExpandComposites: what composite ops stand for takes their places (graph/expand.h), in this graph. Those in bodies of
// branches and loops are expanded when the bodies compile.
#include <algorithm>

#include "weir/graph/expand.h"
#include "weir/graph/pass.h"

namespace weir {

Result<bool> ExpandComposites(Graph& g, PassContext&) {
  const std::vector<NodeId> nodes = g.nodes();
  auto composite = [&](NodeId id) { return g.node(id).def() && g.node(id).def()->expansion(); };
  if (std::none_of(nodes.begin(), nodes.end(), composite)) return false;
  Builder b(&g.registry());
  b.mutable_graph() = std::move(g);  // whose types are known
  const auto replaced = Expand(b);
  g = std::move(b.mutable_graph());
  WEIR_RETURN_IF_ERROR(replaced.status());
  for (NodeId id : nodes) {
    if (composite(id)) WEIR_RETURN_IF_ERROR(g.Remove(id));
  }
  return true;
}

}  // namespace weir
