// MatrixLogarithm: the x with exp(x) = a whose eigenvalues have imaginary parts in (-π, π].
#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"
#include "weir/ops/array/array.h"
#include "weir/ops/linalg/batch.h"
#include "weir/ops/linalg/linalg.h"

namespace weir {
namespace {

Status LogarithmShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape s, SquareMatrices(c, 0));
  c.set_output(0, s);
  return {};
}

// The derivative at aᴴ in the direction of the gradient g: log of [aᴴ g; 0 aᴴ] has it above its diagonal (Higham,
// "Functions of Matrices", 2008, theorem 3.6). TensorFlow has no gradient of it.
Status LogarithmGrad(GradContext& c) {
  Output a = ops::Adjoint(c.input(0));
  Output above = ops::Concat({a, c.grad()}, -1), below = ops::Concat({ops::ZerosLike(a), a}, -1);
  Output log = ops::Logm(ops::Concat({above, below}, -2));
  c.set(0, ops::Split(ops::Split(log, 2, -2)[0], 2, -1)[1]);
  return {};
}

}  // namespace

void RegisterLogarithmOps(OpRegistry& r) {
  r.Add("MatrixLogarithm")
      .Input("input: T")
      .Output("output: T")
      .Attr("T: {complex64, complex128}")
      .Doc(
          "The principal logarithms of complex matrices […,n,n]: exp(output) = input, the imaginary parts of the "
          "output's eigenvalues in (-π, π]. NaN where a matrix has no inverse or is not finite.")
      .Shape(LogarithmShape)
      .Flops([](const ShapeContext& c) { return CubeFlops(c, 120); })
      .HasPoles()
      .Gradient(LogarithmGrad);
}

}  // namespace weir
