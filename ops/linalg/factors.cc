// Qr and Lu.
//
// The gradient of Qr is that of Roberts and Roberts, "QR and LQ decomposition matrix backpropagation algorithms for
// square, wide, and deep, real and complex, matrices" (2020), as TensorFlow has it.
#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"
#include "weir/ops/array/array.h"
#include "weir/ops/linalg/batch.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/math/math.h"

namespace weir {
namespace {

Dim Least(Dim m, Dim n) {
  if (Known(m) && Known(n)) return std::min(m, n);
  return m == 0 || n == 0 ? 0 : SameDim(m, n) ? m : kUnknownDim;
}

Status QrShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape s, c.WithRankAtLeast(0, 2));
  if (!s.known_rank()) return {};
  const Dim m = s[s.rank() - 2], n = s[s.rank() - 1], inner = c.attr<bool>("full_matrices") ? m : Least(m, n);
  c.set_output(0, WithAxes(BatchOf(s), {m, inner}));
  c.set_output(1, WithAxes(BatchOf(s), {inner, n}));
  return {};
}

Status LuShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape s, SquareMatrices(c, 0));
  c.set_output(0, s);
  if (s.known_rank()) c.set_output(1, BatchOf(s, 1));
  return {};
}

// x·r⁻ᴴ for upper triangular r.
Output DividedBy(Output x, Output r) {
  return ops::Adjoint(ops::TriangularSolve(r, ops::Adjoint(x), {.lower = false}));
}

// For as many rows as columns or more, q [m,n] and r [n,n]. That a complex r has a real diagonal takes one term more.
Output DeepQrGrad(Output q, Output r, Output dq, Output dr) {
  Output qdq = ops::MatMul(q, dq, {.adjoint_a = true});
  Output rdr = ops::MatMul(r, dr, {.adjoint_b = true});
  Output skew = (qdq - ops::Adjoint(qdq)) + (rdr - ops::Adjoint(rdr));
  Output along = ops::MatMul(q, dr + DividedBy(ops::MatrixBandPart(skew, -1, 0), r));
  Output g = along + DividedBy(dq - ops::MatMul(q, qdq), r);
  if (!IsComplex(BaseType(q.dtype()))) return g;
  Output diagonal = Make("MatrixDiagPart", {rdr - ops::Adjoint(qdq)});
  Output imaginary = Make("MatrixDiag", {ops::Conj(diagonal - RealPart(diagonal))});
  return g + DividedBy(ops::MatMul(q, imaginary), r);
}

Status QrGrad(GradContext& c) {
  Output a = c.input(0), q = c.output(0), r = c.output(1), dq = c.grad(0), dr = c.grad(1);
  const PartialShape& s = a.shape();
  const int rank = s.rank();
  if (rank < 2 || !Known(s[rank - 2]) || !Known(s[rank - 1]))
    return Unimplemented("has a gradient only where the sizes of its matrices are known, as in TensorFlow");
  const int64_t m = s[rank - 2], n = s[rank - 1];
  if (m > n && c.attr<bool>("full_matrices"))
    return Unimplemented("has no gradient with full_matrices and more rows than columns, as in TensorFlow");
  if (m >= n) {
    c.set(0, DeepQrGrad(q, r, dq, dr));
    return {};
  }
  // a = [x, y] and r = [u, v], x and u square: y = q·v.
  Output y = Part(a, -1, m, n - m), u = Part(r, -1, 0, m);
  Output du = Part(dr, -1, 0, m), dv = Part(dr, -1, m, n - m);
  Output dx = DeepQrGrad(q, u, dq + ops::MatMul(y, dv, {.adjoint_b = true}), du);
  c.set(0, ops::Concat({dx, ops::MatMul(q, dv)}, -1));
  return {};
}

}  // namespace

void RegisterFactorOps(OpRegistry& r) {
  r.Add("Qr")
      .Input("input: T").Output("q: T").Output("r: T").Attr("full_matrices: bool = false")
      .Attr("T: {double, float, half, complex64, complex128}")
      .Doc("Matrices […,m,n] as q·r, q with orthonormal columns, r upper triangular: q is […,m,p] and r […,p,n], p = "
           "min(m,n), or with full_matrices […,m,m] and […,m,n]. The diagonal of r is real and has any signs.")
      .Shape(QrShape).Flops([](const ShapeContext& c) { return CubeFlops(c, 4); })
      .HasPoles().Gradient(QrGrad);
  r.Add("Lu")
      .Input("input: T").Output("lu: T").Output("p: output_idx_type")
      .Attr("output_idx_type: {int32, int64} = int32").Attr("T: {double, float, half, complex64, complex128}")
      .Doc("Matrices […,n,n] with permuted rows as L·U: row i of L·U is row p[i] of the input. L, below the diagonal, "
           "has ones on it; U is the rest of `lu`. An error where a matrix has no inverse.")
      .Shape(LuShape).Flops([](const ShapeContext& c) { return CubeFlops(c, 1); })
      .NoGradient("TensorFlow has none; Solve, Inverse and Det have", false);
}

namespace ops {

QrFactors Qr(Input input, const QrOptions& o) {
  OutputList out = MakeAll("Qr", {input}, {{"full_matrices", o.full_matrices}}, {.name = o.name}, 2);
  return {out[0], out[1]};
}

LuFactors Lu(Input input, const LuOptions& o) {
  OutputList out = MakeAll("Lu", {input}, {{"output_idx_type", o.index_type}}, {.name = o.name}, 2);
  return {out[0], out[1]};
}

}  // namespace ops
}  // namespace weir
