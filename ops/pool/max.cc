// MaxPool, MaxPoolWithArgmax and MaxPool3D with their gradient ops.
//
// The gradient goes to the first maximum of a window in row-major order. Pooling over channels (ksize along them above
// 1) is supported, its gradients too.
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "weir/graph/builder.h"
#include "weir/graph/gradients.h"
#include "weir/ops/pool/pooling.h"
#include "weir/ops/window_shapes.h"

namespace weir {
namespace {

// The inputs behind the first three that a node takes over from another: sizes and strides of the V2 ops.
void AddSizes(const GradContext& c, int first, InputList* inputs) {
  for (int i = first; i < c.num_inputs(); ++i) inputs->push_back(c.input(i));
}

// Of a pool, by `op`, its gradient op.
GradFn MaxPoolGradient(const char* op) {
  return [op](GradContext& c) -> Status {
    InputList inputs = {c.input(0), c.output(0), c.grad()};
    AddSizes(c, 1, &inputs);
    c.set(0, Make(op, inputs, c.attrs({"ksize", "strides", "padding", "explicit_paddings", "data_format"})));
    return {};
  };
}

// Of MaxPoolGrad (`grad` is like the pooled output, the result like the input) and MaxPoolGradGrad (the other way
// round).
ShapeFn MaxPoolBackpropShape(bool grad_is_pooled, const pool::Form& form = pool::kImages) {
  return [=](ShapeContext& c) -> Status {
    WEIR_ASSIGN_OR_RETURN(auto w, pool::WindowOf(c, form));
    const int rank = form.spatial == Spatial::k3D ? 5 : 4;
    WEIR_ASSIGN_OR_RETURN(PartialShape input, c.WithRank(0, rank));
    PartialShape pooled = PartialShape::UnknownOfRank(rank);
    if (w) {
      WEIR_ASSIGN_OR_RETURN(pooled, pool::PooledShape(*w, input));
    }
    WEIR_RETURN_IF_ERROR(CheckBackprop(c, 1, pooled));
    WEIR_ASSIGN_OR_RETURN(pooled, MergeShapes(pooled, c.input(1)));
    WEIR_RETURN_IF_ERROR(CheckBackprop(c, 2, grad_is_pooled ? pooled : input));
    c.set_output(0, grad_is_pooled ? input : pooled);
    return {};
  };
}

// The value that pads `dtype` so that no padding is the maximum: −∞, or the lowest.
Tensor LowestOf(DType dtype) {
  Tensor lowest;
  DispatchType(dtype, RealTypes{}, [&](auto t) {
    using T = decltype(t);
    if constexpr (std::is_integral_v<T>) {
      lowest = Tensor(std::numeric_limits<T>::lowest());
    } else {
      lowest = Tensor(T(-HUGE_VALF));
    }
  });
  return lowest;
}

// MaxPoolGradGrad(x, y, g). It knows no explicit padding: then x and g are padded, and the windows of the result are
// VALID.
Output PickMaxima(GradContext& c, Output x, Output y, Output g) {
  AttrMap attrs = pool::Attrs(c);
  if (c.attr<std::string>("padding") == "EXPLICIT") {
    std::vector<int64_t> p = c.attr<AttrList>("explicit_paddings").i;
    Tensor pads = Tensor::Of<int32_t>({4, 2}, std::vector<int32_t>(p.begin(), p.end()));
    x = Make("PadV2", {x, pads, LowestOf(x.dtype())});
    g = Make("Pad", {g, pads});
    attrs["padding"] = "VALID";
  }
  return Make("MaxPoolGradGrad", {x, y, g}, std::move(attrs));
}

Status MaxPoolGradGradient(GradContext& c) {
  c.set(2, PickMaxima(c, c.input(0), c.input(1), c.grad()));
  return {};
}

// Of an op (x, y, g) that is linear in g, by `op`, its transpose.
GradFn TransposedGradient(const char* op) {
  return [op](GradContext& c) -> Status {
    InputList inputs = {c.input(0), c.input(1), c.grad()};
    AddSizes(c, 3, &inputs);
    c.set(2, Make(op, inputs, pool::Attrs(c)));
    return {};
  };
}

Status MaxPoolWithArgmaxShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(SlidingWindow w, PoolWindow(ReadWindowAttrs(c)));
  if (w.depth_window != 1)
    return InvalidArgument(
        fmt::format("has a window of {} channels; it pools over height and width only", w.depth_window));
  WEIR_ASSIGN_OR_RETURN(PartialShape input, c.WithRank(0, 4));
  WEIR_ASSIGN_OR_RETURN(PartialShape out, pool::PooledShape(w, input));
  c.set_output(0, out);
  c.set_output(1, out);
  return {};
}

Output Flat(const Output& t) { return Make("Reshape", {t, {-1}}); }

// Where the maxima that `argmax` tells lie among all elements of `x`, as a vector.
Output PlacesOf(GradContext& c, const Output& x, const Output& argmax) {
  Output places = Make("Cast", {argmax}, {{"DstT", kInt64}});
  if (c.attr<bool>("include_batch_in_index")) return Flat(places);
  Output shape = Make("Shape", {x}, {{"out_type", kInt64}}), size = Make("Size", {x}, {{"out_type", kInt64}});
  Output images = Make("GatherV2", {shape, int64_t{0}, int64_t{0}});
  Output per_image = Make("FloorDiv", {size, Make("Maximum", {images, int64_t{1}})});
  Output first = Make("Mul", {Make("Range", {int64_t{0}, images, int64_t{1}}), per_image});
  return Flat(Make("AddV2", {places, Make("Reshape", {first, {-1, 1, 1, 1}})}));
}

// Each element of grad goes to the place that argmax tells; several may go to one.
Status MaxPoolWithArgmaxGradient(GradContext& c) {
  Output x = c.input(0), shape = Make("Shape", {x}, {{"out_type", kInt64}});
  Output size = Make("Size", {x}, {{"out_type", kInt64}});
  Output sums = Make("UnsortedSegmentSum", {Flat(c.grad()), PlacesOf(c, x, c.output(1)), size});
  c.set(0, Make("Reshape", {sums, shape}));
  return {};
}

Status MaxPoolGradWithArgmaxShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(SlidingWindow w, PoolWindow(ReadWindowAttrs(c)));
  WEIR_ASSIGN_OR_RETURN(PartialShape input, c.WithRank(0, 4));
  WEIR_ASSIGN_OR_RETURN(PartialShape pooled, pool::PooledShape(w, input));
  for (int i : {1, 2}) WEIR_RETURN_IF_ERROR(CheckBackprop(c, i, pooled));
  c.set_output(0, input);
  return {};
}

// By grad, of which each element has gone to one place.
Status MaxPoolGradWithArgmaxGradient(GradContext& c) {
  Output there = Make("GatherV2", {Flat(c.grad()), PlacesOf(c, c.input(0), c.input(2)), int64_t{0}});
  c.set(1, Make("Reshape", {there, Make("Shape", {c.input(1)}, {{"out_type", kInt64}})}));
  return {};
}

// MaxPool3DGradGrad knows one dtype.
Status VolumeGradGradient(GradContext& c) {
  const DType t = c.grad().dtype();
  auto as_grad = [t](const Output& x) { return x.dtype() == t ? x : Make("Cast", {x}, {{"DstT", t}}); };
  c.set(2, Make("MaxPool3DGradGrad", {as_grad(c.input(0)), as_grad(c.input(1)), c.grad()}, pool::Attrs(c)));
  return {};
}

OpDef& AddSizedAttrs(OpDef& op, const char* formats) {
  return op.Input("ksize: int32").Input("strides: int32").Output("output: T")
      .Attr("padding: {'SAME', 'VALID'}").Attr(formats);
}

void AddSizedByInputs(OpRegistry& r) {
  constexpr char kFormats[] = "data_format: {'NHWC', 'NCHW'} = 'NHWC'";
  AddSizedAttrs(r.Add("MaxPoolV2").Input("input: T"), "data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'")
      .Attr("T: {half, bfloat16, float, double, int32, int64, uint8, int16, int8, uint16, qint8} = float")
      .Doc("MaxPool, with the window's size and strides as inputs.")
      .Shape(pool::PoolShape({.sizes = 1}))
      .Gradient(MaxPoolGradient("MaxPoolGradV2"));
  AddSizedAttrs(r.Add("MaxPoolGradV2").Input("orig_input: T").Input("orig_output: T").Input("grad: T"), kFormats)
      .Attr("T: realnumbertype = float")
      .Doc("MaxPoolGrad, with the window's size and strides as inputs.")
      .Shape(MaxPoolBackpropShape(true, {.sizes = 3}))
      .Gradient(TransposedGradient("MaxPoolGradGradV2"));
  AddSizedAttrs(r.Add("MaxPoolGradGradV2").Input("orig_input: T").Input("orig_output: T").Input("grad: T"), kFormats)
      .Attr("T: realnumbertype")
      .Doc("MaxPoolGradGrad, with the window's size and strides as inputs.")
      .Shape(MaxPoolBackpropShape(false, {.sizes = 3}))
      .Gradient(TransposedGradient("MaxPoolGradV2"));
}

void AddVolumes(OpRegistry& r) {
  pool::AddVolumeAttrs(r.Add("MaxPool3D").Input("input: T").Output("output: T"))
      .Attr("T: {half, bfloat16, float}")
      .Doc(
          "The largest element of each window of a volume [batch, depth, height, width, channels]; what lies beyond "
          "the border does not count.")
      .Shape(pool::PoolShape(pool::kVolumes))
      .Gradient(MaxPoolGradient("MaxPool3DGrad"));
  pool::AddVolumeAttrs(r.Add("MaxPool3DGrad")
                           .Input("orig_input: TInput")
                           .Input("orig_output: TInput")
                           .Input("grad: T")
                           .Output("output: T"))
      .Attr("T: {half, bfloat16, float} = float")
      .Attr("TInput: {half, bfloat16, float} = float")
      .Doc(
          "The gradient of MaxPool3D by its input: each element of grad is added wherever its window has the maximum, "
          "several times if that is there several times.")
      .Shape(MaxPoolBackpropShape(true, pool::kVolumes))
      .Gradient(VolumeGradGradient);
  pool::AddVolumeAttrs(r.Add("MaxPool3DGradGrad")
                           .Input("orig_input: T")
                           .Input("orig_output: T")
                           .Input("grad: T")
                           .Output("output: T"))
      .Attr("T: realnumbertype")
      .Doc("The gradient of MaxPool3DGrad by its grad, where each window's maximum is there once: as MaxPoolGradGrad.")
      .Shape(MaxPoolBackpropShape(false, pool::kVolumes))
      .Gradient(TransposedGradient("MaxPool3DGrad"));
}

}  // namespace

void RegisterMaxPoolOps(OpRegistry& r) {
  pool::AddAttrs(r.Add("MaxPool")
                   .Input("input: T")
                   .Output("output: T")
                   .Attr("T: {half, bfloat16, float, double, int32, int64, uint8, int16, int8, uint16, qint8} = float"),
               true, "data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'")
      .Doc(
          "The largest element of each window of an image [batch, height, width, channels]; what lies beyond the "
          "border does not count. NaN is passed over; a window without a number above the dtype's lowest finite one "
          "gives that.")
      .Shape(pool::PoolShape(pool::kImages))
      .Gradient(MaxPoolGradient("MaxPoolGrad"));

  r.Add("MaxPoolWithArgmax")
      .Input("input: T")
      .Output("output: T")
      .Output("argmax: Targmax")
      .Attr("ksize: list(int) >= 4")
      .Attr("strides: list(int) >= 4")
      .Attr("Targmax: {int32, int64} = int64")
      .Attr("padding: {'SAME', 'VALID'}")
      .Attr("include_batch_in_index: bool = false")
      .Attr("T: realnumbertype")
      .Doc(
          "MaxPool of an image [batch, height, width, channels], and where each maximum lies, the first of equal ones: "
          "argmax is (y * width + x) * channels + channel, to which include_batch_in_index adds batch * height * width "
          "* channels.")
      .Shape(MaxPoolWithArgmaxShape)
      .Gradient(MaxPoolWithArgmaxGradient);

  r.Add("MaxPoolGradWithArgmax")
      .Input("input: T")
      .Input("grad: T")
      .Input("argmax: Targmax")
      .Output("output: T")
      .Attr("ksize: list(int) >= 4")
      .Attr("strides: list(int) >= 4")
      .Attr("padding: {'SAME', 'VALID'}")
      .Attr("include_batch_in_index: bool = false")
      .Attr("Targmax: {int32, int64}")
      .Attr("T: realnumbertype")
      .Doc(
          "The gradient of MaxPoolWithArgmax by its input: each element of grad is added to the element of an image "
          "like `input` that argmax tells; one outside the image is an error.")
      .Shape(MaxPoolGradWithArgmaxShape)
      .Gradient(MaxPoolGradWithArgmaxGradient);

  pool::AddAttrs(
      r.Add("MaxPoolGrad").Input("orig_input: T").Input("orig_output: T").Input("grad: T").Output("output: T"), true)
      .Attr("T: realnumbertype = float")
      .Doc("The gradient of MaxPool by its input: each element of grad is added where its window's first maximum lies.")
      .Shape(MaxPoolBackpropShape(true))
      .Gradient(MaxPoolGradGradient);

  pool::AddAttrs(
      r.Add("MaxPoolGradGrad").Input("orig_input: T").Input("orig_output: T").Input("grad: T").Output("output: T"),
      false)
      .Attr("T: realnumbertype")
      .Doc(
          "The gradient of MaxPoolGrad by its grad: for each window the element of grad [like orig_input] where "
          "orig_input first equals orig_output; zero where it nowhere does.")
      .Shape(MaxPoolBackpropShape(false))
      .Gradient(TransposedGradient("MaxPoolGrad"));
  AddSizedByInputs(r);
  AddVolumes(r);
}

}  // namespace weir
