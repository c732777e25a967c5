// Ops that read and write slices at positions of several numbers, one an axis: GatherNd, ScatterNd. Each is the other's
// gradient.
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/ops/gather/indices.h"
#include "weir/ops/position_shapes.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

Status GatherNdShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(CheckBadIndicesPolicy(c));
  const PartialShape& params = c.input(0);
  WEIR_ASSIGN_OR_RETURN(PartialShape indices, c.WithRankAtLeast(1, 1));
  if (!indices.known_rank() || !params.known_rank() || !Known(indices[indices.rank() - 1])) return {};
  Dim depth = indices[indices.rank() - 1];
  if (depth > params.rank()) {
    return InvalidArgument(fmt::format("is given positions of {} numbers in {}", depth, c.Describe(0)));
  }
  c.set_output(0, Concatenate(Subshape(indices, 0, indices.rank() - 1),
                              Subshape(params, static_cast<int>(depth), params.rank())));
  return {};
}

Status ScatterNdShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireVector(c, 2));
  WEIR_ASSIGN_OR_RETURN(PartialShape shape, c.shape_from_input(2));
  if (auto known = KnownElements(c, 2)) {
    for (int64_t d : *known) {
      if (d < 0) return InvalidArgument(fmt::format("has an axis of size {} in 'shape'", d));
    }
  }
  WEIR_RETURN_IF_ERROR(CheckScatterNd(c, shape, 0));
  c.set_output(0, std::move(shape));
  return {};
}

Status GatherNdGrad(GradContext& c) {
  Output indices = AsIndex(c.input(1));
  Output shape = Make("Shape", {c.input(0)}, {{"out_type", indices.dtype()}});
  const bool ignores = c.attr<std::string>("bad_indices_policy") == "IGNORE";
  if (!ignores && indices.shape().rank() == 2 && indices.shape()[1] == 1) {
    c.set(0, IndexedSlices{c.grad(), Make("Squeeze", {indices}, {{"squeeze_dims", std::vector<int64_t>{-1}}}), shape});
  } else {
    c.set(0, Make("ScatterNd", {indices, c.grad(), shape}, c.attrs({"bad_indices_policy"})));
  }
  return {};
}

Status ScatterNdGrad(GradContext& c) {
  c.set(1, Make("GatherNd", {c.grad(), c.input(0)}, c.attrs({"bad_indices_policy"})));
  return {};
}

}  // namespace

void RegisterGatherNdOps(OpRegistry& r) {
  r.Add("GatherNd")
      .Input("params: Tparams").Input("indices: Tindices").Output("output: Tparams")
      .Attr("Tparams: type").Attr("Tindices: {int16, int32, int64}").Attr("bad_indices_policy: string = ''")
      .Doc("The slices of `params` at the positions that the last axis of `indices` holds: indices.shape[:-1] + "
           "params.shape[k:], k numbers a position. A position outside is an error, or with bad_indices_policy IGNORE "
           "gives zeros.")
      .Shape(GatherNdShape)
      .Gradient(GatherNdGrad);
  r.Add("ScatterNd")
      .Input("indices: Tindices").Input("updates: T").Input("shape: Tindices").Output("output: T")
      .Attr("T: type").Attr("Tindices: {int16, int32, int64}").Attr("bad_indices_policy: string = ''")
      .Doc("Zeros of shape `shape` with the slices of `updates` added at the positions that the last axis of `indices` "
           "holds. A position outside is an error, or with bad_indices_policy IGNORE left out.")
      .Shape(ScatterNdShape)
      .Gradient(ScatterNdGrad);
}

}  // namespace weir
