// Ops that see the elements of a sparse tensor in another order or shape: SparseReorder, SparseReshape.
#include <optional>

#include "weir/graph/base/reshaping.h"
#include "weir/graph/gradients.h"
#include "weir/ops/shape_helpers.h"
#include "weir/ops/sparse/sparse.h"
#include "weir/ops/sparse/sparse_shapes.h"

namespace weir {

namespace {

Status SparseReorderShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(SparseSize size, SparseSizeOf(c, 0, 1, 2));
  c.set_output(0, PartialShape({size.count, size.rank}));
  c.set_output(1, PartialShape({size.count}));
  return {};
}

// Where each value went is what the numbers 0, 1, … become in the same way.
Status SparseReorderGrad(GradContext& c) {
  Output count = Make("Size", {c.input(1)});
  Output numbers = Make("Range", {0, count, 1});
  Output order = ops::SparseReorder({c.input(0), numbers, c.input(2)}).values;
  c.set(1, Make("GatherV2", {c.grad(1), Make("InvertPermutation", {order}), 0}));
  return {};
}

// The new sizes where both shapes are known: at most one is left open by -1.
Result<std::optional<Dims>> NewSizes(const ShapeContext& c) {
  auto old_sizes = KnownElements(c, 1), sizes = KnownElements(c, 2);
  if (!old_sizes || !sizes) return std::optional<Dims>();
  WEIR_ASSIGN_OR_RETURN(Dims found, ReshapedSizes(*old_sizes, *sizes));
  return std::optional(std::move(found));
}

Status SparseReshapeShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(SparseSize size, SparseSizeOf(c, 0, -1, 1));
  WEIR_ASSIGN_OR_RETURN(PartialShape sizes, c.WithRank(2, 1));
  WEIR_ASSIGN_OR_RETURN(std::optional<Dims> known, NewSizes(c));
  c.set_output(0, PartialShape({size.count, sizes[0]}));
  c.set_output(1, sizes);
  if (known) c.set_output_value(1, *std::move(known));
  return {};
}

}  // namespace

void RegisterSparseOrderOps(OpRegistry& r) {
  r.Add("SparseReorder")
      .Input("input_indices: int64").Input("input_values: T").Input("input_shape: int64")
      .Output("output_indices: int64").Output("output_values: T").Attr("T: type")
      .Doc("A sparse tensor's elements in row-major order of their positions; what has one position stays in order.")
      .Shape(SparseReorderShape)
      .Gradient(SparseReorderGrad)
      .NoFlops();
  r.Add("SparseReshape")
      .Input("input_indices: int64").Input("input_shape: int64").Input("new_shape: int64")
      .Output("output_indices: int64").Output("output_shape: int64")
      .Doc("The positions of a sparse tensor's elements, in order, once it has another shape of as many elements, and "
           "that shape: one of its sizes may be -1, which is then what is left.")
      .Shape(SparseReshapeShape)
      .NoGradient("positions are integers")
      .NoFlops();
}

// ---- building functions

namespace ops {

SparseParts SparseReorder(const SparseParts& x, const Name& name) {
  OutputList r = MakeAll("SparseReorder", {x.indices, x.values, x.shape}, {}, name);
  return {r[0], r[1], x.shape};
}

SparseParts SparseReshape(const SparseParts& x, Input shape, const Name& name) {
  OutputList r = MakeAll("SparseReshape", {x.indices, x.shape, shape}, {}, name);
  return {r[0], x.values, r[1]};
}

}  // namespace ops
}  // namespace weir
