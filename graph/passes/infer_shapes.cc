// InferShapes: output types of every node from the fed shapes (already on the `_Arg` nodes).
#include "weir/graph/pass.h"

namespace weir {

Result<bool> InferShapes(Graph& g, PassContext&) {
  std::unordered_map<Endpoint, OutputType, EndpointHash> known;
  for (NodeId id : g.nodes()) {
    if (g.node(id).Is("_Arg")) known[{id, 0}] = g.node(id).output(0);
  }
  WEIR_RETURN_IF_ERROR(InferGraph(g, known, /*verified=*/true));  // as every graph is before and after a pass
  return false;
}

}  // namespace weir
