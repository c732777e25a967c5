// Shapes of what windows slide over.
#include "weir/ops/window_shapes.h"

#include <fmt/format.h>

namespace weir {

std::string TypeText(DType dtype, const PartialShape& shape) {
  OutputType type;
  type.dtype = dtype, type.shape = shape;
  return type.ToString();
}

void SetFilterWindow(const PartialShape& filter, SlidingWindow* w) {
  for (int i = 0; i < w->axes(); ++i) w->axis(i).window = filter[i];
}

namespace {

Result<Dim> SlideDim(const WindowAxis& axis, Dim input) {
  if (Known(axis.window)) return axis.OutputDim(input);
  if (axis.padding != Padding::kSame) return kUnknownDim;
  WindowAxis any = axis;  // SAME: the output does not depend on the window
  any.window = 1;
  return any.OutputDim(input);
}

}  // namespace

Result<PartialShape> SlideShape(const SlidingWindow& w, const PartialShape& input, Dim out_channels) {
  Dims outputs;
  for (int i = 0; i < w.axes(); ++i) {
    WEIR_ASSIGN_OR_RETURN(Dim size, SlideDim(w.axis(i), input[w.at(i)]));
    outputs.push_back(size);
  }
  return PartialShape(w.Arrange(input[0], std::move(outputs), out_channels));
}

Status CheckBackprop(const ShapeContext& c, int i, const PartialShape& want) {
  if (MergeShapes(c.input(i), want).ok()) return {};
  return InvalidArgument(fmt::format("cannot take {} as input '{}'", c.Describe(i), c.InputName(i)))
      .Detail(fmt::format("the forward op's output, whose gradient it is, has shape {}", want.ToString()));
}

int64_t ConvFlops(const ShapeContext& c, int64_t group_channels) {
  const PartialShape& filter = c.input(1);
  const int64_t taps = filter.known_rank() ? ElementsOrOne(Subshape(filter, 0, std::max(filter.rank() - 2, 0))) : 1;
  return SaturatedProduct({2, taps, group_channels, ElementsOrOne(c.output(0))});
}

}  // namespace weir
