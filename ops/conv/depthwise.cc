// Depthwise convolution: each channel by filters of its own. As with Conv2D the gradients of the three ops are each
// other.
#include <fmt/format.h>

#include "weir/graph/builder.h"
#include "weir/graph/gradients.h"
#include "weir/graph/op_def.h"
#include "weir/ops/window_shapes.h"

namespace weir {
namespace {

// The shape of DepthwiseConv2dNative(input, filter), both of rank 4.
Result<PartialShape> DepthwiseOutputShape(const SlidingWindow& window, DType dtype, const PartialShape& input,
                                          const PartialShape& filter) {
  SlidingWindow w = window;
  SetFilterWindow(filter, &w);
  for (int axis = 0; axis < 4; ++axis) {
    if (filter[axis] == 0) return InvalidArgument(fmt::format("has an empty filter {}", TypeText(dtype, filter)));
  }
  Dim in = input[w.channel_axis()];
  if (!MergeDims(in, filter[2]).ok()) {
    return InvalidArgument(
               fmt::format("cannot convolve {} by the filter {}", TypeText(dtype, input), TypeText(dtype, filter)))
        .Detail(fmt::format("channels differ: {} (axis {} of input 'input') and {} (axis 2 of input 'filter')", in,
                            w.channel_axis(), filter[2]));
  }
  Dim out = MulDims(filter[2], filter[3]);
  int64_t product;
  if (Known(filter[2]) && Known(filter[3]) && !CheckedMul(filter[2], filter[3], &product)) {
    return InvalidArgument(fmt::format("has too large a filter {}", TypeText(dtype, filter)));
  }
  return SlideShape(w, input, out);
}

Status DepthwiseShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(SlidingWindow w, ConvWindow(ReadWindowAttrs(c)));
  WEIR_ASSIGN_OR_RETURN(PartialShape input, c.WithRank(0, 4));
  WEIR_ASSIGN_OR_RETURN(PartialShape filter, c.WithRank(1, 4));
  WEIR_ASSIGN_OR_RETURN(PartialShape out, DepthwiseOutputShape(w, c.input_dtype(0), input, filter));
  c.set_output(0, out);
  return {};
}

// Of the two backward ops: input `sizes` tells the output's shape; it stands for the forward op's input or its filter.
Status DepthwiseBackpropShape(ShapeContext& c, int sizes_input, bool sizes_are_filter) {
  WEIR_ASSIGN_OR_RETURN(SlidingWindow w, ConvWindow(ReadWindowAttrs(c)));
  WEIR_ASSIGN_OR_RETURN(PartialShape sizes, c.shape_from_input(sizes_input));
  if (!sizes.known_rank()) sizes = PartialShape::UnknownOfRank(4);
  if (sizes.rank() != 4) {
    return InvalidArgument(
        fmt::format("needs 4 sizes in input '{}', but has {}", c.InputName(sizes_input), sizes.ToString()));
  }
  WEIR_ASSIGN_OR_RETURN(PartialShape other, c.WithRank(1 - sizes_input, 4));
  WEIR_ASSIGN_OR_RETURN(PartialShape grad, c.WithRank(2, 4));
  if (!sizes_are_filter) {
    if (auto batch = MergeDims(sizes[0], grad[0]); batch.ok()) sizes[0] = *batch;
  }
  const PartialShape& input = sizes_are_filter ? other : sizes;
  const PartialShape& filter = sizes_are_filter ? sizes : other;
  WEIR_ASSIGN_OR_RETURN(PartialShape out, DepthwiseOutputShape(w, c.input_dtype(2), input, filter));
  WEIR_RETURN_IF_ERROR(CheckBackprop(c, 2, out));
  c.set_output(0, sizes);
  return {};
}

AttrMap ConvAttrs(const GradContext& c) {
  return c.attrs({"strides", "padding", "explicit_paddings", "data_format", "dilations"});
}

Status DepthwiseGrad(GradContext& c) {
  Output x = c.input(0), filter = c.input(1), dy = c.grad();
  c.set(0, Make("DepthwiseConv2dNativeBackpropInput", {Make("Shape", {x}), filter, dy}, ConvAttrs(c)));
  c.set(1, Make("DepthwiseConv2dNativeBackpropFilter", {x, Make("Shape", {filter}), dy}, ConvAttrs(c)));
  return {};
}

Status DepthwiseBackpropInputGrad(GradContext& c) {
  Output filter = c.input(1), dy = c.input(2), g = c.grad();
  c.set(1, Make("DepthwiseConv2dNativeBackpropFilter", {g, Make("Shape", {filter}), dy}, ConvAttrs(c)));
  c.set(2, Make("DepthwiseConv2dNative", {g, filter}, ConvAttrs(c)));
  return {};
}

Status DepthwiseBackpropFilterGrad(GradContext& c) {
  Output x = c.input(0), dy = c.input(2), g = c.grad();
  c.set(0, Make("DepthwiseConv2dNativeBackpropInput", {Make("Shape", {x}), g, dy}, ConvAttrs(c)));
  c.set(2, Make("DepthwiseConv2dNative", {x, g}, ConvAttrs(c)));
  return {};
}

OpDef& AddDepthwiseAttrs(OpDef& op) {
  return op.Attr("T: {half, bfloat16, float, double}")
      .Attr("strides: list(int)")
      .Attr("padding: {'SAME', 'VALID', 'EXPLICIT'}")
      .Attr("explicit_paddings: list(int) = []")
      .Attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
      .Attr("dilations: list(int) = [1, 1, 1, 1]");
}

}  // namespace

void RegisterDepthwiseOps(OpRegistry& r) {
  AddDepthwiseAttrs(r.Add("DepthwiseConv2dNative").Input("input: T").Input("filter: T").Output("output: T"))
      .Doc(
          "Convolution of each channel c by its own filters [height, width, channels, multiplier]: output channel c · "
          "multiplier + q is Σ input[b, y·stride − pad + ky·dilation, x·stride − pad + kx·dilation, c] · "
          "filter[ky,kx,c,q].")
      .Shape(DepthwiseShape)
      .Flops([](const ShapeContext& c) { return ConvFlops(c, 1); })
      .Gradient(DepthwiseGrad);

  AddDepthwiseAttrs(r.Add("DepthwiseConv2dNativeBackpropInput")
                        .Input("input_sizes: int32")
                        .Input("filter: T")
                        .Input("out_backprop: T")
                        .Output("output: T"))
      .Doc("The gradient of DepthwiseConv2dNative by its input, whose shape is input_sizes.")
      .Shape([](ShapeContext& c) { return DepthwiseBackpropShape(c, 0, false); })
      .Gradient(DepthwiseBackpropInputGrad);

  AddDepthwiseAttrs(r.Add("DepthwiseConv2dNativeBackpropFilter")
                        .Input("input: T")
                        .Input("filter_sizes: int32")
                        .Input("out_backprop: T")
                        .Output("output: T"))
      .Doc("The gradient of DepthwiseConv2dNative by its filter, whose shape is filter_sizes.")
      .Shape([](ShapeContext& c) { return DepthwiseBackpropShape(c, 1, true); })
      .Gradient(DepthwiseBackpropFilterGrad);
}

}  // namespace weir
