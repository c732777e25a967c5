// SparseTensorDenseMatMul: a sparse matrix by a dense one.
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/math/math.h"
#include "weir/ops/shape_helpers.h"
#include "weir/ops/sparse/sparse.h"
#include "weir/ops/sparse/sparse_shapes.h"

namespace weir {

namespace {

Status SparseTensorDenseMatMulShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(SparseSize size, SparseSizeOf(c, 0, 1, 2));
  if (Known(size.rank) && size.rank != 2) return InvalidArgument(fmt::format("wants a matrix, not {} axes", size.rank));
  WEIR_ASSIGN_OR_RETURN(PartialShape b, c.WithRank(3, 2));
  WEIR_ASSIGN_OR_RETURN(PartialShape a, c.shape_from_input(2));
  if (!a.known_rank()) a = PartialShape::UnknownOfRank(2);
  if (c.attr<bool>("adjoint_a")) std::swap(a[0], a[1]);
  if (c.attr<bool>("adjoint_b")) std::swap(b[0], b[1]);
  if (!MergeDims(a[1], b[0]).ok())
    return InvalidArgument(fmt::format("cannot multiply {} by {} (as adjoint_a and adjoint_b turn them)", a.ToString(),
                                       b.ToString()));
  c.set_output(0, PartialShape({a[0], b[1]}));
  return {};
}

// By b: the same product with a turned. By a value: the row of the gradient times the row of b that it met.
Status SparseTensorDenseMatMulGrad(GradContext& c) {
  const bool adjoint_a = c.attr<bool>("adjoint_a"), adjoint_b = c.attr<bool>("adjoint_b");
  Output indices = c.input(0), values = c.input(1), shape = c.input(2), b = c.input(3), grad = c.grad();
  if (c.wants(3)) {
    Output by_b = Make("SparseTensorDenseMatMul", {indices, values, shape, grad}, {{"adjoint_a", !adjoint_a}});
    c.set(3, adjoint_b ? ops::Adjoint(by_b) : by_b);
  }
  if (!c.wants(1)) return {};
  OutputList at = MakeAll("Unpack", {indices}, {{"axis", int64_t{1}}, {"num", int64_t{2}}});
  if (at.size() != 2) return {};  // the builder holds the error
  Output left = Make("GatherV2", {grad, at[adjoint_a ? 1 : 0], 0});
  Output right = Make("GatherV2", {adjoint_b ? ops::Adjoint(b) : b, at[adjoint_a ? 0 : 1], 0});
  Output by_values = Make("Sum", {Make("Mul", {left, ops::Conj(right)}), 1});
  c.set(1, adjoint_a ? ops::Conj(by_values) : by_values);
  return {};
}

}  // namespace

void RegisterSparseProductOps(OpRegistry& r) {
  r.Add("SparseTensorDenseMatMul")
      .Input("a_indices: Tindices").Input("a_values: T").Input("a_shape: int64").Input("b: T").Output("product: T")
      .Attr("T: type").Attr("Tindices: {int32, int64} = int64")
      .Attr("adjoint_a: bool = false").Attr("adjoint_b: bool = false")
      .Doc("The product of a sparse matrix a and a dense one, b, each transposed and conjugated first where the "
           "attribute says so. Elements of a may have any order; those of one position are added.")
      .Shape(SparseTensorDenseMatMulShape)
      .Gradient(SparseTensorDenseMatMulGrad)
      .Flops([](const ShapeContext& c) {
        const int columns = c.attr<bool>("adjoint_b") ? 0 : 1;
        return SaturatedProduct({2, ElementsOrOne(c.input(1)), SizeOrOne(c.input(3), columns)});
      });
}

}  // namespace weir
