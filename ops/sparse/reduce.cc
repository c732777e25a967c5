// Reductions of sparse tensors to dense ones, and the softmax of the elements that there are.
#include "weir/graph/gradients.h"
#include "weir/ops/math/math.h"
#include "weir/ops/shape_helpers.h"
#include "weir/ops/sparse/sparse.h"
#include "weir/ops/sparse/sparse_shapes.h"

namespace weir {

namespace {

Status SparseReduceShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(SparseSize size, SparseSizeOf(c, 0, 1, 2));
  if (c.input(3).known_rank() && c.input(3).rank() > 1) {
    return InvalidArgument("needs its axes as a scalar or a vector, not as " + c.Describe(3));
  }
  const auto axes = KnownElements(c, 3);
  const bool keep = c.attr<bool>("keep_dims");
  if (!Known(size.rank) || size.rank > kMaxRank) return UnknownShape(c);
  const auto rank = static_cast<int>(size.rank);
  if (!axes) {
    c.set_output(0, keep ? PartialShape::UnknownOfRank(rank) : PartialShape::Unknown());
    return {};
  }
  std::vector<bool> reduced(static_cast<size_t>(rank), false);
  for (int64_t axis : *axes) {
    WEIR_ASSIGN_OR_RETURN(int a, AxisWithin(axis, rank, "reduction_axes"));
    reduced[static_cast<size_t>(a)] = true;
  }
  WEIR_ASSIGN_OR_RETURN(PartialShape sizes, c.shape_from_input(2));
  Dims out;
  for (int i = 0; i < rank; ++i) {
    if (!reduced[static_cast<size_t>(i)]) out.push_back(sizes.known_rank() ? sizes[i] : kUnknownDim);
    else if (keep) out.push_back(1);
  }
  c.set_output(0, PartialShape(std::move(out)));
  return {};
}

// Each element has the gradient of the sum that it went into: along the reduced axes there is but one place.
Status SparseReduceSumGrad(GradContext& c) {
  Output shape = c.input(2), rank = Make("Size", {shape});
  Output axes = Make("FloorMod", {Make("AddV2", {Make("Reshape", {c.input(3), {-1}}), rank}), rank});
  Output ones = Make("Fill", {Make("Shape", {axes}), Tensor(int64_t{1})});
  Output kept = Make("DynamicStitch", {Make("Range", {0, rank, 1}), axes, shape, ones}, {{"N", 2}});
  Output places = Make("Minimum", {c.input(0), Make("Sub", {kept, int64_t{1}})});
  c.set(1, Make("GatherNd", {Make("Reshape", {c.grad(), kept}), places}));
  return {};
}

Status SparseSoftmaxShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(SparseSize size, SparseSizeOf(c, 0, 1, 2));
  if (size.rank == 0 || size.rank == 1) {
    return InvalidArgument("needs a tensor of at least two axes, got a shape " + c.Describe(2));
  }
  c.set_output(0, PartialShape({size.count}));
  return {};
}

// y * (g - sum(y * g)), the sum over the elements of a row.
Status SparseSoftmaxGrad(GradContext& c) {
  const Output &at = c.input(0), &shape = c.input(2), y = c.output(0), g = c.grad();
  Output sums = ops::SparseReduceSum({at, y * g, shape}, {-1}, {.keepdims = true});
  c.set(1, y * ops::SparseDenseCwiseAdd({at, g, shape}, -sums).values);
  return {};
}

OpDef& AddReduction(OpRegistry& r, const char* op, const char* types, const char* what) {
  return r.Add(op)
      .Input("input_indices: int64").Input("input_values: T").Input("input_shape: int64")
      .Input("reduction_axes: int32").Output("output: T").Attr("keep_dims: bool = false").Attr(types)
      .Doc(std::string(what) + " of the elements of a sparse tensor along the axes in reduction_axes, dense: 0 where "
           "there are none. The axes are left out, or with keep_dims stay with size 1.")
      .Shape(SparseReduceShape)
      .Flops([](const ShapeContext& c) { return ElementsOrOne(c.input(1)); });
}

}  // namespace

void RegisterSparseReduceOps(OpRegistry& r) {
  AddReduction(r, "SparseReduceSum", "T: numbertype", "The sums").Gradient(SparseReduceSumGrad);
  AddReduction(r, "SparseReduceMax", "T: realnumbertype", "The largest")
      .NoGradient("TensorFlow has none", /*zero=*/false);
  r.Add("SparseSoftmax")
      .Input("sp_indices: int64").Input("sp_values: T").Input("sp_shape: int64").Output("output: T")
      .Attr("T: {half, float, double}")
      .Doc("The softmax of the elements of a sparse tensor of two or more axes along the last one: of those alone that "
           "there are.")
      .Shape(SparseSoftmaxShape)
      .Gradient(SparseSoftmaxGrad);
}

namespace ops {

namespace {

Output Reduce(const char* op, const SparseParts& x, const Input& axis, const SparseReduceOptions& o) {
  return Make(op, {x.indices, x.values, x.shape, axis}, {{"keep_dims", o.keepdims}}, {.name = o.name});
}

}  // namespace

Output SparseReduceSum(const SparseParts& x, Input axis, const SparseReduceOptions& o) {
  return Reduce("SparseReduceSum", x, axis, o);
}

Output SparseReduceMax(const SparseParts& x, Input axis, const SparseReduceOptions& o) {
  return Reduce("SparseReduceMax", x, axis, o);
}

SparseParts SparseSoftmax(const SparseParts& x, const Name& name) {
  return {x.indices, Make("SparseSoftmax", {x.indices, x.values, x.shape}, {}, name), x.shape};
}

}  // namespace ops
}  // namespace weir
