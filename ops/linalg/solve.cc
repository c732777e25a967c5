// Linear equations: MatrixTriangularSolve, MatrixSolve, MatrixInverse, MatrixSolveLs.
//
// Of x = op(a)⁻¹·b the gradients are gb = op(a)⁻ᴴ·g and ga = -gb·xᴴ (or its adjoint), whatever solves; of real matrices
// the adjoint is the transpose.
#include <fmt/format.h>

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

Status CannotSolve(const ShapeContext& c) {
  return InvalidArgument(fmt::format("cannot solve {} for {}", c.Describe(0), c.Describe(1)));
}

// Matrices […,n,n] and right sides […,n,k]: the batch axes broadcast, or are equal.
Status SolveShape(ShapeContext& c, bool broadcast) {
  WEIR_ASSIGN_OR_RETURN(PartialShape a, SquareMatrices(c, 0));
  WEIR_ASSIGN_OR_RETURN(PartialShape b, c.WithRankAtLeast(1, 2));
  if (!a.known_rank() || !b.known_rank()) {
    const int rank = broadcast ? -1 : std::max(a.rank(), b.rank());
    c.set_output(0, rank < 0 ? PartialShape::Unknown() : PartialShape::UnknownOfRank(rank));
    return {};
  }
  Result<Dim> order = MergeDims(a[a.rank() - 1], b[b.rank() - 2]);
  if (!order.ok())
    return CannotSolve(c).Detail(fmt::format("{} equations, but {} rows on the right", a[a.rank() - 1],
                                             b[b.rank() - 2]));
  Result<PartialShape> batch =
      broadcast ? BroadcastShapes(BatchOf(a), BatchOf(b)) : MergeShapes(BatchOf(a), BatchOf(b));
  if (!batch.ok())
    return CannotSolve(c).Detail(fmt::format("the axes before the last two do not {}",
                                             broadcast ? "broadcast" : "agree"));
  c.set_output(0, WithAxes(*batch, {*order, b[b.rank() - 1]}));
  return {};
}

Status InverseShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape s, SquareMatrices(c, 0));
  c.set_output(0, std::move(s));
  return {};
}

Status LeastSquaresShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape a, c.WithRankAtLeast(0, 2));
  WEIR_ASSIGN_OR_RETURN(PartialShape b, c.WithRankAtLeast(1, 2));
  WEIR_RETURN_IF_ERROR(c.WithRank(2, 0).status());
  if (!a.known_rank() || !b.known_rank()) {
    const int rank = std::max(a.rank(), b.rank());
    c.set_output(0, rank < 0 ? PartialShape::Unknown() : PartialShape::UnknownOfRank(rank));
    return {};
  }
  Result<PartialShape> batch = MergeShapes(BatchOf(a), BatchOf(b));
  if (!batch.ok() || !MergeDims(a[a.rank() - 2], b[b.rank() - 2]).ok()) return CannotSolve(c);
  c.set_output(0, WithAxes(*batch, {a[a.rank() - 1], b[b.rank() - 1]}));
  return {};
}

// ---- gradients

Output MinusProduct(Output x, Output y) { return -ops::MatMul(x, y, {.adjoint_b = true}); }

Status MatrixTriangularSolveGrad(GradContext& c) {
  const bool adjoint = c.attr<bool>("adjoint"), lower = c.attr<bool>("lower");
  Output a = c.input(0), b = c.input(1), x = c.output(0);
  Output gb = ops::TriangularSolve(a, c.grad(), {.lower = lower, .adjoint = !adjoint});
  Output ga = adjoint ? MinusProduct(x, gb) : MinusProduct(gb, x);
  ga = lower ? ops::MatrixBandPart(ga, -1, 0) : ops::MatrixBandPart(ga, 0, -1);
  std::tie(ga, gb) = SumBatches(ga, gb, a, b);
  c.set(0, ga);
  c.set(1, gb);
  return {};
}

Status MatrixSolveGrad(GradContext& c) {
  const bool adjoint = c.attr<bool>("adjoint");
  Output x = c.output(0), gb = ops::Solve(c.input(0), c.grad(), {.adjoint = !adjoint});
  c.set(0, adjoint ? MinusProduct(x, gb) : MinusProduct(gb, x));
  c.set(1, gb);
  return {};
}

// y = a⁻¹ (or a⁻ᴴ): -yᴴ·g·yᴴ, or -y·gᴴ·y
Status MatrixInverseGrad(GradContext& c) {
  const bool adjoint = c.attr<bool>("adjoint");
  Output y = c.output(0);
  Output gy = ops::MatMul(c.grad(), y, {.adjoint_a = adjoint, .adjoint_b = !adjoint});
  c.set(0, -ops::MatMul(y, gy, {.adjoint_a = !adjoint}));
  return {};
}

// The Cholesky factor of aᴴ·a + λ, or of a·aᴴ + λ.
Output GramianFactor(Output a, Output lambda, bool first_kind) {
  Output gram = ops::MatMul(a, a, {.adjoint_a = first_kind, .adjoint_b = !first_kind});
  Output diagonal = Make("MatrixDiagPart", {gram});
  return ops::Cholesky(Make("MatrixSetDiag", {gram, diagonal + lambda}));
}

// x = (aᴴa + λ)⁻¹·aᴴ·b, with z = (aᴴa + λ)⁻¹·g: ga = b·zᴴ - a·(x·zᴴ + z·xᴴ), gb = a·z.
void OverdeterminedGrad(GradContext& c, Output lambda) {
  Output a = c.input(0), b = c.input(1), x = c.output(0);
  Output z = ops::CholeskySolve(GramianFactor(a, lambda, true), c.grad());
  Output xz = ops::MatMul(x, z, {.adjoint_b = true});
  c.set(0, ops::MatMul(b, z, {.adjoint_b = true}) - ops::MatMul(a, xz + ops::Adjoint(xz)));
  c.set(1, ops::MatMul(a, z));
}

// x = aᴴ·(aaᴴ + λ)⁻¹·b, with t = (aaᴴ + λ)⁻¹·b and gb = (aaᴴ + λ)⁻¹·a·g: ga = t·(g - aᴴ·gb)ᴴ - gb·tᴴ·a.
void UnderdeterminedGrad(GradContext& c, Output lambda) {
  Output a = c.input(0), b = c.input(1), factor = GramianFactor(a, lambda, false);
  Output gb = ops::CholeskySolve(factor, ops::MatMul(a, c.grad()));
  Output t = ops::CholeskySolve(factor, b);
  Output rest = c.grad() - ops::MatMul(a, gb, {.adjoint_a = true});
  Output ta = ops::MatMul(t, a, {.adjoint_a = true});
  c.set(0, ops::MatMul(t, rest, {.adjoint_b = true}) - ops::MatMul(gb, ta));
  c.set(1, gb);
}

Status MatrixSolveLsGrad(GradContext& c) {
  if (!c.attr<bool>("fast")) return Unimplemented("has no gradient with fast=false, as in TensorFlow");
  const PartialShape& s = c.input(0).shape();
  const int rank = s.rank();
  if (rank < 2 || !Known(s[rank - 2]) || !Known(s[rank - 1]))
    return Unimplemented("has a gradient only where the sizes of its matrices are known");
  Output lambda = ops::Cast(c.input(2), c.type_attr("T"));
  if (s[rank - 2] >= s[rank - 1]) OverdeterminedGrad(c, lambda);
  else UnderdeterminedGrad(c, lambda);
  return {};
}

constexpr char kFloats[] = "T: {double, float, half, complex64, complex128}";

int64_t SolveFlops(const ShapeContext& c, int64_t factor) {
  const PartialShape& s = c.input(0);
  return SaturatedProduct({factor, SizeOrOne(s, s.rank() - 1), ElementsOrOne(c.output(0))});
}

}  // namespace

void RegisterSolveOps(OpRegistry& r) {
  r.Add("MatrixTriangularSolve")
      .Input("matrix: T").Input("rhs: T").Output("output: T")
      .Attr("lower: bool = true").Attr("adjoint: bool = false")
      .Attr("T: {bfloat16, double, float, half, complex64, complex128}")
      .Doc("x […,n,k] with op(matrix)·x = rhs, for triangular matrices […,n,n] of which the other triangle is not "
           "looked at; op takes the adjoint with `adjoint`: transposed, complex ones conjugated. The axes in front "
           "broadcast. A zero on the diagonal gives infinities and NaN.")
      .Shape([](ShapeContext& c) { return SolveShape(c, true); })
      .Flops([](const ShapeContext& c) { return SolveFlops(c, 1); })
      .HasPoles().Gradient(MatrixTriangularSolveGrad);
  r.Add("MatrixSolve")
      .Input("matrix: T").Input("rhs: T").Output("output: T").Attr("adjoint: bool = false").Attr(kFloats)
      .Doc("x […,n,k] with op(matrix)·x = rhs, for matrices […,n,n]; op takes the adjoint with `adjoint`: transposed, "
           "complex ones conjugated. An error where a matrix has no inverse.")
      .Shape([](ShapeContext& c) { return SolveShape(c, false); })
      .Flops([](const ShapeContext& c) { return SolveFlops(c, 2); })
      .HasPoles().Gradient(MatrixSolveGrad);
  r.Add("MatrixInverse")
      .Input("input: T").Output("output: T").Attr("adjoint: bool = false").Attr(kFloats)
      .Doc("The inverses of matrices […,n,n], with `adjoint` transposed and conjugated. An error where one has none.")
      .Shape(InverseShape)
      .Flops([](const ShapeContext& c) { return CubeFlops(c, 2); })
      .HasPoles().Gradient(MatrixInverseGrad);
  r.Add("MatrixSolveLs")
      .Input("matrix: T").Input("rhs: T").Input("l2_regularizer: double").Output("output: T").Attr(kFloats)
      .Attr("fast: bool = true")
      .Doc("x […,n,k] that makes |matrix·x - rhs|² + l2_regularizer·|x|² least, for matrices […,m,n] and rhs […,m,k]. "
           "fast: by Cholesky's factors of matrixᴴ·matrix (m >= n) or matrix·matrixᴴ (the x of least norm), an error "
           "where they are not positive definite. Otherwise by a complete orthogonal decomposition, for matrices of "
           "any rank, and l2_regularizer is not looked at.")
      .Shape(LeastSquaresShape)
      .Flops([](const ShapeContext& c) { return SolveFlops(c, 2); })
      .HasPoles().Gradient(MatrixSolveLsGrad);
}

namespace ops {

Output TriangularSolve(Input matrix, Input rhs, const TriangularSolveOptions& o) {
  return Make("MatrixTriangularSolve", {matrix, rhs}, {{"lower", o.lower}, {"adjoint", o.adjoint}}, {.name = o.name});
}

Output Solve(Input matrix, Input rhs, const SolveOptions& o) {
  return Make("MatrixSolve", {matrix, rhs}, {{"adjoint", o.adjoint}}, {.name = o.name});
}

Output Inverse(Input input, const SolveOptions& o) {
  return Make("MatrixInverse", {input}, {{"adjoint", o.adjoint}}, {.name = o.name});
}

Output LeastSquares(Input matrix, Input rhs, const LeastSquaresOptions& o) {
  return Make("MatrixSolveLs", {matrix, rhs, o.l2_regularizer}, {{"fast", o.fast}}, {.name = o.name});
}

}  // namespace ops
}  // namespace weir
