// TridiagonalMatMul and TridiagonalSolve: matrices of three diagonals, never made whole.
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"
#include "weir/ops/array/array.h"
#include "weir/ops/linalg/batch.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/math/math.h"
#include "weir/ops/reduce/reduce.h"

namespace weir {
namespace {

// ---- shapes

Status NoTriple(const ShapeContext& c, int diagonals, int rhs) {
  return InvalidArgument(fmt::format("cannot have the diagonals {} with {}", c.Describe(diagonals), c.Describe(rhs)));
}

// `s` is […,rows,n] and the output's […,n,k], merged.
Status MergeDiagonals(ShapeContext& c, int i, int rhs, int64_t rows, PartialShape* out) {
  WEIR_ASSIGN_OR_RETURN(PartialShape s, c.WithRankAtLeast(i, 2));
  if (!s.known_rank()) return {};
  const int rank = s.rank();
  if (!MergeDims(s[rank - 2], rows).ok())
    return InvalidArgument(fmt::format("wants {} of shape […,{},n], not {}", c.InputName(i), rows, c.Describe(i)));
  Result<PartialShape> merged = MergeShapes(*out, WithAxes(BatchOf(s), {s[rank - 1], kUnknownDim}));
  if (!merged.ok()) return NoTriple(c, i, rhs);
  *out = *merged;
  return {};
}

Status MatMulShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape out, c.WithRankAtLeast(3, 2));
  for (int i = 0; i < 3; ++i) WEIR_RETURN_IF_ERROR(MergeDiagonals(c, i, 3, 1, &out));
  c.set_output(0, std::move(out));
  return {};
}

Status SolveShape(ShapeContext& c) {
  if (c.attr<bool>("perturb_singular") && !c.attr<bool>("partial_pivoting"))
    return InvalidArgument("has perturb_singular without partial_pivoting");
  WEIR_ASSIGN_OR_RETURN(PartialShape out, c.WithRankAtLeast(1, 2));
  WEIR_RETURN_IF_ERROR(MergeDiagonals(c, 0, 1, 3, &out));
  c.set_output(0, std::move(out));
  return {};
}

// ---- gradients

// x[begin:end] along the axis (-2 or -1); `end` 0 is the end.
Output Cut(Output x, int axis, int64_t begin, int64_t end) {
  const int64_t open = end == 0 ? 2 : 0;
  if (axis == -1)
    return ops::StridedSlice(x, {0, begin}, {0, end}, {1, 1}, {.end_mask = open, .ellipsis_mask = 1});
  return ops::StridedSlice(x, {0, begin, 0}, {0, end, 0}, {1, 1, 1},
                           {.begin_mask = 4, .end_mask = 4 + open, .ellipsis_mask = 1});
}

// Element i is x's element i + 1 along the axis, or i - 1; zero beyond the end.
Output FromNext(Output x, int axis) {
  return ops::Concat({Cut(x, axis, 1, 0), ops::ZerosLike(Cut(x, axis, 0, 1))}, axis);
}
Output FromLast(Output x, int axis) {
  return ops::Concat({ops::ZerosLike(Cut(x, axis, 0, 1)), Cut(x, axis, 0, -1)}, axis);
}

// What the elements of the three diagonals are multiplied by in Σ g·conj(t·x): […,n] each.
struct Products {
  Output above, main, below;
};
Products ProductsOf(Output g, Output of) {
  Output x = ops::Conj(of);
  return {ops::ReduceSum(g * FromNext(x, -2), -1), ops::ReduceSum(g * x, -1),
          ops::ReduceSum(g * FromLast(x, -2), -1)};
}

Status TridiagonalMatMulGrad(GradContext& c) {
  Output g = c.grad();
  const Products p = ProductsOf(g, c.input(3));
  c.set(0, ops::ExpandDims(p.above, -2));
  c.set(1, ops::ExpandDims(p.main, -2));
  c.set(2, ops::ExpandDims(p.below, -2));
  // The adjoint matrix: what stood below at i + 1 stands above at i.
  Output above = ops::Conj(c.input(0)), main = ops::Conj(c.input(1)), below = ops::Conj(c.input(2));
  c.set(3, ops::TridiagonalMatMul(FromNext(below, -1), main, FromLast(above, -1), g));
  return {};
}

Output Row(Output diagonals, int64_t i) { return Part(diagonals, -2, i, 1); }

Status TridiagonalSolveGrad(GradContext& c) {
  Output d = ops::Conj(c.input(0));
  Output adjoint = ops::Concat({FromNext(Row(d, 2), -1), Row(d, 1), FromLast(Row(d, 0), -1)}, -2);
  Output g = Make("TridiagonalSolve", {adjoint, c.grad()}, c.attrs({"partial_pivoting", "perturb_singular"}));
  const Products p = ProductsOf(g, c.output(0));
  auto row = [](Output x) { return ops::ExpandDims(x, -2); };
  c.set(0, -ops::Concat({row(p.above), row(p.main), row(p.below)}, -2));
  c.set(1, g);
  return {};
}

}  // namespace

void RegisterTridiagonalOps(OpRegistry& r) {
  r.Add("TridiagonalMatMul")
      .Input("superdiag: T").Input("maindiag: T").Input("subdiag: T").Input("rhs: T").Output("output: T")
      .Attr("T: {double, float, complex64, complex128}")
      .Doc("Products of tridiagonal matrices and rhs […,n,k]. The diagonals are rows […,1,n]; row i of the output is "
           "superdiag[i]·rhs[i+1] + maindiag[i]·rhs[i] + subdiag[i]·rhs[i-1].")
      .Shape(MatMulShape)
      .Flops([](const ShapeContext& c) { return SaturatedProduct({6, ElementsOrOne(c.output(0))}); })
      .Gradient(TridiagonalMatMulGrad);
  r.Add("TridiagonalSolve")
      .Input("diagonals: T").Input("rhs: T").Output("output: T")
      .Attr("partial_pivoting: bool = true").Attr("perturb_singular: bool = false")
      .Attr("T: {double, float, complex64, complex128}")
      .Doc("x […,n,k] with t·x = rhs for tridiagonal matrices t, whose diagonals […,3,n] are the one above (its last "
           "element is not looked at), the main one, and the one below (its first is not looked at). Without "
           "partial_pivoting faster, and good for matrices with a dominant diagonal. Where t has no inverse "
           "NaN, or, with perturb_singular, what a slightly different matrix gives.")
      .Shape(SolveShape)
      .Flops([](const ShapeContext& c) { return SaturatedProduct({9, ElementsOrOne(c.output(0))}); })
      .HasPoles().Gradient(TridiagonalSolveGrad);
}

namespace ops {

Output TridiagonalSolve(Input diagonals, Input rhs, const TridiagonalSolveOptions& o) {
  return Make("TridiagonalSolve", {diagonals, rhs}, {{"partial_pivoting", o.partial_pivoting}}, {.name = o.name});
}

}  // namespace ops
}  // namespace weir
