// Conv2D and its two backward ops. Each of the three is linear in each of its operands, and the gradients of all three
// are the other two: closed under differentiation.
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

// The shape of Conv2D(input, filter), both of rank 4.
Result<PartialShape> ConvOutputShape(const Window2D& window, DType dtype, const PartialShape& input,
                                     const PartialShape& filter) {
  Window2D w = window;
  SetFilterWindow(filter, &w);
  for (int axis = 0; axis < 4; ++axis) {
    if (filter[axis] == 0) return InvalidArgument(fmt::format("has an empty filter {}", TypeText(dtype, filter)));
  }
  Dim in = input[w.channel_axis()], filter_in = filter[2], out = filter[3];
  if (Known(in) && Known(filter_in) && (in == 0 || in % filter_in != 0)) {
    return InvalidArgument(
               fmt::format("cannot convolve {} by the filter {}", TypeText(dtype, input), TypeText(dtype, filter)))
        .Detail(fmt::format("the input's {} channels (axis {}) are no multiple of the filter's {} (axis 2)", in,
                            w.channel_axis(), filter_in))
        .Help(
            "a filter is [height, width, channels, out channels]; data_format tells which axis of the input has the "
            "channels");
  }
  if (Known(in) && Known(filter_in) && Known(out) && out % (in / filter_in) != 0) {
    return InvalidArgument(
               fmt::format("cannot convolve {} by the filter {}", TypeText(dtype, input), TypeText(dtype, filter)))
        .Detail(fmt::format("{} out channels do not divide into {} groups", out, in / filter_in));
  }
  return SlideShape(w, input, out);
}

// The shape that int32 input `i` tells, of rank 4; unknown dims where nothing is known.
Result<PartialShape> SizesInput(const ShapeContext& c, int i) {
  WEIR_ASSIGN_OR_RETURN(PartialShape sizes, c.shape_from_input(i));
  if (!sizes.known_rank()) return PartialShape::UnknownOfRank(4);
  if (sizes.rank() == 4) return sizes;
  return InvalidArgument(fmt::format("needs 4 sizes in input '{}', but has {}", c.InputName(i), sizes.ToString()));
}

AttrMap ConvAttrs(const GradContext& c) {
  return c.attrs({"strides", "use_cudnn_on_gpu", "padding", "explicit_paddings", "data_format", "dilations"});
}

Status Conv2DShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(Window2D w, ConvWindow(ReadWindowAttrs(c)));
  WEIR_ASSIGN_OR_RETURN(PartialShape input, c.WithRank(0, 4));
  WEIR_ASSIGN_OR_RETURN(PartialShape filter, c.WithRank(1, 4));
  WEIR_ASSIGN_OR_RETURN(PartialShape out, ConvOutputShape(w, c.input_dtype(0), input, filter));
  c.set_output(0, out);
  return {};
}

Status Conv2DGrad(GradContext& c) {
  Output x = c.input(0), filter = c.input(1), dy = c.grad();
  c.set(0, Make("Conv2DBackpropInput", {Make("Shape", {x}), filter, dy}, ConvAttrs(c)));
  c.set(1, Make("Conv2DBackpropFilter", {x, Make("Shape", {filter}), dy}, ConvAttrs(c)));
  return {};
}

Status Conv2DBackpropInputShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(Window2D w, ConvWindow(ReadWindowAttrs(c)));
  WEIR_ASSIGN_OR_RETURN(PartialShape filter, c.WithRank(1, 4));
  WEIR_ASSIGN_OR_RETURN(PartialShape grad, c.WithRank(2, 4));
  PartialShape sizes = PartialShape::Unknown();
  if (const Dims* v = c.value(0); v && v->size() == 2) {  // height and width only
    sizes = PartialShape(w.Arrange(grad[0], (*v)[0], (*v)[1], filter[2]));
  } else {
    WEIR_ASSIGN_OR_RETURN(sizes, SizesInput(c, 0));
    if (auto batch = MergeDims(sizes[0], grad[0]); batch.ok()) sizes[0] = *batch;
  }
  WEIR_ASSIGN_OR_RETURN(PartialShape out, ConvOutputShape(w, c.input_dtype(1), sizes, filter));
  WEIR_RETURN_IF_ERROR(CheckBackprop(c, 2, out));
  c.set_output(0, sizes);
  return {};
}

Status Conv2DBackpropInputGrad(GradContext& c) {
  Output filter = c.input(1), dy = c.input(2), g = c.grad();
  c.set(1, Make("Conv2DBackpropFilter", {g, Make("Shape", {filter}), dy}, ConvAttrs(c)));
  c.set(2, Make("Conv2D", {g, filter}, ConvAttrs(c)));
  return {};
}

Status Conv2DBackpropFilterShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(Window2D w, ConvWindow(ReadWindowAttrs(c)));
  WEIR_ASSIGN_OR_RETURN(PartialShape input, c.WithRank(0, 4));
  WEIR_ASSIGN_OR_RETURN(PartialShape sizes, SizesInput(c, 1));
  WEIR_ASSIGN_OR_RETURN(PartialShape grad, c.WithRank(2, 4));
  if (auto channels = MergeDims(sizes[3], grad[w.channel_axis()]); channels.ok()) sizes[3] = *channels;
  WEIR_ASSIGN_OR_RETURN(PartialShape out, ConvOutputShape(w, c.input_dtype(0), input, sizes));
  WEIR_RETURN_IF_ERROR(CheckBackprop(c, 2, out));
  c.set_output(0, sizes);
  return {};
}

Status Conv2DBackpropFilterGrad(GradContext& c) {
  Output x = c.input(0), dy = c.input(2), g = c.grad();
  c.set(0, Make("Conv2DBackpropInput", {Make("Shape", {x}), g, dy}, ConvAttrs(c)));
  c.set(2, Make("Conv2D", {x, g}, ConvAttrs(c)));
  return {};
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

}  // namespace

void RegisterConv2DOps(OpRegistry& r) {
  AddConvAttrs(r.Add("Conv2D").Input("input: T").Input("filter: T").Output("output: T"),
               "T: {half, bfloat16, float, double, int32}")
      .Doc(
          "Convolution (in truth cross-correlation) of images [batch, height, width, channels] by a filter [height, "
          "width, channels / groups, out channels]: output[b,y,x,o] = Σ input[b, y·stride − pad + ky·dilation, "
          "x·stride − pad + kx·dilation, c] · filter[ky,kx,c,o], elements beyond the border counting as zero. With "
          "fewer channels in the filter than in the input the convolution is grouped. data_format NCHW moves the "
          "channels to axis 1.")
      .Shape(Conv2DShape)
      .Flops([](const ShapeContext& c) { return ConvFlops(c, SizeOrOne(c.input(1), 2)); })
      .Gradient(Conv2DGrad);

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
      .Shape(Conv2DBackpropInputShape)
      .Gradient(Conv2DBackpropInputGrad);

  AddConvAttrs(r.Add("Conv2DBackpropFilter")
                   .Input("input: T")
                   .Input("filter_sizes: int32")
                   .Input("out_backprop: T")
                   .Output("output: T"),
               "T: {half, bfloat16, float, double}")
      .Doc(
          "The gradient of Conv2D by its filter, whose shape is filter_sizes: each window of the input times the "
          "element of out_backprop that it gave rise to, summed over all windows.")
      .Shape(Conv2DBackpropFilterShape)
      .Gradient(Conv2DBackpropFilterGrad);
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
