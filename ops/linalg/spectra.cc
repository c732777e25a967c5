// Svd, SelfAdjointEigV2, MatrixSquareRoot.
//
// Gradients are TensorFlow's: of the eigenvectors that of Giles, "Collected matrix derivative results for forward and
// reverse mode algorithmic differentiation" (2008), of the singular vectors that of Townsend, "Differentiating the
// singular value decomposition" (2016), complex ones with a term of Wan and Zhang, "Automatic differentiation for
// complex valued SVD" (2019). Where two values are equal, the term that would be infinite is 0. Complex vectors are
// told but for a factor of size 1 each: the gradients are those of functions that do not depend on these.
#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"
#include "weir/ops/array/array.h"
#include "weir/ops/linalg/batch.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/math/math.h"

namespace weir {
namespace {

// ---- shapes

Status SvdShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape s, c.WithRankAtLeast(0, 2));
  const bool vectors = c.attr<bool>("compute_uv"), full = c.attr<bool>("full_matrices");
  for (int i = 1; i < 3 && !vectors; ++i) c.set_output(i, PartialShape({0}));
  if (!s.known_rank()) return {};
  const Dim m = s[s.rank() - 2], n = s[s.rank() - 1];
  const Dim least = Known(m) && Known(n)     ? std::min(m, n)
                    : m == 0 || n == 0       ? 0
                    : SameDim(m, n)          ? m
                                             : kUnknownDim;
  c.set_output(0, WithAxes(BatchOf(s), {least}));
  if (!vectors) return {};
  c.set_output(1, WithAxes(BatchOf(s), {m, full ? m : least}));
  c.set_output(2, WithAxes(BatchOf(s), {n, full ? n : least}));
  return {};
}

Status EigShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape s, SquareMatrices(c, 0));
  if (s.known_rank()) c.set_output(0, BatchOf(s, 1));
  c.set_output(1, c.attr<bool>("compute_v") ? s : PartialShape({0}));
  return {};
}

Status SquareShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape s, SquareMatrices(c, 0));
  c.set_output(0, std::move(s));
  return {};
}

// ---- gradients

Output Diag(Output x) { return Make("MatrixDiag", {x}); }
Output DiagPart(Output x) { return Make("MatrixDiagPart", {x}); }
Output SetDiag(Output x, Output diagonal) { return Make("MatrixSetDiag", {x, diagonal}); }
Output Times(Output x, Output y) { return ops::MatMul(x, y); }
Output TimesAdjoint(Output x, Output y) { return ops::MatMul(x, y, {.adjoint_b = true}); }
Output AdjointTimes(Output x, Output y) { return ops::MatMul(x, y, {.adjoint_a = true}); }

// f[i,j] = 1 / (x[j] - x[i]), 0 on the diagonal and where the two are equal.
Output ReciprocalDifferences(Output x) {
  return SetDiag(SafeReciprocal(ops::ExpandDims(x, -2) - ops::ExpandDims(x, -1)), ops::ZerosLike(x));
}

Status SelfAdjointEigGrad(GradContext& c) {
  Output e = c.output(0), v = c.output(1), middle = Diag(c.grad(0));
  if (c.attr<bool>("compute_v")) {
    if (c.has_grad(1)) middle = middle + ReciprocalDifferences(e) * AdjointTimes(v, c.grad(1));
  } else {
    v = ops::SelfAdjointEig(c.input(0)).vectors;
  }
  Output g = Times(v, TimesAdjoint(middle, v));
  // Only the lower triangle was read: what belongs to an upper element falls to its mirror image.
  g = ops::MatrixBandPart(g + ops::Adjoint(g), -1, 0);
  c.set(0, SetDiag(g, 0.5 * DiagPart(g)));
  return {};
}

// What the gradient of the factors of a matrix with no more rows than columns needs.
struct SvdOf {
  Output s, u, v, grad_s, grad_u, grad_v;
  int64_t m, n;  // m <= n
  bool full;
};

Output WideSvdGrad(const SvdOf& a) {
  Output f = ReciprocalDifferences(ops::Square(a.s)), s = Diag(a.s);
  Output v1 = a.v, grad_v1 = a.grad_v;
  if (a.full && a.n > a.m) v1 = Part(a.v, -1, 0, a.m), grad_v1 = Part(a.grad_v, -1, 0, a.m);
  Output fu = f * AdjointTimes(a.u, a.grad_u), vgv = AdjointTimes(v1, grad_v1), fv = f * vgv;
  Output inner = Diag(a.grad_s) + Times(fu + ops::Adjoint(fu), s) + Times(s, fv + ops::Adjoint(fv));
  if (IsComplex(BaseType(a.s.dtype()))) {
    Output turn = DiagPart(vgv);
    inner = inner + Diag(0.5 * SafeReciprocal(a.s) * (ops::Conj(turn) - turn));
  }
  Output g = Times(a.u, TimesAdjoint(inner, v1));
  if (a.m == a.n) return g;
  Output gv = ops::Adjoint(grad_v1);
  Output rest = gv - TimesAdjoint(Times(gv, v1), v1);
  if (a.full) {
    Output v2 = Part(a.v, -1, a.m, a.n - a.m), grad_v2 = Part(a.grad_v, -1, a.m, a.n - a.m);
    rest = rest - TimesAdjoint(AdjointTimes(v1, grad_v2), v2);
  }
  return g + Times(Times(a.u, Diag(SafeReciprocal(a.s))), rest);
}

Status SvdGrad(GradContext& c) {
  Output x = c.input(0);
  if (!c.attr<bool>("compute_uv")) {
    ops::SvdFactors again = ops::Svd(x);
    c.set(0, Times(again.u, TimesAdjoint(Diag(RealPart(c.grad(0))), again.v)));
    return {};
  }
  const PartialShape& shape = x.shape();
  const int rank = shape.rank();
  if (rank < 2 || !Known(shape[rank - 2]) || !Known(shape[rank - 1]))
    return Unimplemented("has a gradient only where the sizes of its matrices are known, as in TensorFlow");
  SvdOf a{c.output(0), c.output(1),     c.output(2),     RealPart(c.grad(0)), c.grad(1),
          c.grad(2),   shape[rank - 2], shape[rank - 1], c.attr<bool>("full_matrices")};
  if (a.full && std::abs(a.m - a.n) > 1)
    return Unimplemented("has no gradient with full_matrices where sizes differ by more than 1, as in TensorFlow");
  const bool tall = a.m > a.n;  // then of the adjoint
  if (tall) {
    std::swap(a.m, a.n);
    std::swap(a.u, a.v);
    std::swap(a.grad_u, a.grad_v);
  }
  Output g = WideSvdGrad(a);
  c.set(0, tall ? ops::Adjoint(g) : g);
  return {};
}

// b1 ⊗ b2, of matrices of one order, as […,n²,n²].
Output Kronecker(Output b1, Output b2, Output batch, Output order) {
  Output rows = ops::ExpandDims(ops::ExpandDims(b1, -1), -3), cols = ops::ExpandDims(ops::ExpandDims(b2, -2), -4);
  return ops::Reshape(rows * cols, ops::Concat({batch, order, order}, 0));
}

// r·r = a, so r·dr + dr·r = da: as n² linear equations for the gradient, (1 ⊗ rᴴ + conj(r) ⊗ 1)·vec(gᵀ).
Status SquareRootGrad(GradContext& c) {
  Output r = ops::Conj(c.output(0)), shape = ops::ShapeOf(r);
  Output batch = Make("StridedSlice", {shape, {0}, {-2}, {1}}, {{"begin_mask", 1}});
  Output n = Make("StridedSlice", {shape, {-1}, {0}, {1}}, {{"end_mask", 1}});
  Output order = n * n;
  Output one = Diag(ops::OnesLike(DiagPart(r)));
  Output sum = Kronecker(one, ops::MatrixTranspose(r), batch, order) + Kronecker(r, one, batch, order);
  Output g = ops::Reshape(ops::MatrixTranspose(c.grad()), ops::Concat({batch, order, std::vector<int32_t>{1}}, 0));
  c.set(0, ops::MatrixTranspose(ops::Reshape(ops::Solve(sum, g), shape)));
  return {};
}

constexpr char kFloats[] = "T: {double, float, half, complex64, complex128}";

}  // namespace

void RegisterSpectrumOps(OpRegistry& r) {
  r.Add("Svd")
      .Input("input: T").Output("s: T").Output("u: T").Output("v: T")
      .Attr("compute_uv: bool = true").Attr("full_matrices: bool = false").Attr(kFloats)
      .Doc("Matrices […,m,n] as u·diag(s)·vᴴ: s […,p], p = min(m,n), in descending order, u […,m,p] and v […,n,p] with "
           "orthonormal columns, or with full_matrices […,m,m] and […,n,n]; without compute_uv both are empty. The "
           "columns have any signs, complex ones any factors of size 1; s of complex matrices is complex with "
           "imaginary parts of 0. Matrices with an infinity or NaN give NaN.")
      .Shape(SvdShape).Flops([](const ShapeContext& c) { return CubeFlops(c, 12); })
      .HasPoles().Gradient(SvdGrad);
  r.Add("SelfAdjointEigV2")
      .Input("input: T").Output("e: T").Output("v: T").Attr("compute_v: bool = true").Attr(kFloats)
      .Doc("The eigenvalues […,n] of symmetric (complex: Hermitian) matrices […,n,n], in ascending order, and the "
           "eigenvectors, columns of v […,n,n] with any signs, complex ones with any factors of size 1; without "
           "compute_v v is empty. Complex eigenvalues have imaginary parts of 0. Only the lower triangle is read. An "
           "error where it has an infinity or NaN.")
      .Shape(EigShape).Flops([](const ShapeContext& c) { return CubeFlops(c, 9); })
      .HasPoles().Gradient(SelfAdjointEigGrad);
  r.Add("MatrixSquareRoot")
      .Input("input: T").Output("output: T").Attr(kFloats)
      .Doc("r […,n,n] with r·r = input, of eigenvalues with real parts that are not negative. NaN where a real input "
           "has no such real matrix (a negative eigenvalue).")
      .Shape(SquareShape).Flops([](const ShapeContext& c) { return CubeFlops(c, 100); })
      .HasPoles().Gradient(SquareRootGrad);
}

namespace ops {

SvdFactors Svd(Input input, const SvdOptions& o) {
  OutputList out = MakeAll("Svd", {input}, {{"compute_uv", o.compute_uv}, {"full_matrices", o.full_matrices}},
                           {.name = o.name}, 3);
  return {out[0], out[1], out[2]};
}

EigenPairs SelfAdjointEig(Input input, const SelfAdjointEigOptions& o) {
  OutputList out = MakeAll("SelfAdjointEigV2", {input}, {{"compute_v", o.compute_v}}, {.name = o.name}, 2);
  return {out[0], out[1]};
}

}  // namespace ops
}  // namespace weir
