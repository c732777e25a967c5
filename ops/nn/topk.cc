// TopK and InTopK: the k largest elements of each row, and whether a class is among them.
#include <fmt/format.h>

#include <optional>
#include <utility>

#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"
#include "weir/ops/nn/nn.h"
#include "weir/ops/shape_helpers.h"

namespace weir {
namespace {

Status TopKShapeOf(ShapeContext& c, std::optional<int64_t> k) {
  WEIR_ASSIGN_OR_RETURN(PartialShape s, c.WithRankAtLeast(0, 1));
  if (k && *k < 0) return InvalidArgument(fmt::format("is asked for the {} largest elements", *k));
  if (s.known_rank()) {
    Dim& last = s[s.rank() - 1];
    if (k && Known(last) && *k > last) {
      return InvalidArgument(fmt::format("is asked for the {} largest of the {} elements along the last axis of {}", *k,
                                         last, c.Describe(0)));
    }
    last = k ? *k : kUnknownDim;
  }
  c.set_output(0, s);
  c.set_output(1, std::move(s));
  return {};
}

Status TopKV2Shape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 1));
  auto k = KnownElements(c, 1);
  return TopKShapeOf(c, k && k->size() == 1 ? std::optional((*k)[0]) : std::nullopt);
}

// The values' gradient, scattered to where they were found.
Status TopKGrad(GradContext& c) {
  Output x = c.input(0), indices = c.output(1);
  if (indices.dtype() != kInt64) indices = Make("Cast", {indices}, {{"DstT", kInt64}});
  Output shape = Make("Shape", {x}, {{"out_type", kInt64}});
  if (x.shape().rank() == 1) {
    c.set(0, Make("ScatterNd", {Make("ExpandDims", {indices, -1}), c.grad(), shape}));
    return {};
  }
  // As one row: element j of row i stands at i · columns + j.
  Output outer = Make("StridedSlice", {shape, {0}, {-1}, {1}}, {{"begin_mask", 1}});
  Output columns = Make("StridedSlice", {shape, {-1}, {0}, {1}}, {{"shrink_axis_mask", 1}});
  Output rows = Make("Prod", {outer, {0}});
  Output starts = Make("Mul", {Make("Range", {Tensor(int64_t{0}), rows, Tensor(int64_t{1})}), columns});
  Output k = Make("StridedSlice", {Make("Shape", {indices}, {{"out_type", kInt64}}), {-1}, {0}, {1}},
                  {{"shrink_axis_mask", 1}});
  Output matrix = Make("Reshape", {indices, Make("Pack", {rows, k}, {{"N", 2}})});
  Output flat = Make("Reshape", {Make("AddV2", {matrix, Make("ExpandDims", {starts, -1})}), {-1, 1}});
  Output size = Make("Reshape", {Make("Size", {x}, {{"out_type", kInt64}}), {1}});
  Output scattered = Make("ScatterNd", {flat, Make("Reshape", {c.grad(), {-1}}), size});
  c.set(0, Make("Reshape", {scattered, shape}));
  return {};
}

Status InTopKShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape predictions, c.WithRank(0, 2));
  WEIR_ASSIGN_OR_RETURN(PartialShape targets, c.WithRank(1, 1));
  if (c.num_inputs() > 2) WEIR_RETURN_IF_ERROR(RequireScalar(c, 2));
  Result<Dim> batch = MergeDims(predictions[0], targets[0]);
  if (!batch.ok()) {
    return InvalidArgument(fmt::format("has predictions {} but targets {}", c.Describe(0), c.Describe(1)))
        .Detail(fmt::format("the batch differs: {} and {}", predictions[0], targets[0]));
  }
  c.set_output(0, PartialShape({*batch}));
  return {};
}

}  // namespace

void RegisterTopKOps(OpRegistry& r) {
  r.Add("TopK")
      .Input("input: T").Output("values: T").Output("indices: int32")
      .Attr("k: int >= 0").Attr("sorted: bool = true").Attr("T: realnumbertype")
      .Doc("The k largest elements along the last axis, and where they stand, in descending order when sorted is set. "
           "Of equal elements the lower index comes first. TopKV2's first form, with k as an attribute.")
      .Shape([](ShapeContext& c) { return TopKShapeOf(c, c.attr<int64_t>("k")); })
      .Gradient(TopKGrad);
  r.Add("TopKV2")
      .Input("input: T")
      .Input("k: Tk")
      .Output("values: T")
      .Output("indices: index_type")
      .Attr("sorted: bool = true")
      .Attr("T: realnumbertype")
      .Attr("Tk: {int16, int32, int64} = int32")
      .Attr("index_type: {int16, int32, int64} = int32")
      .Doc(
          "The k largest elements along the last axis, and where they stand, in descending order when sorted is set. "
          "Of equal elements the lower index comes first. Values' gradient goes to the elements that were chosen.")
      .Shape(TopKV2Shape)
      .Gradient(TopKGrad);
  r.Add("InTopK")
      .Input("predictions: float")
      .Input("targets: T")
      .Output("precision: bool")
      .Attr("k: int")
      .Attr("T: {int32, int64} = int32")
      .Doc(
          "Whether fewer than k classes of predictions[i] are above class targets[i], so that ties count in. False "
          "for a target that is no class, and for a row with a value that is not finite.")
      .Shape(InTopKShape)
      .NoGradient("its output is bool");
  r.Add("InTopKV2")
      .Input("predictions: float")
      .Input("targets: T")
      .Input("k: T")
      .Output("precision: bool")
      .Attr("T: {int32, int64} = int32")
      .Doc(
          "Whether fewer than k classes of predictions[i] are above class targets[i], so that ties count in. False "
          "for a target that is no class, and for a row with a value that is not finite.")
      .Shape(InTopKShape)
      .NoGradient("its output is bool");
}

}  // namespace weir

namespace weir::ops {

TopKResult TopK(Input input, Input k, const TopKOptions& o) {
  OutputList r = MakeAll("TopKV2", {input, k}, {{"sorted", o.sorted}, {"index_type", o.index_type}}, {.name = o.name});
  return r.size() == 2 ? TopKResult{r[0], r[1]} : TopKResult{};
}

}  // namespace weir::ops
