// Pooling over images: MaxPool, MaxPoolWithArgmax and AvgPool with their gradient ops.
//
// MaxPool's gradient goes to the first maximum of a window in row-major order. AvgPool divides by the number of elements
// of the window that lie in the input. MaxPool over channels (ksize along them above 1) is supported, its gradients too.
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "weir/graph/builder.h"
#include "weir/graph/gradients.h"
#include "weir/ops/window_shapes.h"

namespace weir {
namespace {

// The shape of what pooling gives for an input of rank 4.
Result<PartialShape> PooledShape(const Window2D& w, const PartialShape& input) {
  Dim channels = input[w.channel_axis()];
  if (w.depth_window > 1) {
    if (Known(channels) && channels % w.depth_window != 0) {
      return InvalidArgument(fmt::format("cannot pool {} channels by {}: not a multiple", channels, w.depth_window));
    }
    channels = Known(channels) ? channels / w.depth_window : kUnknownDim;
  }
  return SlideShape(w, input, channels);
}

Status CheckNoDepthPooling(const Window2D& w) {
  if (w.depth_window == 1) return {};
  return InvalidArgument(
      fmt::format("has a window of {} channels; averages are taken over height and width only", w.depth_window));
}

Status MaxPoolShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(Window2D w, PoolWindow(ReadWindowAttrs(c)));
  WEIR_ASSIGN_OR_RETURN(PartialShape input, c.WithRank(0, 4));
  WEIR_ASSIGN_OR_RETURN(PartialShape out, PooledShape(w, input));
  c.set_output(0, out);
  return {};
}

Status AvgPoolShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(Window2D w, PoolWindow(ReadWindowAttrs(c)));
  WEIR_RETURN_IF_ERROR(CheckNoDepthPooling(w));
  return MaxPoolShape(c);
}

// Of MaxPoolGrad (`grad` is like the pooled output, the result like the input) and MaxPoolGradGrad (the other way round).
Status MaxPoolBackpropShape(ShapeContext& c, bool grad_is_pooled) {
  WEIR_ASSIGN_OR_RETURN(Window2D w, PoolWindow(ReadWindowAttrs(c)));
  WEIR_ASSIGN_OR_RETURN(PartialShape input, c.WithRank(0, 4));
  WEIR_ASSIGN_OR_RETURN(PartialShape pooled, PooledShape(w, input));
  WEIR_RETURN_IF_ERROR(CheckBackprop(c, 1, pooled));
  WEIR_ASSIGN_OR_RETURN(pooled, MergeShapes(pooled, c.input(1)));
  WEIR_RETURN_IF_ERROR(CheckBackprop(c, 2, grad_is_pooled ? pooled : input));
  c.set_output(0, grad_is_pooled ? input : pooled);
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
  WEIR_ASSIGN_OR_RETURN(PartialShape pooled, PooledShape(w, input));
  WEIR_RETURN_IF_ERROR(CheckBackprop(c, 1, pooled));
  c.set_output(0, input);
  return {};
}

AttrMap PoolAttrs(const GradContext& c) { return c.attrs({"ksize", "strides", "padding", "data_format"}); }

Status MaxPoolGradient(GradContext& c) {
  c.set(0, Make("MaxPoolGrad", {c.input(0), c.output(0), c.grad()},
                c.attrs({"ksize", "strides", "padding", "explicit_paddings", "data_format"})));
  return {};
}

// The value that pads `dtype` so that no padding is the maximum: −∞, or the lowest.
Tensor LowestOf(DType dtype) {
  Tensor lowest;
  DispatchType(dtype, NumberTypes{}, [&](auto t) {
    using T = decltype(t);
    if constexpr (std::is_integral_v<T>) {
      lowest = Tensor(std::numeric_limits<T>::lowest());
    } else {
      lowest = Tensor(T(-HUGE_VALF));
    }
  });
  return lowest;
}

// MaxPoolGradGrad(x, y, g). It knows no explicit padding: then x and g are padded, and the windows of the result are VALID.
Output PickMaxima(GradContext& c, Output x, Output y, Output g) {
  AttrMap attrs = PoolAttrs(c);
  if (c.attr<std::string>("padding") == "EXPLICIT") {
    std::vector<int64_t> p = c.attr<AttrList>("explicit_paddings").i;
    Tensor pads = Tensor::Of<int32_t>({4, 2}, std::vector<int32_t>(p.begin(), p.end()));
    x = Make("PadV2", {x, pads, LowestOf(x.dtype())});
    g = Make("Pad", {g, pads});
    attrs["padding"] = "VALID";
  }
  return Make("MaxPoolGradGrad", {x, y, g}, std::move(attrs));
}

Status MaxPoolWithArgmaxShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(Window2D w, PoolWindow(ReadWindowAttrs(c)));
  if (w.depth_window != 1) return InvalidArgument(fmt::format("has a window of {} channels; it pools over height and width only", w.depth_window));
  WEIR_ASSIGN_OR_RETURN(PartialShape input, c.WithRank(0, 4));
  WEIR_ASSIGN_OR_RETURN(PartialShape out, PooledShape(w, input));
  c.set_output(0, out);
  c.set_output(1, out);
  return {};
}

// Each element of grad goes to the place that argmax tells; several may go to one.
Status MaxPoolWithArgmaxGradient(GradContext& c) {
  Output x = c.input(0), places = Make("Cast", {c.output(1)}, {{"DstT", kInt64}});
  Output shape = Make("Shape", {x}, {{"out_type", kInt64}}), size = Make("Size", {x}, {{"out_type", kInt64}});
  if (!c.attr<bool>("include_batch_in_index")) {
    Output images = Make("GatherV2", {shape, int64_t{0}, int64_t{0}});
    Output per_image = Make("FloorDiv", {size, Make("Maximum", {images, int64_t{1}})});
    Output first = Make("Mul", {Make("Range", {int64_t{0}, images, int64_t{1}}), per_image});
    places = Make("AddV2", {places, Make("Reshape", {first, {-1, 1, 1, 1}})});
  }
  auto flat = [](const Output& t) { return Make("Reshape", {t, {-1}}); };
  c.set(0, Make("Reshape", {Make("UnsortedSegmentSum", {flat(c.grad()), flat(places), size}), shape}));
  return {};
}

Status MaxPoolGradGradient(GradContext& c) {
  c.set(2, PickMaxima(c, c.input(0), c.input(1), c.grad()));
  return {};
}

Status MaxPoolGradGradGradient(GradContext& c) {
  c.set(2, Make("MaxPoolGrad", {c.input(0), c.input(1), c.grad()}, PoolAttrs(c)));
  return {};
}

Status AvgPoolGradient(GradContext& c) {
  c.set(0, Make("AvgPoolGrad", {Make("Shape", {c.input(0)}), c.grad()}, PoolAttrs(c)));
  return {};
}

Status AvgPoolGradGradient(GradContext& c) {
  c.set(1, Make("AvgPool", {c.grad()}, PoolAttrs(c)));
  return {};
}

OpDef& AddPoolAttrs(OpDef& op, bool explicit_padding, const char* formats = "data_format: {'NHWC', 'NCHW'} = 'NHWC'") {
  op.Attr("ksize: list(int) >= 4").Attr("strides: list(int) >= 4");
  op.Attr(explicit_padding ? "padding: {'SAME', 'VALID', 'EXPLICIT'}" : "padding: {'SAME', 'VALID'}");
  if (explicit_padding) op.Attr("explicit_paddings: list(int) = []");
  return op.Attr(formats);
}

constexpr const char* kMaxPoolGradTypes =
    "{float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}";

}  // namespace

void RegisterPoolOps(OpRegistry& r) {
  AddPoolAttrs(r.Add("MaxPool")
                   .Input("input: T")
                   .Output("output: T")
                   .Attr("T: {half, bfloat16, float, double, int32, int64, uint8, int16, int8, uint16, qint8} = float"),
               true, "data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'")
      .Doc(
          "The largest element of each window of an image [batch, height, width, channels]; what lies beyond the border does not "
          "count. NaN is passed over; a window without a number above the dtype's lowest finite one gives that.")
      .Shape(MaxPoolShape)
      .Gradient(MaxPoolGradient);

  r.Add("MaxPoolWithArgmax")
      .Input("input: T")
      .Output("output: T")
      .Output("argmax: Targmax")
      .Attr("ksize: list(int) >= 4")
      .Attr("strides: list(int) >= 4")
      .Attr("Targmax: {int32, int64} = int64")
      .Attr("padding: {'SAME', 'VALID'}")
      .Attr("include_batch_in_index: bool = false")
      .Attr(std::string("T: ") + kMaxPoolGradTypes)
      .Doc(
          "MaxPool of an image [batch, height, width, channels], and where each maximum lies, the first of equal ones: argmax is "
          "(y * width + x) * channels + channel, to which include_batch_in_index adds batch * height * width * channels.")
      .Shape(MaxPoolWithArgmaxShape)
      .Gradient(MaxPoolWithArgmaxGradient);

  AddPoolAttrs(r.Add("MaxPoolGrad").Input("orig_input: T").Input("orig_output: T").Input("grad: T").Output("output: T"),
               true)
      .Attr(std::string("T: ") + kMaxPoolGradTypes + " = float")
      .Doc("The gradient of MaxPool by its input: each element of grad is added where its window's first maximum lies.")
      .Shape([](ShapeContext& c) { return MaxPoolBackpropShape(c, true); })
      .Gradient(MaxPoolGradGradient);

  AddPoolAttrs(
      r.Add("MaxPoolGradGrad").Input("orig_input: T").Input("orig_output: T").Input("grad: T").Output("output: T"),
      false)
      .Attr(std::string("T: ") + kMaxPoolGradTypes)
      .Doc(
          "The gradient of MaxPoolGrad by its grad: for each window the element of grad [like orig_input] where orig_input first "
          "equals orig_output; zero where it nowhere does.")
      .Shape([](ShapeContext& c) { return MaxPoolBackpropShape(c, false); })
      .Gradient(MaxPoolGradGradGradient);

  AddPoolAttrs(r.Add("AvgPool").Input("value: T").Output("output: T"), false)
      .Attr("T: {half, bfloat16, float, double}")
      .Doc(
          "The mean of each window of an image [batch, height, width, channels], over those of its elements that lie in the image.")
      .Shape(AvgPoolShape)
      .Gradient(AvgPoolGradient);

  AddPoolAttrs(r.Add("AvgPoolGrad").Input("orig_input_shape: int32").Input("grad: T").Output("output: T"), false)
      .Attr("T: {half, bfloat16, float, double}")
      .Doc(
          "The gradient of AvgPool by its input, whose shape is orig_input_shape: each element of grad, divided by the number of "
          "elements its window has in the input, is added to all of them.")
      .Shape(AvgPoolGradShape)
      .Gradient(AvgPoolGradGradient);
}

}  // namespace weir
