// Dilation2D, the greyscale dilation of mathematical morphology: pooling by the maximum with a filter that is added.
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/graph/op_def.h"
#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/window_shapes.h"

namespace weir {
namespace {

struct Shapes {
  PartialShape input, filter, output;
};

Result<Shapes> ReadShapes(const ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(SlidingWindow w, ConvWindow(ReadWindowAttrs(c)));
  Shapes s;
  WEIR_ASSIGN_OR_RETURN(s.input, c.WithRank(0, 4));
  WEIR_ASSIGN_OR_RETURN(s.filter, c.WithRank(1, 3));
  for (int axis = 0; axis < 3; ++axis) {
    if (s.filter[axis] == 0) return InvalidArgument(fmt::format("has an empty filter {}", c.Describe(1)));
  }
  auto channels = MergeDims(s.input[3], s.filter[2]);
  if (!channels.ok())
    return InvalidArgument(fmt::format("cannot dilate {} by the filter {}", c.Describe(0), c.Describe(1)))
        .Detail("a filter is [height, width, channels]");
  SetFilterWindow(s.filter, &w);
  WEIR_ASSIGN_OR_RETURN(s.output, SlideShape(w, s.input, *channels));
  return s;
}

Status DilationShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(Shapes s, ReadShapes(c));
  c.set_output(0, s.output);
  return {};
}

// Of the gradients, which are like input `like`.
ShapeFn BackpropShape(int like) {
  return [like](ShapeContext& c) -> Status {
    WEIR_ASSIGN_OR_RETURN(Shapes s, ReadShapes(c));
    WEIR_RETURN_IF_ERROR(CheckBackprop(c, 2, s.output));
    c.set_output(0, like == 0 ? s.input : s.filter);
    return {};
  };
}

AttrMap Attrs(const GradContext& c) { return c.attrs({"strides", "rates", "padding"}); }

Status DilationGradient(GradContext& c) {
  c.set(0, Make("Dilation2DBackpropInput", {c.input(0), c.input(1), c.grad()}, Attrs(c)));
  c.set(1, Make("Dilation2DBackpropFilter", {c.input(0), c.input(1), c.grad()}, Attrs(c)));
  return {};
}

// ---- of the gradients by out_backprop: what lies where each maximum was found

// The windows over images [n, height, width, channels], as [n, out height, out width, taps, channels].
struct Windows {
  AttrMap attrs;
  int64_t height, width;

  Output Of(const Output& images, const Output& channels) const {
    const Output patches = Make("ExtractImagePatches", {images}, attrs), shape = Make("Shape", {patches});
    const Output outer = Make("Slice", {shape, {0}, {3}});
    const Output taps = Make("Pack", {int32_t(height * width), channels});
    return Make("Reshape", {patches, ops::Concat({outer, taps}, 0)});
  }
};

Result<Windows> WindowsOf(const GradContext& c) {
  const PartialShape& filter = c.input(1).shape();
  int64_t taps;
  if (!filter.known_rank() || filter.rank() != 3 || !Known(filter[0]) || !Known(filter[1]) ||
      !CheckedMul(filter[0], filter[1], &taps) || taps > INT32_MAX) {
    return Unimplemented("has a gradient of its gradient only where the filter's height and width are known");
  }
  Windows w{Attrs(c), filter[0], filter[1]};
  w.attrs["ksizes"] = std::vector<int64_t>{1, w.height, w.width, 1};
  return w;
}

// 1 at the tap where the maximum of each output lies, 0 at the others.
Output Maxima(const GradContext& c, const Windows& w, const Output& filter, const Output& channels) {
  const Output x = c.input(0);
  const Output inside = ops::Greater(w.Of(Make("OnesLike", {x}), channels), 0);
  const Output sums = w.Of(x, channels) + filter;
  const Output lowest = Make("Mul", {Make("OnesLike", {sums}), -HUGE_VALF});
  const Output best = Make("ArgMax", {Make("SelectV2", {inside, sums, lowest}), 3});
  return Make("OneHot", {best, int32_t(w.height * w.width), 1, 0}, {{"axis", 3}, {"T", x.dtype()}});
}

GradFn BackpropGradient(int like) {
  return [like](GradContext& c) -> Status {
    WEIR_ASSIGN_OR_RETURN(const Windows w, WindowsOf(c));
    const Output channels = Make("GatherV2", {Make("Shape", {c.input(1)}), 2, 0});
    auto by_taps = [&](const Output& filter) {
      return Make("Reshape", {filter, Make("Pack", {int32_t(w.height * w.width), channels})});
    };
    const Output g = like == 0 ? w.Of(c.grad(), channels) : by_taps(c.grad());
    c.set(2, Make("Sum", {Maxima(c, w, by_taps(c.input(1)), channels) * g, 3}));
    return {};
  };
}

OpDef& AddAttrs(OpDef& op) {
  return op
      .Attr("T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}")
      .Attr("strides: list(int) >= 4").Attr("rates: list(int) >= 4").Attr("padding: {'SAME', 'VALID'}");
}

}  // namespace

void RegisterDilationOps(OpRegistry& r) {
  AddAttrs(r.Add("Dilation2D").Input("input: T").Input("filter: T").Output("output: T"))
      .Doc(
          "The dilation of images [batch, height, width, channels] by a filter [height, width, channels]: each output "
          "is the largest sum of an element of its window and the filter's at that place, `rates` apart in the input; "
          "what lies beyond the border does not count.")
      .Shape(DilationShape)
      .Gradient(DilationGradient);
  AddAttrs(r.Add("Dilation2DBackpropInput")
               .Input("input: T").Input("filter: T").Input("out_backprop: T").Output("in_backprop: T"))
      .Doc("The gradient of Dilation2D by its input: each element of out_backprop is added where the first of its "
           "window's largest sums lies.")
      .Shape(BackpropShape(0))
      .Gradient(BackpropGradient(0));
  AddAttrs(r.Add("Dilation2DBackpropFilter")
               .Input("input: T").Input("filter: T").Input("out_backprop: T").Output("filter_backprop: T"))
      .Doc("The gradient of Dilation2D by its filter: each element of out_backprop is added where the first of its "
           "window's largest sums lies.")
      .Shape(BackpropShape(1))
      .Gradient(BackpropGradient(1));
}

}  // namespace weir
