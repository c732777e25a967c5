// Local response normalisation, over neighbouring channels: LRN and LRNGrad.
#include <fmt/format.h>

#include "weir/graph/builder.h"
#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"

namespace weir {
namespace {

Status CheckRadius(const ShapeContext& c) {
  const int64_t radius = c.attr<int64_t>("depth_radius");
  if (radius >= 0 && radius < (int64_t{1} << 31)) return {};
  return InvalidArgument(fmt::format("has depth_radius {}, which must be in [0, 2^31)", radius));
}

Status LrnShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(CheckRadius(c));
  WEIR_ASSIGN_OR_RETURN(PartialShape x, c.WithRank(0, 4));
  c.set_output(0, x);
  return {};
}

Status LrnGradShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(CheckRadius(c));
  WEIR_ASSIGN_OR_RETURN(PartialShape out, c.WithRank(0, 4));
  for (int i : {1, 2}) {
    auto merged = MergeShapes(out, c.input(i));
    if (!merged.ok()) {
      return InvalidArgument(fmt::format("cannot take {} and {}", c.Describe(0), c.Describe(i)))
          .Detail("its three inputs must have one shape");
    }
    out = *merged;
  }
  c.set_output(0, out);
  return {};
}

AttrMap LrnAttrs(const GradContext& c) { return c.attrs({"depth_radius", "bias", "alpha", "beta"}); }

Status LrnGradient(GradContext& c) {
  c.set(0, Make("LRNGrad", {c.grad(), c.input(0), c.output(0)}, LrnAttrs(c)));
  return {};
}

// The sum of `v` over the channels within the radius, as a convolution by ones along them.
Output WindowSum(Builder& b, Output v, int64_t radius) {
  const Dim depth = v.shape().known_rank() ? v.shape()[3] : kUnknownDim;
  radius = std::min(radius, Known(depth) ? depth : (int64_t{1} << 30) - 1);
  Output shape = Make("Shape", {v});
  Input channels = Make("StridedSlice", {shape, Tensor::Vector<int32_t>({3}), Tensor::Vector<int32_t>({4}),
                                         Tensor::Vector<int32_t>({1})});
  Output lines = Make("ConcatV2", {Tensor::Vector<int32_t>({-1, 1}), channels, Tensor::Vector<int32_t>({1}), 0});
  Tensor one;
  DispatchType(v.dtype(), FloatTypes{}, [&](auto t) { one = Tensor(decltype(t)(1.0f)); });
  Output ones = b.Add("Fill", {Tensor::Vector<int32_t>({1, int32_t(2 * radius + 1), 1, 1}), one});
  Output sums = Make("Conv2D", {Make("Reshape", {v, lines}), ones},
                     {{"strides", std::vector<int64_t>{1, 1, 1, 1}}, {"padding", "SAME"}});
  return Make("Reshape", {sums, shape});
}

// With W the window sum, s = bias + α·W(x²) and k = 2αβ, LRNGrad(g, x, y) = g·s^−β − k·x·W(g·y/s). Its gradients, h
// flowing in:
//   by g: h·s^−β − k·y/s·W(h·x)          by y: −k·g/s·W(h·x)
//   by x: −k·h·W(g·y/s) + 2α·x·W(k·W(h·x)·g·y/s² − β·h·g·s^(−β−1))
Status LrnGradGradient(GradContext& c) {
  const float alpha = c.attr<float>("alpha"), beta = c.attr<float>("beta"), k = 2 * alpha * beta;
  const int64_t radius = c.attr<int64_t>("depth_radius");
  auto mul = [](Input a, Input b) { return Make("Mul", {a, b}); };
  auto div = [](Input a, Input b) { return Make("RealDiv", {a, b}); };
  auto sub = [](Input a, Input b) { return Make("Sub", {a, b}); };
  auto window = [&](Output v) { return WindowSum(c.builder(), v, radius); };
  Output g = c.input(0), x = c.input(1), y = c.input(2), h = c.grad();
  Output s = Make("Add", {mul(window(Make("Square", {x})), alpha), c.attr<float>("bias")});
  Output power = Make("Pow", {s, -beta}), flow = mul(window(mul(h, x)), k), ratio = div(mul(g, y), s);
  c.set(0, sub(mul(h, power), mul(div(y, s), flow)));
  c.set(1, Make("Add", {mul(mul(x, 2 * alpha),
                            window(sub(mul(flow, div(ratio, s)), mul(mul(h, g), mul(div(power, s), beta))))),
                        mul(mul(h, -k), window(ratio))}));
  c.set(2, Make("Neg", {mul(div(g, s), flow)}));
  return {};
}

OpDef& AddLrnAttrs(OpDef& op) {
  return op.Attr("depth_radius: int = 5")
      .Attr("bias: float = 1.0")
      .Attr("alpha: float = 1.0")
      .Attr("beta: float = 0.5")
      .Attr("T: {half, bfloat16, float} = float");
}

}  // namespace

void RegisterLrnOps(OpRegistry& r) {
  AddLrnAttrs(r.Add("LRN").Input("input: T").Output("output: T"))
      .Doc(
          "Local response normalisation of images [batch, height, width, channels]: x / (bias + alpha · Σ x²)^beta, "
          "the sum taken over the channels within depth_radius of x's own.")
      .Shape(LrnShape)
      .Gradient(LrnGradient);

  AddLrnAttrs(
      r.Add("LRNGrad").Input("input_grads: T").Input("input_image: T").Input("output_image: T").Output("output: T"))
      .Doc("The gradient of LRN by its input, from the gradient by its output, its input and its output.")
      .Shape(LrnGradShape)
      .Gradient(LrnGradGradient);
}

}  // namespace weir
