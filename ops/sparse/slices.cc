// Ops on parts of sparse tensors: SparseSlice and its gradient, SparseConcat, SparseSplit.
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/ops/shape_helpers.h"
#include "weir/ops/sparse/sparse.h"
#include "weir/ops/sparse/sparse_shapes.h"

namespace weir {

namespace {

Status SparseSliceShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(SparseSize size, SparseSizeOf(c, 0, 1, 2));
  Dim rank = size.rank;
  for (int i : {3, 4}) {
    WEIR_ASSIGN_OR_RETURN(PartialShape numbers, c.WithRank(i, 1));
    auto both = MergeDims(rank, numbers[0]);
    if (!both.ok()) return InvalidArgument(fmt::format("is given {} for a tensor of {} axes", c.Describe(i), rank));
    rank = *both;
  }
  const Dim inside = size.count == 0 ? 0 : NewSymbol();
  c.set_output(0, PartialShape({inside, rank}));
  c.set_output(1, PartialShape({inside}));
  c.set_output(2, PartialShape({rank}));
  return {};
}

Status SparseSliceGrad(GradContext& c) {
  c.set(1, Make("SparseSliceGrad", {c.grad(1), c.input(0), c.input(3), c.output(0)}));
  return {};
}

Status SparseSliceGradShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireVector(c, 0));
  WEIR_RETURN_IF_ERROR(RequireVector(c, 2));
  WEIR_ASSIGN_OR_RETURN(PartialShape in, c.WithRank(1, 2));
  WEIR_ASSIGN_OR_RETURN(PartialShape out, c.WithRank(3, 2));
  if (!MergeDims(in[1], out[1]).ok() || !MergeDims(in[1], c.input(2).known_rank() ? c.input(2)[0] : kUnknownDim).ok())
    return InvalidArgument(fmt::format("is given positions {} and {} and a start {}", c.Describe(1), c.Describe(3),
                                       c.Describe(2)));
  c.set_output(0, PartialShape({in[0]}));
  return {};
}

// The op puts numbers in places: those that it puts 1, 2, … in are where the gradient by the first, second, … is.
Status SparseSliceGradGrad(GradContext& c) {
  Output count = Make("Size", {c.input(0)}, {{"out_type", kInt64}});
  Output numbers = Make("Range", {int64_t{1}, Make("AddV2", {count, int64_t{1}}), int64_t{1}});
  Output places = Make("SparseSliceGrad", {numbers, c.input(1), c.input(2), c.input(3)});
  c.set(0, Make("UnsortedSegmentSum", {c.grad(), Make("Sub", {places, int64_t{1}}), count}));
  return {};
}

// ---- SparseConcat: N positions, N values, N shapes

Status SparseConcatShape(ShapeContext& c) {
  const int n = c.num_inputs() / 3;
  Dim count = 0, rank = kUnknownDim;
  for (int i = 0; i < n; ++i) {
    WEIR_ASSIGN_OR_RETURN(SparseSize size, SparseSizeOf(c, i, n + i, 2 * n + i));
    auto both = MergeDims(rank, size.rank);
    if (!both.ok()) return InvalidArgument(fmt::format("cannot join tensors of {} and {} axes", rank, size.rank));
    rank = *both;
    count = AddDims(count, size.count);
  }
  if (Known(rank)) WEIR_RETURN_IF_ERROR(AxisWithin(c.attr<int64_t>("concat_dim"), int(rank), "concat_dim").status());
  c.set_output(0, PartialShape({count, rank}));
  c.set_output(1, PartialShape({count}));
  c.set_output(2, PartialShape({rank}));
  return {};
}

// Where each value went is what the numbers 0, 1, … become in the same way.
Status SparseConcatGrad(GradContext& c) {
  const int n = c.num_inputs() / 3;
  std::vector<Input> inputs, counts;
  Output sum = c.builder().Constant(Tensor(int32_t{0}));
  for (int i = 0; i < n; ++i) inputs.push_back(c.input(i));
  for (int i = 0; i < n; ++i) {
    Output count = Make("Size", {c.input(n + i)}), next = Make("AddV2", {sum, count});
    inputs.push_back(Make("Range", {sum, next, 1}));
    counts.push_back(count);
    sum = next;
  }
  for (int i = 0; i < n; ++i) inputs.push_back(c.input(2 * n + i));
  OutputList joined = MakeAll("SparseConcat", InputList(inputs), {{"concat_dim", c.attr<int64_t>("concat_dim")}});
  Output grad = Make("GatherV2", {c.grad(1), Make("InvertPermutation", {joined[1]}), 0});
  OutputList parts = MakeAll("SplitV", {grad, Make("Pack", InputList(counts)), 0}, {{"num_split", int64_t{n}}});
  for (int i = 0; i < n; ++i) c.set(n + i, parts[static_cast<size_t>(i)]);
  return {};
}

// ---- SparseSplit: the axis, then the tensor; as many positions, values and shapes as there are parts

Status SparseSplitShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 0));
  WEIR_ASSIGN_OR_RETURN(SparseSize size, SparseSizeOf(c, 1, 2, 3));
  const auto axis = KnownElements(c, 0);
  if (axis && Known(size.rank)) WEIR_RETURN_IF_ERROR(AxisWithin((*axis)[0], int(size.rank), "split_dim").status());
  const int n = c.num_outputs() / 3;
  for (int i = 0; i < n; ++i) {
    c.set_output(i, PartialShape({size.count == 0 ? 0 : kUnknownDim, size.rank}));
    c.set_output(n + i, PartialShape({size.count == 0 ? 0 : kUnknownDim}));
    c.set_output(2 * n + i, PartialShape({size.rank}));
  }
  return {};
}

// Where each value went is what the numbers 0, 1, … become in the same way.
Status SparseSplitGrad(GradContext& c) {
  const int n = c.num_outputs() / 3;
  Output count = Make("Size", {c.input(2)}), numbers = Make("Range", {0, count, 1});
  OutputList parts = MakeAll("SparseSplit", {c.input(0), c.input(1), numbers, c.input(3)}, {{"num_split", int64_t{n}}});
  std::vector<Input> grads, places;
  for (int i = 0; i < n; ++i) {
    grads.push_back(c.grad(n + i));
    places.push_back(parts[static_cast<size_t>(n + i)]);
  }
  auto joined = [](std::vector<Input> list) {
    if (list.size() == 1) return list[0].output();
    list.push_back(0);
    return Make("ConcatV2", InputList(list));
  };
  c.set(2, Make("UnsortedSegmentSum", {joined(grads), joined(places), count}));
  return {};
}

}  // namespace

void RegisterSparseSlicesOps(OpRegistry& r) {
  r.Add("SparseSplit")
      .Input("split_dim: int64").Input("indices: int64").Input("values: T").Input("shape: int64")
      .Output("output_indices: num_split * int64").Output("output_values: num_split * T")
      .Output("output_shape: num_split * int64")
      .Attr("num_split: int >= 1").Attr("T: type")
      .Doc("num_split parts of a sparse tensor along axis split_dim, of equal sizes but that the first ones are larger "
           "by 1 where it does not go evenly. Elements stay in order.")
      .Shape(SparseSplitShape)
      .Gradient(SparseSplitGrad)
      .NoFlops();
  r.Add("SparseSlice")
      .Input("indices: int64").Input("values: T").Input("shape: int64").Input("start: int64").Input("size: int64")
      .Output("output_indices: int64").Output("output_values: T").Output("output_shape: int64").Attr("T: type")
      .Doc("The elements of a sparse tensor from `start` on, within `size`, in order; of the shape that is left there.")
      .Shape(SparseSliceShape)
      .Gradient(SparseSliceGrad)
      .NoFlops();
  r.Add("SparseSliceGrad")
      .Input("backprop_val_grad: T").Input("input_indices: int64").Input("input_start: int64")
      .Input("output_indices: int64").Output("val_grad: T").Attr("T: numbertype")
      .Doc("The gradient of SparseSlice by its values: that of the elements in the slice, 0 of the others.")
      .Shape(SparseSliceGradShape)
      .Gradient(SparseSliceGradGrad)
      .NoFlops();
  r.Add("SparseConcat")
      .Input("indices: N * int64").Input("values: N * T").Input("shapes: N * int64")
      .Output("output_indices: int64").Output("output_values: T").Output("output_shape: int64")
      .Attr("concat_dim: int").Attr("N: int >= 2").Attr("T: type")
      .Doc("Sparse tensors joined along axis concat_dim; their other sizes are equal. Elements are in row-major "
           "order of their positions.")
      .Shape(SparseConcatShape)
      .Gradient(SparseConcatGrad)
      .NoFlops();
}

// ---- building functions

namespace ops {

SparseParts SparseSlice(const SparseParts& x, Input start, Input size, const Name& name) {
  OutputList r = MakeAll("SparseSlice", {x.indices, x.values, x.shape, start, size}, {}, name);
  return {r[0], r[1], r[2]};
}

SparseParts SparseConcat(const std::vector<SparseParts>& tensors, int64_t axis, const Name& name) {
  std::vector<Input> inputs;
  for (const SparseParts& t : tensors) inputs.push_back(t.indices);
  for (const SparseParts& t : tensors) inputs.push_back(t.values);
  for (const SparseParts& t : tensors) inputs.push_back(t.shape);
  OutputList r = MakeAll("SparseConcat", InputList(inputs), {{"concat_dim", axis}}, name);
  return {r[0], r[1], r[2]};
}

std::vector<SparseParts> SparseSplit(const SparseParts& x, int64_t num, Input axis, const Name& name) {
  OutputList r = MakeAll("SparseSplit", {axis, x.indices, x.values, x.shape}, {{"num_split", num}}, name, 3 * num);
  std::vector<SparseParts> parts;
  for (size_t n = r.size() / 3, i = 0; i < n; ++i) parts.push_back({r[i], r[n + i], r[2 * n + i]});
  return parts;
}

}  // namespace ops
}  // namespace weir
