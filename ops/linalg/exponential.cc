// MatrixExponential: Σ aᵏ / k!.
#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"
#include "weir/ops/array/array.h"
#include "weir/ops/linalg/batch.h"
#include "weir/ops/linalg/linalg.h"

namespace weir {
namespace {

Status ExponentialShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape s, SquareMatrices(c, 0));
  c.set_output(0, s);
  return {};
}

// The derivative at aᴴ in the direction of the gradient g: exp of [aᴴ g; 0 aᴴ] has it above its diagonal (Van Loan,
// "Computing integrals involving the matrix exponential", 1978).
Status ExponentialGrad(GradContext& c) {
  Output a = ops::Adjoint(c.input(0));
  Output above = ops::Concat({a, c.grad()}, -1), below = ops::Concat({ops::ZerosLike(a), a}, -1);
  Output e = ops::Expm(ops::Concat({above, below}, -2));
  c.set(0, ops::Split(ops::Split(e, 2, -2)[0], 2, -1)[1]);
  return {};
}

}  // namespace

void RegisterExponentialOps(OpRegistry& r) {
  r.Add("MatrixExponential")
      .Input("input: T")
      .Output("output: T")
      .Attr("T: {double, float, half, complex64, complex128}")
      .Doc(
          "The exponentials of matrices […,n,n], I + a + a·a/2 + a·a·a/6 + …, by scaling and squaring a Padé "
          "approximation. NaN where a matrix is not finite. TensorFlow has the op, but no kernel of it any more: "
          "tf.linalg.expm is a loop of many ops there.")
      .Shape(ExponentialShape)
      .Flops([](const ShapeContext& c) { return CubeFlops(c, 20); })
      .Gradient(ExponentialGrad);
}

}  // namespace weir
