// BiasAdd, BiasAddV1 and BiasAddGrad: a vector added along the channel axis, and the sum over all other axes.
#include <fmt/format.h>

#include <string>
#include <utility>

#include "weir/graph/builder.h"
#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"

namespace weir {
namespace {

constexpr char kFormat[] = "data_format: {'NHWC', 'NCHW'} = 'NHWC'";

bool ChannelsFirst(ShapeContext& c) { return c.attr<std::string>("data_format") == "NCHW"; }

Status BiasAddShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape value, c.WithRankAtLeast(0, 2));
  WEIR_ASSIGN_OR_RETURN(PartialShape bias, c.WithRank(1, 1));
  if (value.known_rank()) {
    int axis = ChannelsFirst(c) ? 1 : value.rank() - 1;
    Result<Dim> channels = MergeDims(value[axis], bias[0]);
    if (!channels.ok()) {
      return InvalidArgument(fmt::format("cannot add a bias {} to {}", c.Describe(1), c.Describe(0)))
          .Detail(fmt::format("axis {} has size {}, the bias {} elements", axis, value[axis], bias[0]));
    }
    value[axis] = *channels;
  }
  c.set_output(0, std::move(value));
  return {};
}

Status BiasAddGradFn(GradContext& c) {
  c.set(0, c.grad());
  c.set(1, Make("BiasAddGrad", {c.grad()}, c.attrs({"data_format"})));
  return {};
}

Status BiasAddV1GradFn(GradContext& c) {
  c.set(0, c.grad());
  c.set(1, Make("BiasAddGrad", {c.grad()}));
  return {};
}

Status BiasAddGradShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape g, c.WithRankAtLeast(0, 2));
  c.set_output(0, PartialShape({g.known_rank() ? g[ChannelsFirst(c) ? 1 : g.rank() - 1] : kUnknownDim}));
  return {};
}

// The bias's gradient, spread over all axes but the channels'.
Status BiasAddGradGrad(GradContext& c) {
  Output x = c.input(0), g = c.grad();
  if (c.attr<std::string>("data_format") == "NCHW") {
    if (x.shape().known_rank()) {
      for (int axis = 2; axis < x.shape().rank(); ++axis) g = Make("ExpandDims", {g, -1});
    } else {
      Output inner = Make("Sub", {Make("Rank", {x}), 2});
      Output ones = Make("Fill", {Make("ExpandDims", {inner, 0}), 1});
      g = Make("Reshape", {g, Make("ConcatV2", {Make("Shape", {g}), ones, 0}, {{"N", 2}})});
    }
  }
  c.set(0, Make("BroadcastTo", {g, Make("Shape", {x})}));
  return {};
}

}  // namespace

void RegisterBiasOps(OpRegistry& r) {
  r.Add("BiasAdd")
      .Input("value: T").Input("bias: T").Output("output: T").Attr("T: numbertype").Attr(kFormat)
      .Doc("value plus the vector bias along the channel axis: the last axis, or axis 1 when data_format is NCHW. "
           "value has rank 2 at least.")
      .Shape(BiasAddShape)
      .Gradient(BiasAddGradFn);
  r.Add("BiasAddGrad")
      .Input("out_backprop: T").Output("output: T").Attr("T: numbertype").Attr(kFormat)
      .Doc("The gradient of BiasAdd by its bias: out_backprop summed over all axes but the channel axis.")
      .Shape(BiasAddGradShape)
      .Gradient(BiasAddGradGrad);
  r.Add("BiasAddV1")
      .Input("value: T").Input("bias: T").Output("output: T").Attr("T: numbertype")
      .Doc("value plus the vector bias along the last axis: BiasAdd's first form. value has rank 2 at least.")
      .Shape(BiasAddShape)
      .Gradient(BiasAddV1GradFn);
}

}  // namespace weir
