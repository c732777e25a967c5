// InferShapes: output types of every node from the fed shapes (already on the `_Arg` nodes), where what they depend on
// has changed.
#include "weir/graph/pass.h"

namespace weir {

Result<bool> InferShapes(Graph& g, PassContext&) {
  WEIR_RETURN_IF_ERROR(InferStale(g));
  return false;
}

}  // namespace weir
