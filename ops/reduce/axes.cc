// The axes that an input names, in shapes and in gradients.
#include "weir/ops/reduce/axes.h"

#include <fmt/format.h>

#include "weir/ops/shape_helpers.h"

namespace weir::reduce {

Result<std::optional<int>> AxisOf(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 1));
  const PartialShape& in = c.input(0);
  if (in.known_rank() && in.rank() == 0)
    return InvalidArgument(fmt::format("needs an axis to work along; {} has none", c.Describe(0)));
  auto axis = KnownElements(c, 1);
  if (!axis || axis->size() != 1 || !in.known_rank()) return std::optional<int>();
  WEIR_ASSIGN_OR_RETURN(int a, AxisWithin((*axis)[0], in.rank()));
  return std::optional<int>(a);
}

Output DynamicAxes(GradContext& c, Output rank) {
  Output axes = Make("Reshape", {c.input(1), {-1}});
  if (axes.dtype() != kInt32) axes = Make("Cast", {axes}, {{"DstT", kInt32}});
  return Make("FloorMod", {Make("AddV2", {axes, rank}), rank});
}

}  // namespace weir::reduce
