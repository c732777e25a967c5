// Ops that compare the elements of vectors: Unique, ListDiff. How many they keep only data tells.
#include "weir/graph/infer.h"
#include "weir/ops/gather/gather.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

Status UniqueShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape x, c.WithRank(0, 1));
  c.set_output(0, PartialShape({x[0] == 0 ? 0 : kUnknownDim}));
  c.set_output(1, x);
  return {};
}

Status ListDiffShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireVector(c, 0));
  WEIR_RETURN_IF_ERROR(RequireVector(c, 1));
  c.set_output(0, PartialShape({kUnknownDim}));
  c.set_output(1, PartialShape({kUnknownDim}));
  return {};
}

}  // namespace

void RegisterGatherUniqueOps(OpRegistry& r) {
  r.Add("Unique")
      .Input("x: T").Output("y: T").Output("idx: out_idx").Attr("T: type").Attr("out_idx: {int32, int64} = int32")
      .Doc("The distinct elements of a vector in the order of their first appearance, and where each element of x is "
           "among them: x[i] = y[idx[i]].")
      .Shape(UniqueShape)
      .NoGradient("which elements it keeps jumps where two of them become equal", false);
  r.Add("ListDiff")
      .Input("x: T").Input("y: T").Output("out: T").Output("idx: out_idx")
      .Attr("T: type").Attr("out_idx: {int32, int64} = int32")
      .Doc("The elements of vector x that vector y does not have, in order, and their positions in x.")
      .Shape(ListDiffShape)
      .NoGradient("which elements it keeps jumps where two of them become equal", false);
}

// ---- building functions

namespace ops {

UniqueOutputs Unique(Input x, DType out_idx, const Name& name) {
  OutputList r = MakeAll("Unique", {x}, {{"out_idx", out_idx}}, name);
  return {r[0], r[1]};
}

SetDiffOutputs SetDiff1D(Input x, Input y, DType index_dtype, const Name& name) {
  OutputList r = MakeAll("ListDiff", {x, y}, {{"out_idx", index_dtype}}, name);
  return {r[0], r[1]};
}

}  // namespace ops
}  // namespace weir
