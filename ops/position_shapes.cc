// Checks of positions and of what is scattered by them.
#include "weir/ops/position_shapes.h"

#include <fmt/format.h>

namespace weir {

Status CheckBadIndicesPolicy(const ShapeContext& c) {
  std::string policy = c.attr<std::string>("bad_indices_policy");
  for (const char* known : {"", "DEFAULT", "ERROR", "IGNORE"}) {
    if (policy == known) return {};
  }
  return InvalidArgument(fmt::format("has bad_indices_policy '{}'", policy)).Help("it is DEFAULT, ERROR or IGNORE");
}

Status CheckScatterNd(const ShapeContext& c, const PartialShape& whole, int index_input) {
  WEIR_RETURN_IF_ERROR(CheckBadIndicesPolicy(c));
  WEIR_ASSIGN_OR_RETURN(PartialShape indices, c.WithRankAtLeast(index_input, 1));
  if (!indices.known_rank() || !whole.known_rank() || !Known(indices[indices.rank() - 1])) return {};
  Dim depth = indices[indices.rank() - 1];
  if (depth > whole.rank()) {
    return InvalidArgument(
        fmt::format("is given positions of {} numbers in a tensor of shape {}", depth, whole.ToString()));
  }
  PartialShape want =
      Concatenate(Subshape(indices, 0, indices.rank() - 1), Subshape(whole, static_cast<int>(depth), whole.rank()));
  if (MergeShapes(want, c.input(index_input + 1)).ok()) return {};
  return InvalidArgument(fmt::format("cannot scatter updates {} by indices {} into shape {}",
                                     c.Describe(index_input + 1), c.Describe(index_input), whole.ToString()))
      .Detail(fmt::format("updates of shape {} would fit", want.ToString()));
}

}  // namespace weir
