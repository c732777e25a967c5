// Conv2D and Conv3D, each with its two backward ops. Each of the three is linear in each of its operands, and the
// gradients of all three are the other two: closed under differentiation.
//
// Contract beyond TensorFlow's CPU kernels: both layouts everywhere. Grouped convolution is told by a filter whose
// channels divide the input's.
#include <fmt/format.h>

#include "weir/graph/builder.h"
#include "weir/graph/gradients.h"
#include "weir/graph/op_def.h"
#include "weir/ops/call_scope.h"
#include "weir/ops/conv/conv.h"
#include "weir/ops/window_shapes.h"

namespace weir {
namespace {

// The shape of the convolution of input by filter, both of the window's rank.
Result<PartialShape> ConvOutputShape(const SlidingWindow& window, DType dtype, const PartialShape& input,
                                     const PartialShape& filter) {
  SlidingWindow w = window;
  SetFilterWindow(filter, &w);
  for (int axis = 0; axis < w.rank(); ++axis) {
    if (filter[axis] == 0) return InvalidArgument(fmt::format("has an empty filter {}", TypeText(dtype, filter)));
  }
  const int in_axis = w.rank() - 2;
  Dim in = input[w.channel_axis()], filter_in = filter[in_axis], out = filter[in_axis + 1];
  if (Known(in) && Known(filter_in) && (in == 0 || in % filter_in != 0)) {
    return InvalidArgument(
               fmt::format("cannot convolve {} by the filter {}", TypeText(dtype, input), TypeText(dtype, filter)))
        .Detail(fmt::format("the input's {} channels (axis {}) are no multiple of the filter's {} (axis {})", in,
                            w.channel_axis(), filter_in, in_axis))
        .Help(fmt::format("a filter is [{}height, width, channels, out channels]; data_format tells which axis of the "
                          "input has the channels",
                          w.axes() == 3 ? "depth, " : ""));
  }
  if (Known(in) && Known(filter_in) && Known(out) && out % (in / filter_in) != 0) {
    return InvalidArgument(
               fmt::format("cannot convolve {} by the filter {}", TypeText(dtype, input), TypeText(dtype, filter)))
        .Detail(fmt::format("{} out channels do not divide into {} groups", out, in / filter_in));
  }
  return SlideShape(w, input, out);
}

// The shape that integer input `i` tells, of this rank; unknown dims where nothing is known.
Result<PartialShape> SizesInput(const ShapeContext& c, int i, int rank) {
  WEIR_ASSIGN_OR_RETURN(PartialShape sizes, c.shape_from_input(i));
  if (!sizes.known_rank()) return PartialShape::UnknownOfRank(rank);
  if (sizes.rank() == rank) return sizes;
  return InvalidArgument(
      fmt::format("needs {} sizes in input '{}', but has {}", rank, c.InputName(i), sizes.ToString()));
}

AttrMap ConvAttrs(const GradContext& c) {
  return c.attrs({"strides", "use_cudnn_on_gpu", "padding", "explicit_paddings", "data_format", "dilations"});
}

ShapeFn ConvShape(Spatial spatial) {
  return [spatial](ShapeContext& c) -> Status {
    WEIR_ASSIGN_OR_RETURN(SlidingWindow w, ConvWindow(ReadWindowAttrs(c), spatial));
    WEIR_ASSIGN_OR_RETURN(PartialShape input, c.WithRank(0, w.rank()));
    WEIR_ASSIGN_OR_RETURN(PartialShape filter, c.WithRank(1, w.rank()));
    WEIR_ASSIGN_OR_RETURN(PartialShape out, ConvOutputShape(w, c.input_dtype(0), input, filter));
    c.set_output(0, out);
    return {};
  };
}

// Whether an operand of a backward op is a tensor, of which only the shape counts, or its sizes.
enum class Given { kSizes, kTensor };

// The shape of operand `i` that is given so.
Result<PartialShape> OperandShape(const ShapeContext& c, int i, Given given, int rank) {
  return given == Given::kTensor ? c.WithRank(i, rank) : SizesInput(c, i, rank);
}

ShapeFn BackpropInputShape(Spatial spatial, Given given) {
  return [=](ShapeContext& c) -> Status {
    WEIR_ASSIGN_OR_RETURN(SlidingWindow w, ConvWindow(ReadWindowAttrs(c), spatial));
    WEIR_ASSIGN_OR_RETURN(PartialShape filter, c.WithRank(1, w.rank()));
    WEIR_ASSIGN_OR_RETURN(PartialShape grad, c.WithRank(2, w.rank()));
    PartialShape sizes = PartialShape::Unknown();
    const Dims* v = given == Given::kSizes ? c.value(0) : nullptr;
    if (v && v->size() == 2 && spatial == Spatial::k2D) {  // height and width only
      sizes = PartialShape(w.Arrange(grad[0], *v, filter[2]));
    } else {
      WEIR_ASSIGN_OR_RETURN(sizes, OperandShape(c, 0, given, w.rank()));
      if (auto batch = MergeDims(sizes[0], grad[0]); batch.ok()) sizes[0] = *batch;
    }
    WEIR_ASSIGN_OR_RETURN(PartialShape out, ConvOutputShape(w, c.input_dtype(1), sizes, filter));
    WEIR_RETURN_IF_ERROR(CheckBackprop(c, 2, out));
    c.set_output(0, sizes);
    return {};
  };
}

ShapeFn BackpropFilterShape(Spatial spatial, Given given) {
  return [=](ShapeContext& c) -> Status {
    WEIR_ASSIGN_OR_RETURN(SlidingWindow w, ConvWindow(ReadWindowAttrs(c), spatial));
    WEIR_ASSIGN_OR_RETURN(PartialShape input, c.WithRank(0, w.rank()));
    WEIR_ASSIGN_OR_RETURN(PartialShape sizes, OperandShape(c, 1, given, w.rank()));
    WEIR_ASSIGN_OR_RETURN(PartialShape grad, c.WithRank(2, w.rank()));
    const int out_axis = w.rank() - 1;
    if (auto out = MergeDims(sizes[out_axis], grad[w.channel_axis()]); out.ok()) sizes[out_axis] = *out;
    WEIR_ASSIGN_OR_RETURN(PartialShape out, ConvOutputShape(w, c.input_dtype(0), input, sizes));
    WEIR_RETURN_IF_ERROR(CheckBackprop(c, 2, out));
    c.set_output(0, sizes);
    return {};
  };
}

// The ops of a convolution that its gradients are made of.
struct Family {
  const char *forward, *by_input, *by_filter;
};
constexpr Family kConv2D{"Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter"};
constexpr Family kConv3D{"Conv3D", "Conv3DBackpropInputV2", "Conv3DBackpropFilterV2"};

GradFn ConvGrad(const Family& f) {
  return [f](GradContext& c) -> Status {
    Output x = c.input(0), filter = c.input(1), dy = c.grad();
    c.set(0, Make(f.by_input, {Make("Shape", {x}), filter, dy}, ConvAttrs(c)));
    c.set(1, Make(f.by_filter, {x, Make("Shape", {filter}), dy}, ConvAttrs(c)));
    return {};
  };
}

GradFn BackpropInputGrad(const Family& f) {
  return [f](GradContext& c) -> Status {
    Output filter = c.input(1), dy = c.input(2), g = c.grad();
    c.set(1, Make(f.by_filter, {g, Make("Shape", {filter}), dy}, ConvAttrs(c)));
    c.set(2, Make(f.forward, {g, filter}, ConvAttrs(c)));
    return {};
  };
}

GradFn BackpropFilterGrad(const Family& f) {
  return [f](GradContext& c) -> Status {
    Output x = c.input(0), dy = c.input(2), g = c.grad();
    c.set(0, Make(f.by_input, {Make("Shape", {x}), g, dy}, ConvAttrs(c)));
    c.set(2, Make(f.forward, {x, g}, ConvAttrs(c)));
    return {};
  };
}

OpDef& AddConvAttrs(OpDef& op, const char* types) {
  return op.Attr(types)
      .Attr("strides: list(int)")
      .Attr("use_cudnn_on_gpu: bool = true")
      .Attr("padding: {'SAME', 'VALID', 'EXPLICIT'}")
      .Attr("explicit_paddings: list(int) = []")
      .Attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
      .Attr("dilations: list(int) = [1, 1, 1, 1]");
}

OpDef& AddConv3DAttrs(OpDef& op, bool first_version = false) {
  op.Attr(first_version ? "T: {half, float, double}" : "T: {half, bfloat16, float, double}")
      .Attr("strides: list(int) >= 5")
      .Attr("padding: {'SAME', 'VALID'}");
  if (!first_version) op.Attr("data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'");
  return op.Attr("dilations: list(int) = [1, 1, 1, 1, 1]");
}

void AddConv3D(OpRegistry& r) {
  AddConv3DAttrs(r.Add("Conv3D").Input("input: T").Input("filter: T").Output("output: T"))
      .Doc(
          "Convolution (in truth cross-correlation) of volumes [batch, depth, height, width, channels] by a filter "
          "[depth, height, width, channels / groups, out channels]: Conv2D with an axis more. data_format NCDHW moves "
          "the channels to axis 1.")
      .Shape(ConvShape(Spatial::k3D))
      .Flops([](const ShapeContext& c) { return ConvFlops(c, SizeOrOne(c.input(1), 3)); })
      .Gradient(ConvGrad(kConv3D));
  AddConv3DAttrs(r.Add("Conv3DBackpropInputV2")
                     .Input("input_sizes: Tshape")
                     .Input("filter: T")
                     .Input("out_backprop: T")
                     .Output("output: T"))
      .Attr("Tshape: {int32, int64} = int32")
      .Doc("The gradient of Conv3D by its input, whose shape is input_sizes. Also used as transposed convolution.")
      .Shape(BackpropInputShape(Spatial::k3D, Given::kSizes))
      .Gradient(BackpropInputGrad(kConv3D));
  AddConv3DAttrs(r.Add("Conv3DBackpropFilterV2")
                     .Input("input: T")
                     .Input("filter_sizes: int32")
                     .Input("out_backprop: T")
                     .Output("output: T"))
      .Doc("The gradient of Conv3D by its filter, whose shape is filter_sizes.")
      .Shape(BackpropFilterShape(Spatial::k3D, Given::kSizes))
      .Gradient(BackpropFilterGrad(kConv3D));
  AddConv3DAttrs(
      r.Add("Conv3DBackpropInput").Input("input: T").Input("filter: T").Input("out_backprop: T").Output("output: T"),
      true)
      .Doc("Conv3DBackpropInputV2 for an input like `input`. An older form of it.")
      .Shape(BackpropInputShape(Spatial::k3D, Given::kTensor))
      .Gradient(BackpropInputGrad(kConv3D));
  AddConv3DAttrs(
      r.Add("Conv3DBackpropFilter").Input("input: T").Input("filter: T").Input("out_backprop: T").Output("output: T"),
      true)
      .Doc("Conv3DBackpropFilterV2 for a filter like `filter`. An older form of it.")
      .Shape(BackpropFilterShape(Spatial::k3D, Given::kTensor))
      .Gradient(BackpropFilterGrad(kConv3D));
}

}  // namespace

void RegisterConvolutionOps(OpRegistry& r) {
  AddConvAttrs(r.Add("Conv2D").Input("input: T").Input("filter: T").Output("output: T"),
               "T: {half, bfloat16, float, double, int32}")
      .Doc(
          "Convolution (in truth cross-correlation) of images [batch, height, width, channels] by a filter [height, "
          "width, channels / groups, out channels]: output[b,y,x,o] = Σ input[b, y·stride − pad + ky·dilation, "
          "x·stride − pad + kx·dilation, c] · filter[ky,kx,c,o], elements beyond the border counting as zero. With "
          "fewer channels in the filter than in the input the convolution is grouped. data_format NCHW moves the "
          "channels to axis 1.")
      .Shape(ConvShape(Spatial::k2D))
      .Flops([](const ShapeContext& c) { return ConvFlops(c, SizeOrOne(c.input(1), 2)); })
      .Gradient(ConvGrad(kConv2D));

  AddConvAttrs(r.Add("Conv2DBackpropInput")
                   .Input("input_sizes: int32")
                   .Input("filter: T")
                   .Input("out_backprop: T")
                   .Output("output: T"),
               "T: {half, bfloat16, float, double, int32}")
      .Doc(
          "The gradient of Conv2D by its input: each element of out_backprop, times the filter, added to the window it "
          "came from. input_sizes is the shape of Conv2D's input (or its height and width). Also used as transposed "
          "convolution.")
      .Shape(BackpropInputShape(Spatial::k2D, Given::kSizes))
      .Gradient(BackpropInputGrad(kConv2D));

  AddConvAttrs(r.Add("Conv2DBackpropFilter")
                   .Input("input: T")
                   .Input("filter_sizes: int32")
                   .Input("out_backprop: T")
                   .Output("output: T"),
               "T: {half, bfloat16, float, double}")
      .Doc(
          "The gradient of Conv2D by its filter, whose shape is filter_sizes: each window of the input times the "
          "element of out_backprop that it gave rise to, summed over all windows.")
      .Shape(BackpropFilterShape(Spatial::k2D, Given::kSizes))
      .Gradient(BackpropFilterGrad(kConv2D));
  AddConv3D(r);
}

}  // namespace weir

namespace weir::ops {

Output Conv1D(Input value, Input filters, const Conv1DOptions& o) {
  Builder* b = BuilderOf({value, filters});
  if (!b) return {};
  CallScope call(b, value, o.name, "conv1d");
  if (o.data_format != "NWC" && o.data_format != "NCW") {
    b->Fail(InvalidArgument(fmt::format("error[attr]: '{}' has data_format '{}', which is neither NWC nor NCW",
                                        b->scope(), o.data_format)));
    return {};
  }
  const bool first = o.data_format == "NCW";
  const int64_t height = first ? 2 : 1;
  auto per_axis = [&](int64_t n) {
    return first ? std::vector<int64_t>{1, 1, 1, n} : std::vector<int64_t>{1, 1, n, 1};
  };
  Output images = Make("ExpandDims", {value, int(height)}), kernel = Make("ExpandDims", {filters, 0});
  Output y = Conv2D(images, kernel,
                    {.strides = per_axis(o.stride),
                     .padding = o.padding,
                     .data_format = first ? "NCHW" : "NHWC",
                     .dilations = per_axis(o.dilation)});
  return Make("Squeeze", {y}, {{"squeeze_dims", std::vector<int64_t>{height}}}, {.name = b->scope()});
}

}  // namespace weir::ops
