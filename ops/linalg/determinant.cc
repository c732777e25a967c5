// MatrixDeterminant and LogMatrixDeterminant: d|a| = |a|·tr(a⁻¹·da), so the gradients go by the inverse's adjoint.
#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"
#include "weir/ops/linalg/batch.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/math/math.h"

namespace weir {
namespace {

Status DeterminantShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape s, SquareMatrices(c, 0));
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, BatchOf(s));
  return {};
}

Status DeterminantGrad(GradContext& c) {
  c.set(0, AsFactor(c.grad() * ops::Conj(c.output(0))) * ops::Inverse(c.input(0), {.adjoint = true}));
  return {};
}

// log|a| = log_abs + i·θ with the sign exp(i·θ): the one's gradient is a real factor, the other's an imaginary one. A
// real sign is constant wherever it has a derivative.
Status LogDeterminantGrad(GradContext& c) {
  const bool complex = IsComplex(BaseType(c.input(0).dtype()));
  Output factor;
  if (complex && c.has_grad(0)) {
    Output turn = ops::Imag(c.grad(0) * ops::Conj(c.output(0)));
    factor = ops::Complex(ops::Real(c.grad(1)), turn);
  } else if (c.has_grad(1)) {
    factor = RealPart(c.grad(1));
  }
  if (factor.valid()) c.set(0, AsFactor(factor) * ops::Inverse(c.input(0), {.adjoint = true}));
  return {};
}

}  // namespace

void RegisterDeterminantOps(OpRegistry& r) {
  r.Add("MatrixDeterminant")
      .Input("input: T").Output("output: T").Attr("T: {half, float, double, complex64, complex128}")
      .Doc("The determinants […] of matrices […,n,n]; of 0 x 0 it is 1. The gradient is an error where a matrix has no "
           "inverse.")
      .Shape(DeterminantShape).Flops([](const ShapeContext& c) { return CubeFlops(c, 1); })
      .HasPoles().Gradient(DeterminantGrad);
  r.Add("LogMatrixDeterminant")
      .Input("input: T").Output("sign: T").Output("log_abs_determinant: T")
      .Attr("T: {half, float, double, complex64, complex128}")
      .Doc("The determinants […] of matrices […,n,n] as their sign and the logarithm of their size; 0 and -inf where a "
           "matrix has no inverse. The sign of a complex one is determinant / |determinant|, and the logarithm's "
           "imaginary part 0. The gradient of real ones flows by the logarithm; it is an error without an inverse.")
      .Shape(DeterminantShape).Flops([](const ShapeContext& c) { return CubeFlops(c, 1); })
      .HasPoles().Gradient(LogDeterminantGrad);
}

namespace ops {

LogDeterminant Slogdet(Input input, const Name& name) {
  OutputList out = MakeAll("LogMatrixDeterminant", {input}, {}, name, 2);
  return {out[0], out[1]};
}

}  // namespace ops
}  // namespace weir
