// Tensors with some slices changed: TensorScatterUpdate, TensorScatterAdd and their kin.
#include <string>

#include "weir/graph/gradients.h"
#include "weir/ops/math/math.h"
#include "weir/ops/position_shapes.h"
#include "weir/ops/registry.h"

namespace weir {

namespace {

Status TensorScatterShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(CheckScatterNd(c, c.input(0), 1));
  c.set_output(0, c.input(0));
  return {};
}

// The slices of `x` at the node's positions.
Output AtPositions(GradContext& c, const Output& x) {
  return Make("GatherNd", {x, c.input(1)}, c.attrs({"bad_indices_policy"}));
}

Status UpdateGrad(GradContext& c) {
  if (c.wants(0)) {
    Output zeros = Make("ZerosLike", {c.input(2)});
    c.set(0, Make("TensorScatterUpdate", {c.grad(), c.input(1), zeros}, c.attrs({"bad_indices_policy"})));
  }
  if (c.wants(2)) c.set(2, AtPositions(c, c.grad()));
  return {};
}

Status AddGrad(GradContext& c) {
  c.set(0, c.grad());
  if (c.wants(2)) c.set(2, AtPositions(c, c.grad()));
  return {};
}

Status SubGrad(GradContext& c) {
  c.set(0, c.grad());
  if (c.wants(2)) c.set(2, -AtPositions(c, c.grad()));
  return {};
}

// Shared among all elements, of the tensor and of the updates, that are the extreme.
Status ExtremeGrad(GradContext& c) {
  Output grad = c.grad(), x = c.input(0), indices = c.input(1), y = c.input(2), z = c.output(0);
  auto where = [&](const Output& holds) { return ops::Cast(holds, grad.dtype()); };
  Output of_x = where(x == z), of_y = where(y == AtPositions(c, z));
  Output shape = Make("Shape", {x}, {{"out_type", indices.dtype()}});
  Output count = of_x + Make("ScatterNd", {indices, of_y, shape}, c.attrs({"bad_indices_policy"}));
  if (c.wants(0)) c.set(0, grad * of_x / count);
  if (c.wants(2)) c.set(2, AtPositions(c, grad / count) * of_y);
  return {};
}

OpDef& AddOp(OpRegistry& r, const char* op, const std::string& indices, const std::string& what) {
  return r.Add(op)
      .Input("tensor: T").Input("indices: Tindices").Input("updates: T").Output("output: T")
      .Attr("T: type").Attr("Tindices: " + indices).Attr("bad_indices_policy: string = ''")
      .Doc("`tensor` with its slices at the positions that the last axis of `indices` holds " + what +
           " the slices of `updates`, of shape indices.shape[:-1] + tensor.shape[k:]. A position outside is an error, "
           "or with bad_indices_policy IGNORE left out.")
      .Shape(TensorScatterShape);
}

}  // namespace

void RegisterGatherTensorScatterOps(OpRegistry& r) {
  AddOp(r, "TensorScatterUpdate", "{int16, int32, int64, uint16}", "replaced by").Gradient(UpdateGrad);
  AddOp(r, "TensorScatterAdd", "{int32, int64}", "increased by").Gradient(AddGrad);
  AddOp(r, "TensorScatterSub", "{int32, int64}", "decreased by").Gradient(SubGrad);
  AddOp(r, "TensorScatterMin", "{int32, int64}", "lowered, where they are greater, to").Gradient(ExtremeGrad);
  AddOp(r, "TensorScatterMax", "{int32, int64}", "raised, where they are less, to").Gradient(ExtremeGrad);
  r.Add("ScatterNdNonAliasingAdd")
      .Input("input: T").Input("indices: Tindices").Input("updates: T").Output("output: T")
      .Attr("T: {numbertype, bool}").Attr("Tindices: {int32, int64}").Attr("bad_indices_policy: string = ''")
      .Doc("TensorScatterAdd of numbers and bools, under an older name.")
      .Shape(TensorScatterShape)
      .Gradient(AddGrad);
}

}  // namespace weir
