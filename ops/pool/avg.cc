// AvgPool and AvgPool3D with their gradient ops: the divisor is the number of elements of the window that lie in the
// input.
#include <fmt/format.h>

#include "weir/graph/builder.h"
#include "weir/graph/gradients.h"
#include "weir/ops/pool/pooling.h"
#include "weir/ops/window_shapes.h"

namespace weir {
namespace {

Status CheckNoDepthPooling(const SlidingWindow& w) {
  if (w.depth_window == 1) return {};
  return InvalidArgument(
      fmt::format("has a window of {} channels; averages are taken over spatial axes only", w.depth_window));
}

ShapeFn AvgPoolShape(const pool::Form& form) {
  return [form](ShapeContext& c) -> Status {
    WEIR_ASSIGN_OR_RETURN(SlidingWindow w, PoolWindow(ReadWindowAttrs(c), form.spatial));
    WEIR_RETURN_IF_ERROR(CheckNoDepthPooling(w));
    return pool::PoolShape(form)(c);
  };
}

ShapeFn AvgPoolGradShape(const pool::Form& form) {
  return [form](ShapeContext& c) -> Status {
    WEIR_ASSIGN_OR_RETURN(SlidingWindow w, PoolWindow(ReadWindowAttrs(c), form.spatial));
    WEIR_RETURN_IF_ERROR(CheckNoDepthPooling(w));
    WEIR_ASSIGN_OR_RETURN(PartialShape input, c.shape_from_input(0));
    WEIR_ASSIGN_OR_RETURN(PartialShape grad, c.WithRank(1, w.rank()));
    if (!input.known_rank()) input = PartialShape::UnknownOfRank(w.rank());
    if (input.rank() != w.rank()) {
      return InvalidArgument(
          fmt::format("needs {} sizes in input '{}', but has {}", w.rank(), c.InputName(0), input.ToString()));
    }
    for (int axis : {0, w.channel_axis()}) {
      if (auto dim = MergeDims(input[axis], grad[axis]); dim.ok()) input[axis] = *dim;
    }
    WEIR_ASSIGN_OR_RETURN(PartialShape pooled, pool::PooledShape(w, input));
    WEIR_RETURN_IF_ERROR(CheckBackprop(c, 1, pooled));
    c.set_output(0, input);
    return {};
  };
}

// Of a pool, by `op`, its gradient op.
GradFn AvgPoolGradient(const char* op) {
  return [op](GradContext& c) -> Status {
    c.set(0, Make(op, {Make("Shape", {c.input(0)}), c.grad()}, pool::Attrs(c)));
    return {};
  };
}

// Of a gradient op, by `op`, the pool.
GradFn AvgPoolGradGradient(const char* op) {
  return [op](GradContext& c) -> Status {
    c.set(1, Make(op, {c.grad()}, pool::Attrs(c)));
    return {};
  };
}

constexpr char kTypes[] = "T: {half, bfloat16, float, double}";

}  // namespace

void RegisterAvgPoolOps(OpRegistry& r) {
  pool::AddAttrs(r.Add("AvgPool").Input("value: T").Output("output: T"), false)
      .Attr(kTypes)
      .Doc(
          "The mean of each window of an image [batch, height, width, channels], over those of its elements that lie "
          "in the image.")
      .Shape(AvgPoolShape(pool::kImages))
      .Gradient(AvgPoolGradient("AvgPoolGrad"));

  pool::AddAttrs(r.Add("AvgPoolGrad").Input("orig_input_shape: int32").Input("grad: T").Output("output: T"), false)
      .Attr(kTypes)
      .Doc(
          "The gradient of AvgPool by its input, whose shape is orig_input_shape: each element of grad, divided by the "
          "number of elements its window has in the input, is added to all of them.")
      .Shape(AvgPoolGradShape(pool::kImages))
      .Gradient(AvgPoolGradGradient("AvgPool"));

  pool::AddVolumeAttrs(r.Add("AvgPool3D").Input("input: T").Output("output: T"))
      .Attr(kTypes)
      .Doc(
          "The mean of each window of a volume [batch, depth, height, width, channels], over those of its elements "
          "that lie in the volume.")
      .Shape(AvgPoolShape(pool::kVolumes))
      .Gradient(AvgPoolGradient("AvgPool3DGrad"));

  pool::AddVolumeAttrs(r.Add("AvgPool3DGrad").Input("orig_input_shape: int32").Input("grad: T").Output("output: T"))
      .Attr(kTypes)
      .Doc("The gradient of AvgPool3D by its input, whose shape is orig_input_shape: as AvgPoolGrad.")
      .Shape(AvgPoolGradShape(pool::kVolumes))
      .Gradient(AvgPoolGradGradient("AvgPool3D"));
}

}  // namespace weir
