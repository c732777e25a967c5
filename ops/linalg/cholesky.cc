// Cholesky and CholeskyGrad.
//
// The gradient is that of Iain Murray, "Differentiation of the Cholesky decomposition" (2016), as TensorFlow has it:
// made symmetric (or Hermitian), since the input is. A matrix that is not positive definite is an error, as in
// TensorFlow 1; TensorFlow 2.21 gives NaN in its place.
#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"
#include "weir/ops/array/array.h"
#include "weir/ops/linalg/batch.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/math/math.h"

namespace weir {
namespace {

Status CholeskyShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape s, SquareMatrices(c, 0));
  c.set_output(0, std::move(s));
  return {};
}

Status CholeskyGradShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape l, SquareMatrices(c, 0));
  WEIR_ASSIGN_OR_RETURN(PartialShape grad, SquareMatrices(c, 1));
  WEIR_ASSIGN_OR_RETURN(PartialShape out, MergeShapes(l, grad));
  c.set_output(0, std::move(out));
  return {};
}

Status GradientOfCholesky(GradContext& c) {
  Output l = c.output(0);
  Output middle = ops::MatMul(l, c.grad(), {.adjoint_a = true});
  middle = Make("MatrixSetDiag", {middle, 0.5 * Make("MatrixDiagPart", {middle})});
  middle = ops::MatrixBandPart(middle, -1, 0);
  // l⁻ᴴ · middle · l⁻¹
  Output left = ops::TriangularSolve(l, middle, {.adjoint = true});
  Output g = ops::Adjoint(ops::TriangularSolve(l, ops::Adjoint(left), {.adjoint = true}));
  c.set(0, 0.5 * (g + ops::Adjoint(g)));
  return {};
}

}  // namespace

void RegisterCholeskyOps(OpRegistry& r) {
  r.Add("Cholesky")
      .Input("input: T").Output("output: T").Attr("T: {double, float, half, complex64, complex128}")
      .Doc("The lower triangular matrices L […,n,n] with L·Lᴴ = input, for symmetric (complex: Hermitian), positive "
           "definite matrices, of which only the lower triangle is read. An error where one is not positive definite. "
           "The gradient is symmetric, or Hermitian.")
      .Shape(CholeskyShape).HasPoles()
      .Flops([](const ShapeContext& c) { return CubeFlops(c, 1); })
      .Gradient(GradientOfCholesky);
  r.Add("CholeskyGrad")
      .Input("l: T").Input("grad: T").Output("output: T").Attr("T: {half, float, double}")
      .Doc("The gradient by Cholesky's input, symmetric, given its output l and the gradient by that; the lower "
           "triangle of grad is read.")
      .Shape(CholeskyGradShape)
      .Flops([](const ShapeContext& c) { return CubeFlops(c, 4); })
      .NoGradient("TensorFlow has none; Cholesky's own gradient has", false);
}

namespace ops {

Output CholeskySolve(Input chol, Input rhs, const Name& name) {
  Output l = chol.output();
  return TriangularSolve(l, TriangularSolve(l, rhs), {.adjoint = true, .name = name.name});
}

}  // namespace ops
}  // namespace weir
