// L2Loss: half the sum of the squares.
#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"

namespace weir {
namespace {

Status L2LossGrad(GradContext& c) {
  c.set(0, Make("Mul", {c.input(0), c.grad()}));
  return {};
}

}  // namespace

void RegisterL2LossOps(OpRegistry& r) {
  r.Add("L2Loss")
      .Input("t: T").Output("output: T").Attr("T: {half, bfloat16, float, double}")
      .Doc("Half the sum of the squares of all elements, a scalar.")
      .Shape(ScalarShape)
      .Gradient(L2LossGrad);
}

}  // namespace weir
