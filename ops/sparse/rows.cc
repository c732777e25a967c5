// Ops on the rows (slices along the first axis) of a sparse tensor: SparseFillEmptyRows, SparseFillEmptyRowsGrad.
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/ops/math/math.h"
#include "weir/ops/shape_helpers.h"
#include "weir/ops/sparse/sparse.h"
#include "weir/ops/sparse/sparse_shapes.h"

namespace weir {

namespace {

Status SparseFillEmptyRowsShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(SparseSize size, SparseSizeOf(c, 0, 1, 2));
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 3));
  if (size.rank == 0) return InvalidArgument("is given a scalar, which has no rows");
  const Dims* sizes = c.value(2);
  const Dim rows = sizes && !sizes->empty() ? sizes->front() : kUnknownDim;
  const Dim filled = size.count == 0 ? rows : NewSymbol();
  c.set_output(0, PartialShape({filled, size.rank}));
  c.set_output(1, PartialShape({filled}));
  c.set_output(2, PartialShape({rows}));
  c.set_output(3, PartialShape({size.count}));
  return {};
}

Status SparseFillEmptyRowsGrad(GradContext& c) {
  OutputList r = MakeAll("SparseFillEmptyRowsGrad", {c.output(3), c.grad(1)});
  c.set(1, r[0]);
  c.set(3, r[1]);
  return {};
}

Status SparseFillEmptyRowsGradShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape map, c.WithRank(0, 1));
  WEIR_RETURN_IF_ERROR(RequireVector(c, 1));
  c.set_output(0, std::move(map));
  c.set_output(1, PartialShape::Scalar());
  return {};
}

// What is added up goes to where it is from: a value's gradient to its place, the default's to all that are none's.
Status SparseFillEmptyRowsGradGrad(GradContext& c) {
  Output map = c.input(0), count = Make("Size", {c.input(1)});
  auto added = [&](const Output& x) { return Make("UnsortedSegmentSum", {x, map, count}); };
  Output grad = c.grad(0), places = added(grad);
  Output taken = Make("Greater", {added(ops::Cast(Make("OnesLike", {map}), kInt32)), 0});
  c.set(1, Make("SelectV2", {taken, places, c.grad(1)}));
  return {};
}

}  // namespace

void RegisterSparseRowsOps(OpRegistry& r) {
  r.Add("SparseFillEmptyRows")
      .Input("indices: int64").Input("values: T").Input("dense_shape: int64").Input("default_value: T")
      .Output("output_indices: int64").Output("output_values: T").Output("empty_row_indicator: bool")
      .Output("reverse_index_map: int64").Attr("T: type")
      .Doc("A sparse tensor's elements, row by row, and in each row that has none default_value at its first position; "
           "which rows had none; where each element went.")
      .Shape(SparseFillEmptyRowsShape)
      .Gradient(SparseFillEmptyRowsGrad)
      .NoFlops();
  r.Add("SparseFillEmptyRowsGrad")
      .Input("reverse_index_map: int64").Input("grad_values: T").Output("d_values: T").Output("d_default_value: T")
      .Attr("T: type")
      .Doc("The gradient of SparseFillEmptyRows: that of values, grad_values at reverse_index_map, and of "
           "default_value, the sum of all others.")
      .Shape(SparseFillEmptyRowsGradShape)
      .Gradient(SparseFillEmptyRowsGradGrad);
}

// ---- building functions

namespace ops {

SparseFillEmptyRowsOutputs SparseFillEmptyRows(const SparseParts& x, Input default_value, const Name& name) {
  OutputList r = MakeAll("SparseFillEmptyRows", {x.indices, x.values, x.shape, default_value}, {}, name);
  return {{r[0], r[1], x.shape}, r[2], r[3]};
}

}  // namespace ops
}  // namespace weir
