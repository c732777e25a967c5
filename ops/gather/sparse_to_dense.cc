// SparseToDense: a tensor of one number with others at some positions.
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/ops/math/math.h"
#include "weir/ops/registry.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

Status SparseToDenseShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireVector(c, 1));
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 3));
  WEIR_ASSIGN_OR_RETURN(PartialShape shape, c.shape_from_input(1));
  if (auto known = KnownElements(c, 1)) {
    for (int64_t d : *known) {
      if (d < 0) return InvalidArgument(fmt::format("has an axis of size {} in 'output_shape'", d));
    }
  }
  const PartialShape &indices = c.input(0), &values = c.input(2);
  if (indices.known_rank()) {
    if (indices.rank() > 2)
      return InvalidArgument(fmt::format("wants a scalar, vector or matrix of indices, not {}", c.Describe(0)));
    const Dim count = indices.rank() == 0 ? 1 : indices[0], depth = indices.rank() == 2 ? indices[1] : 1;
    if (shape.known_rank() && !MergeDims(depth, shape.rank()).ok()) {
      return InvalidArgument(
          fmt::format("is given positions {} in a tensor of shape {}", c.Describe(0), shape.ToString()));
    }
    if (values.known_rank() && values.rank() != 0 && !MergeShapes(values, PartialShape({count})).ok())
      return InvalidArgument(fmt::format("is given values {} for positions {}", c.Describe(2), c.Describe(0)));
  }
  c.set_output(0, std::move(shape));
  return {};
}

// A value stands in one place, or a scalar in all of them; the default in the others.
Status SparseToDenseGrad(GradContext& c) {
  Output indices = c.input(0), grad = c.grad();
  const PartialShape& shape = indices.shape();
  if (shape.known_rank() && shape.rank() < 2) indices = Make("Reshape", {indices, {-1, 1}});
  auto sum = [](const Output& x) { return Make("Sum", {x, Make("Range", {0, Make("Rank", {x}), 1})}); };
  Output values = Make("GatherNd", {grad, indices});
  c.set(2, Make("Reshape", {c.input(2).shape().rank() == 0 ? sum(values) : values, Make("Shape", {c.input(2)})}));
  c.set(3, sum(grad) - sum(values));
  return {};
}

}  // namespace

void RegisterGatherSparseToDenseOps(OpRegistry& r) {
  r.Add("SparseToDense")
      .Input("sparse_indices: Tindices").Input("output_shape: Tindices").Input("sparse_values: T")
      .Input("default_value: T").Output("dense: T")
      .Attr("validate_indices: bool = true").Attr("T: type").Attr("Tindices: {int32, int64}")
      .Doc("A tensor of shape output_shape that is default_value but at the positions in sparse_indices: rows of a "
           "matrix, or the elements of a vector or a scalar for a tensor of one axis. sparse_values has one value a "
           "position or is a scalar. Positions outside are an error, with validate_indices those out of order or "
           "repeated, too; else the last of them wins.")
      .Shape(SparseToDenseShape)
      .Gradient(SparseToDenseGrad);
}

}  // namespace weir
