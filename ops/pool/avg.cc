// AvgPool and AvgPoolGrad: the divisor is the number of elements of the window that lie in the input.
#include <fmt/format.h>

#include "weir/graph/builder.h"
#include "weir/graph/gradients.h"
#include "weir/ops/pool/pooling.h"
#include "weir/ops/window_shapes.h"

namespace weir {
namespace {

Status CheckNoDepthPooling(const Window2D& w) {
  if (w.depth_window == 1) return {};
  return InvalidArgument(
      fmt::format("has a window of {} channels; averages are taken over height and width only", w.depth_window));
}

Status AvgPoolShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(Window2D w, PoolWindow(ReadWindowAttrs(c)));
  WEIR_RETURN_IF_ERROR(CheckNoDepthPooling(w));
  return pool::PoolShape(c);
}

Status AvgPoolGradient(GradContext& c) {
  c.set(0, Make("AvgPoolGrad", {Make("Shape", {c.input(0)}), c.grad()}, pool::Attrs(c)));
  return {};
}

Status AvgPoolGradShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(Window2D w, PoolWindow(ReadWindowAttrs(c)));
  WEIR_RETURN_IF_ERROR(CheckNoDepthPooling(w));
  WEIR_ASSIGN_OR_RETURN(PartialShape input, c.shape_from_input(0));
  WEIR_ASSIGN_OR_RETURN(PartialShape grad, c.WithRank(1, 4));
  if (!input.known_rank()) input = PartialShape::UnknownOfRank(4);
  if (input.rank() != 4)
    return InvalidArgument(fmt::format("needs 4 sizes in input '{}', but has {}", c.InputName(0), input.ToString()));
  for (int axis : {0, w.channel_axis()}) {
    if (auto dim = MergeDims(input[axis], grad[axis]); dim.ok()) input[axis] = *dim;
  }
  WEIR_ASSIGN_OR_RETURN(PartialShape pooled, pool::PooledShape(w, input));
  WEIR_RETURN_IF_ERROR(CheckBackprop(c, 1, pooled));
  c.set_output(0, input);
  return {};
}

Status AvgPoolGradGradient(GradContext& c) {
  c.set(1, Make("AvgPool", {c.grad()}, pool::Attrs(c)));
  return {};
}

}  // namespace

void RegisterAvgPoolOps(OpRegistry& r) {
  pool::AddAttrs(r.Add("AvgPool").Input("value: T").Output("output: T"), false)
      .Attr("T: {half, bfloat16, float, double}")
      .Doc(
          "The mean of each window of an image [batch, height, width, channels], over those of its elements that lie "
          "in the image.")
      .Shape(AvgPoolShape)
      .Gradient(AvgPoolGradient);

  pool::AddAttrs(r.Add("AvgPoolGrad").Input("orig_input_shape: int32").Input("grad: T").Output("output: T"), false)
      .Attr("T: {half, bfloat16, float, double}")
      .Doc(
          "The gradient of AvgPool by its input, whose shape is orig_input_shape: each element of grad, divided by the "
          "number of elements its window has in the input, is added to all of them.")
      .Shape(AvgPoolGradShape)
      .Gradient(AvgPoolGradGradient);
}

}  // namespace weir
