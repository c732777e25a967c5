#include "weir/ops/image/image_shapes.h"

#include <fmt/format.h>

#include "weir/ops/shape_helpers.h"

namespace weir::image {

Result<std::pair<Dim, Dim>> SizeInput(const ShapeContext& c, int i) {
  WEIR_ASSIGN_OR_RETURN(PartialShape shape, c.WithRank(i, 1));
  if (!MergeDims(shape[0], 2).ok())
    return InvalidArgument(fmt::format("needs height and width in '{}', not {}", c.InputName(i), c.Describe(i)));
  if (auto sizes = Elements(c, i)) {
    for (const auto& size : *sizes) {
      if (size && *size <= 0)
        return InvalidArgument(fmt::format("has a size of {} in '{}'; it must be positive", *size, c.InputName(i)));
    }
  }
  const Dims* v = c.value(i);
  return v && v->size() == 2 ? std::pair<Dim, Dim>((*v)[0], (*v)[1]) : std::pair<Dim, Dim>(kUnknownDim, kUnknownDim);
}

Output SizeOf(const Output& images) { return Make("Slice", {Make("Shape", {images}), {1}, {2}}); }

Status UnchangedImages(ShapeContext& c, int rank) {
  WEIR_ASSIGN_OR_RETURN(PartialShape images, c.WithRankAtLeast(0, rank));
  c.set_output(0, images);
  return {};
}

Result<PartialShape> BoxesInput(const ShapeContext& c, int i) {
  WEIR_ASSIGN_OR_RETURN(PartialShape boxes, c.WithRank(i, 2));
  if (!MergeDims(boxes[1], 4).ok())
    return InvalidArgument(fmt::format("needs 4 coordinates a box in '{}', not {}", c.InputName(i), c.Describe(i)));
  return boxes;
}

}  // namespace weir::image
