#include "weir/ops/linalg/batch.h"

#include <fmt/format.h>

#include "weir/ops/array/array.h"
#include "weir/ops/call_scope.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/math/math.h"

namespace weir {

Result<PartialShape> SquareMatrices(const ShapeContext& c, int i) {
  WEIR_ASSIGN_OR_RETURN(PartialShape s, c.WithRankAtLeast(i, 2));
  if (!s.known_rank()) return s;
  const int rank = s.rank();
  Result<Dim> order = MergeDims(s[rank - 2], s[rank - 1]);
  if (!order.ok()) return InvalidArgument(fmt::format("wants square matrices, not {}", c.Describe(i)));
  s[rank - 2] = s[rank - 1] = *order;
  return s;
}

PartialShape BatchOf(const PartialShape& s, int inner) {
  return s.known_rank() ? Subshape(s, 0, s.rank() - inner) : s;
}

PartialShape WithAxes(const PartialShape& batch, std::initializer_list<Dim> axes) {
  return batch.known_rank() ? Concatenate(batch, PartialShape(axes)) : batch;
}

int64_t CubeFlops(const ShapeContext& c, int64_t factor) {
  const PartialShape& s = c.input(0);
  return SaturatedProduct({factor, ElementsOrOne(s), s.rank() > 0 ? SizeOrOne(s, s.rank() - 1) : 1});
}

namespace {

bool SameBatch(const PartialShape& x, const PartialShape& y) {
  if (!x.known_rank() || x.rank() != y.rank()) return false;
  for (int i = 0; i + 2 < x.rank(); ++i) {
    if (!SameDim(x[i], y[i])) return false;
  }
  return true;
}

Output BatchAxes(Output shape) {  // shape[:-2]
  return Make("StridedSlice", {shape, {0}, {-2}, {1}}, {{"begin_mask", 1}});
}

}  // namespace

std::pair<Output, Output> SumBatches(Output gx, Output gy, Output x, Output y) {
  if (SameBatch(x.shape(), y.shape())) return {gx, gy};
  Output sx = Make("Shape", {x}), sy = Make("Shape", {y});
  OutputList r = MakeAll("BroadcastGradientArgs", {BatchAxes(sx), BatchAxes(sy)});
  if (r.size() < 2) return {};  // the builder holds the error
  return {Make("Reshape", {Make("Sum", {gx, r[0]}), sx}), Make("Reshape", {Make("Sum", {gy, r[1]}), sy})};
}

Output SafeReciprocal(Output x) { return x * ops::Reciprocal(x * x + 1e-20); }

Output AsFactor(Output x) { return ops::ExpandDims(ops::ExpandDims(x, -1), -1); }

Output RealPart(Output x) { return IsComplex(BaseType(x.dtype())) ? ops::Cast(ops::Real(x), x.dtype()) : x; }

Output Part(Output a, int axis, int64_t begin, int64_t count) {
  if (axis == -1) return ops::StridedSlice(a, {0, begin}, {0, begin + count}, {1, 1}, {.ellipsis_mask = 1});
  return ops::StridedSlice(a, {0, begin, 0}, {0, begin + count, 0}, {1, 1, 1},
                           {.begin_mask = 4, .end_mask = 4, .ellipsis_mask = 1});
}

}  // namespace weir

namespace weir::ops {

namespace {

// Transposes the last two axes by Transpose or ConjugateTranspose.
Output SwapMatrixAxes(const char* op, const Input& a, const std::string& name, const char* scope) {
  const PartialShape& s = a.output().shape();
  if (s.known_rank() && s.rank() >= 2) {
    std::vector<int32_t> perm;
    for (int i = 0; i < s.rank(); ++i) perm.push_back(i);
    std::swap(perm[perm.size() - 2], perm[perm.size() - 1]);
    return Make(op, {a, perm}, {}, {.name = name.empty() ? scope : name});
  }
  if (!a.builder()) return {};
  CallScope call(a.builder(), a, name, scope);
  Output rank = Make("Rank", {a});
  Output batch = Make("Range", {0, rank - 2, 1});
  return Make(op, {a, Concat({batch, ExpandDims(rank - 1, 0), ExpandDims(rank - 2, 0)}, 0)}, {},
              {.name = a.builder()->scope()});
}

}  // namespace

Output MatrixTranspose(Input a, const Name& name) {
  return SwapMatrixAxes("Transpose", a, name.name, "matrix_transpose");
}

Output Adjoint(Input a, const Name& name) {
  if (!IsComplex(BaseType(a.dtype()))) return MatrixTranspose(a, name);
  return SwapMatrixAxes("ConjugateTranspose", a, name.name, "adjoint");
}

}  // namespace weir::ops
