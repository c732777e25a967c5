// Ops that deal slices out and put them together again: DynamicPartition, DynamicStitch. Most of their sizes only data
// tells.
#include <fmt/format.h>

#include <algorithm>

#include "weir/graph/gradients.h"
#include "weir/ops/gather/gather.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

// The axes of input `data` after those of input `index`, whose shape must be the beginning of data's.
Result<PartialShape> SliceShapeOf(const ShapeContext& c, int index, int data) {
  const PartialShape &i = c.input(index), &d = c.input(data);
  if (!i.known_rank() || !d.known_rank()) return PartialShape::Unknown();
  bool begins = i.rank() <= d.rank();
  for (int a = 0; begins && a < i.rank(); ++a) begins = MergeDims(i[a], d[a]).ok();
  if (!begins) {
    return InvalidArgument(fmt::format("is given {} for {}", c.Describe(index), c.Describe(data)))
        .Detail(fmt::format("the shape of '{}' must begin with that of '{}'", c.InputName(data), c.InputName(index)));
  }
  return Subshape(d, i.rank(), d.rank());
}

Status StitchShape(ShapeContext& c) {
  int n = c.num_inputs() / 2;
  PartialShape slice = PartialShape::Unknown();
  std::optional<int64_t> last = -1;
  for (int i = 0; i < n; ++i) {
    WEIR_ASSIGN_OR_RETURN(PartialShape part, SliceShapeOf(c, i, n + i));
    auto merged = MergeShapes(slice, part);
    if (!merged.ok()) {
      return InvalidArgument(fmt::format("cannot stitch {} to the other data", c.Describe(n + i)))
          .Detail(merged.status().message());
    }
    slice = *merged;
    auto indices = KnownElements(c, i);
    if (!indices) last.reset();
    for (size_t k = 0; indices && k < indices->size(); ++k) {
      if ((*indices)[k] < 0) return InvalidArgument(fmt::format("is given the index {}", (*indices)[k]));
      if (last) last = std::max(*last, (*indices)[k]);
    }
  }
  c.set_output(0, Concatenate(PartialShape({last ? *last + 1 : kUnknownDim}), slice));
  return {};
}

Status PartitionShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape slice, SliceShapeOf(c, 1, 0));
  auto partitions = KnownElements(c, 1);
  std::vector<int64_t> counts(static_cast<size_t>(c.num_outputs()), partitions ? 0 : kUnknownDim);
  for (size_t k = 0; partitions && k < partitions->size(); ++k) {
    int64_t p = (*partitions)[k];
    if (p < 0 || p >= c.num_outputs()) {
      return InvalidArgument(fmt::format("is given the partition {}, outside [0, {})", p, c.num_outputs()));
    }
    ++counts[static_cast<size_t>(p)];
  }
  for (int i = 0; i < c.num_outputs(); ++i) {
    c.set_output(i, Concatenate(PartialShape({counts[static_cast<size_t>(i)]}), slice));
  }
  return {};
}

Status StitchGrad(GradContext& c) {
  int n = c.num_inputs() / 2;
  for (int i = 0; i < n; ++i) c.set(n + i, Make("GatherV2", {c.grad(), c.input(i), 0}));
  return {};
}

// Each slice's position travels through the same partition; the stitched gradients are back in the old order.
Status PartitionGrad(GradContext& c) {
  Output partitions = c.input(1);
  Output shape = Make("Shape", {partitions});
  Output positions = Make("Reshape", {Make("Range", {0, Make("Size", {partitions}), 1}), shape});
  int n = c.num_outputs();
  auto parts = MakeAll("DynamicPartition", {positions, partitions}, {{"num_partitions", n}});
  if (static_cast<int>(parts.size()) != n) return c.builder().status();
  std::vector<Input> inputs(parts.begin(), parts.end());
  for (int i = 0; i < n; ++i) inputs.push_back(c.grad(i));
  c.set(0, Make("Reshape", {Make("ParallelDynamicStitch", inputs), Make("Shape", {c.input(0)})}));
  return {};
}

}  // namespace

void RegisterGatherPartitionOps(OpRegistry& r) {
  for (bool parallel : {false, true}) {
    r.Add(parallel ? "ParallelDynamicStitch" : "DynamicStitch")
        .Input("indices: N * int32").Input("data: N * T").Output("merged: T").Attr("N: int >= 1").Attr("T: type")
        .Doc(parallel ? "DynamicStitch for indices that do not repeat."
                      : "merged[indices[m][i, …]] = data[m][i, …]; of equal indices the last wins. Positions that no "
                        "index names are unspecified (zero here).")
        .Shape(StitchShape)
        .Gradient(StitchGrad);
  }
  r.Add("DynamicPartition")
      .Input("data: T").Input("partitions: int32").Output("outputs: num_partitions * T")
      .Attr("num_partitions: int >= 1").Attr("T: type")
      .Doc("Output p has, in order, the slices of `data` whose entry in `partitions` is p.")
      .Shape(PartitionShape)
      .Gradient(PartitionGrad);
}

// ---- building functions

namespace ops {

namespace {
std::vector<Input> Joined(std::vector<Input> a, const std::vector<Input>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
}  // namespace

Output DynamicStitch(InputList indices, InputList data, const Name& name) {
  return Make("DynamicStitch", Joined(std::move(indices), data), {}, name);
}

Output ParallelDynamicStitch(InputList indices, InputList data, const Name& name) {
  return Make("ParallelDynamicStitch", Joined(std::move(indices), data), {}, name);
}

}  // namespace ops
}  // namespace weir
