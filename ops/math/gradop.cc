// The ops that gradients of unary ops are made of: functions of the op's output y and the gradient dy by it.
#include "weir/ops/math/math.h"
#include "weir/ops/math/schema.h"

namespace weir::math {
namespace {

using namespace ops;  // NOLINT: gradients are written in the building functions
using Pair = std::pair<Output, Output>;

OpDef& GradOp(OpRegistry& r, const char* name) {
  return r.Add(name).Input("y: T").Input("dy: T").Output("z: T").Attr("T: " + kField).Shape(SameCountShape);
}

}  // namespace

// In the gradients below `a` is y, `b` is dy and `z` the op's output.
void RegisterGradOps(OpRegistry& r) {
  GradOp(r, "SqrtGrad")
      .Doc("The gradient of y = sqrt(x): dy * 0.5 / y.")
      .Gradient(BinaryGrad([](Output g, Output a, Output, Output z) {
        Output part = g / a;
        return Pair(-part * z, 0.5 * part);
      }));
  GradOp(r, "RsqrtGrad")
      .Doc("The gradient of y = 1 / sqrt(x): dy * -0.5 * y^3.")
      .Gradient(BinaryGrad([](Output g, Output a, Output b, Output) {
        return Pair(-1.5 * g * b * Square(a), Make("RsqrtGrad", {a, g}));
      }));
  GradOp(r, "TanhGrad")
      .Doc("The gradient of y = tanh(x): dy * (1 - y^2).")
      .Gradient(BinaryGrad([](Output g, Output a, Output b, Output) { return Pair(g * -2.0 * b * a, Make("TanhGrad", {a, g})); }));
  GradOp(r, "SigmoidGrad")
      .Doc("The gradient of y = sigmoid(x): dy * y * (1 - y).")
      .Gradient(BinaryGrad([](Output g, Output a, Output b, Output) {
        Output part = g * b;
        return Pair(part - 2.0 * part * a, Make("SigmoidGrad", {a, g}));
      }));
  GradOp(r, "ReciprocalGrad")
      .Doc("The gradient of y = 1 / x: -dy * y^2.")
      .Gradient(BinaryGrad([](Output g, Output a, Output b, Output) {
        return Pair(-2.0 * g * b * a, Make("ReciprocalGrad", {a, g}));
      }));
  GradOp(r, "InvGrad")
      .Doc("The gradient of y = 1 / x: -dy * y^2.")
      .Gradient(BinaryGrad([](Output g, Output a, Output b, Output) { return Pair(-2.0 * g * b * a, Make("InvGrad", {a, g})); }));
}

}  // namespace weir::math
