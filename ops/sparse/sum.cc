// SparseAdd and its gradient.
#include "weir/graph/gradients.h"
#include "weir/ops/shape_helpers.h"
#include "weir/ops/sparse/sparse.h"
#include "weir/ops/sparse/sparse_shapes.h"

namespace weir {

namespace {

Status SparseAddShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(SparseSize a, SparseSizeOf(c, 0, 1, 2));
  WEIR_ASSIGN_OR_RETURN(SparseSize b, SparseSizeOf(c, 3, 4, 5));
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 6));
  auto rank = MergeDims(a.rank, b.rank);
  const auto sizes = KnownElements(c, 2), others = KnownElements(c, 5);
  if (!rank.ok() || (sizes && others && *sizes != *others)) {
    return InvalidArgument("cannot add sparse tensors of the shapes " + c.Describe(2) + " and " + c.Describe(5));
  }
  const Dim count = a.count == 0 && b.count == 0 ? 0 : NewSymbol();
  c.set_output(0, PartialShape({count, *rank}));
  c.set_output(1, PartialShape({count}));
  c.set_output(2, PartialShape({*rank}));
  if (sizes || others) PropagateValue(c, 2, SizeElements(c, sizes ? 2 : 5));
  return {};
}

// Where the sum has nothing, since it is small, there is no gradient.
Status SparseAddGradient(GradContext& c) {
  OutputList grads = MakeAll("SparseAddGrad", {c.grad(1), c.input(0), c.input(3), c.output(0)}, {}, {}, 2);
  c.set(1, grads[0]);
  c.set(4, grads[1]);
  return {};
}

Status SparseAddGradShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireVector(c, 0));
  WEIR_ASSIGN_OR_RETURN(PartialShape sum, c.WithRank(3, 2));
  for (int i : {1, 2}) {
    WEIR_ASSIGN_OR_RETURN(PartialShape at, c.WithRank(i, 2));
    if (!MergeDims(at[1], sum[1]).ok()) {
      return InvalidArgument("is given positions " + c.Describe(i) + " and " + c.Describe(3));
    }
    c.set_output(i - 1, PartialShape({at[0]}));
  }
  return {};
}

// The op puts numbers in places: those that it puts 1, 2, … in are where the gradients by the first, second, … are.
Status SparseAddGradGrad(GradContext& c) {
  Output count = Make("Size", {c.input(0)}, {{"out_type", kInt64}});
  Output numbers = Make("Range", {int64_t{1}, Make("AddV2", {count, int64_t{1}}), int64_t{1}});
  OutputList places = MakeAll("SparseAddGrad", {numbers, c.input(1), c.input(2), c.input(3)}, {}, {}, 2);
  Output all = Make("ConcatV2", {places[0], places[1], 0}), grads = Make("ConcatV2", {c.grad(0), c.grad(1), 0});
  c.set(0, Make("UnsortedSegmentSum", {grads, Make("Sub", {all, int64_t{1}}), count}));
  return {};
}

}  // namespace

void RegisterSparseSumOps(OpRegistry& r) {
  r.Add("SparseAdd")
      .Input("a_indices: int64").Input("a_values: T").Input("a_shape: int64")
      .Input("b_indices: int64").Input("b_values: T").Input("b_shape: int64").Input("thresh: Treal")
      .Output("sum_indices: int64").Output("sum_values: T").Output("sum_shape: int64")
      .Attr("T: numbertype").Attr("Treal: realnumbertype")
      .Doc("The sum of two sparse tensors of one shape, whose elements are in row-major order, as are those of the "
           "sum. Sums of two whose size is below thresh, a scalar, are left out.")
      .Shape(SparseAddShape)
      .Gradient(SparseAddGradient);
  r.Add("SparseAddGrad")
      .Input("backprop_val_grad: T").Input("a_indices: int64").Input("b_indices: int64").Input("sum_indices: int64")
      .Output("a_val_grad: T").Output("b_val_grad: T").Attr("T: numbertype")
      .Doc("The gradients of SparseAdd by its values: those of the elements of the sum where they are, else 0.")
      .Shape(SparseAddGradShape)
      .Gradient(SparseAddGradGrad)
      .NoFlops();
}

namespace ops {

SparseParts SparseAdd(const SparseParts& a, const SparseParts& b, Input thresh, const Name& name) {
  // A literal takes the dtype of sizes, which of complex numbers is that of their parts.
  Builder* builder = a.values.builder();
  if (!builder) return {};
  Output least = thresh.is_literal() ? AsOutput(*builder, thresh, PartType(a.values.dtype())) : thresh.output();
  OutputList r =
      MakeAll("SparseAdd", {a.indices, a.values, a.shape, b.indices, b.values, b.shape, least}, {}, name, 3);
  return {r[0], r[1], r[2]};
}

}  // namespace ops
}  // namespace weir
