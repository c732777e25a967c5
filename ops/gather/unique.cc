// Ops that compare elements or slices: Unique and its forms, ListDiff. How many they keep only data tells.
#include <fmt/format.h>

#include <string>

#include "weir/graph/infer.h"
#include "weir/ops/gather/gather.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

// How many distinct ones there are of n.
Dim Distinct(Dim n) { return n == 0 ? 0 : kUnknownDim; }

Status UniqueShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape x, c.WithRank(0, 1));
  c.set_output(0, PartialShape({Distinct(x[0])}));
  c.set_output(1, x);
  if (c.num_outputs() > 2) c.set_output(2, PartialShape({Distinct(x[0])}));
  return {};
}

// Along the one axis in input 1; that of a vector need not be named.
Status UniqueV2Shape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape axes, c.WithRank(1, 1));
  const PartialShape& x = c.input(0);
  if (Known(axes[0]) && axes[0] > 1) return InvalidArgument(fmt::format("takes one axis, not {}", axes[0]));
  if (axes[0] == 0) return UniqueShape(c);
  for (int i = 1; i < c.num_outputs(); ++i) c.set_output(i, PartialShape::UnknownOfRank(1));
  auto axis = KnownElements(c, 1);
  if (!x.known_rank()) return {};
  if (!axis || !Known(axes[0])) {
    c.set_output(0, PartialShape::UnknownOfRank(x.rank()));
    return {};
  }
  WEIR_ASSIGN_OR_RETURN(int a, AxisWithin((*axis)[0], x.rank()));
  PartialShape y = x;
  y[a] = Distinct(x[a]);
  c.set_output(1, PartialShape({x[a]}));
  if (c.num_outputs() > 2) c.set_output(2, PartialShape({y[a]}));
  c.set_output(0, std::move(y));
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
  constexpr char kJumps[] = "which elements it keeps jumps where two of them become equal";
  for (bool slices : {false, true}) {
    for (bool counts : {false, true}) {
      OpDef& op = r.Add(std::string("Unique") + (counts ? "WithCounts" : "") + (slices ? "V2" : ""));
      op.Input("x: T");
      if (slices) op.Input("axis: Taxis");
      op.Output("y: T").Output("idx: out_idx");
      if (counts) op.Output("count: out_idx");
      op.Attr("T: type");
      if (slices) op.Attr("Taxis: {int32, int64} = int64");
      op.Attr("out_idx: {int32, int64} = int32");
      const std::string what = slices ? "slices along the one axis that `axis` holds (none: x is a vector)"
                                      : "elements of a vector";
      op.Doc("The distinct " + what + " in the order of their first appearance, and where each one of x is among "
             "them: x[i] = y[idx[i]]" + (counts ? "; and how often each comes." : "."));
      op.Shape(slices ? UniqueV2Shape : UniqueShape).NoGradient(kJumps, false);
    }
  }
  r.Add("ListDiff")
      .Input("x: T").Input("y: T").Output("out: T").Output("idx: out_idx")
      .Attr("T: type").Attr("out_idx: {int32, int64} = int32")
      .Doc("The elements of vector x that vector y does not have, in order, and their positions in x.")
      .Shape(ListDiffShape)
      .NoGradient(kJumps, false);
}

// ---- building functions

namespace ops {

UniqueOutputs Unique(Input x, DType out_idx, const Name& name) {
  OutputList r = MakeAll("Unique", {x}, {{"out_idx", out_idx}}, name);
  return {r[0], r[1]};
}

UniqueWithCountsOutputs UniqueWithCounts(Input x, DType out_idx, const Name& name) {
  OutputList r = MakeAll("UniqueWithCounts", {x}, {{"out_idx", out_idx}}, name);
  return {r[0], r[1], r[2]};
}

UniqueOutputs UniqueSlices(Input x, int64_t axis, DType out_idx, const Name& name) {
  OutputList r = MakeAll("UniqueV2", {x, {axis}}, {{"out_idx", out_idx}}, name);
  return {r[0], r[1]};
}

SetDiffOutputs SetDiff1D(Input x, Input y, DType index_dtype, const Name& name) {
  OutputList r = MakeAll("ListDiff", {x, y}, {{"out_idx", index_dtype}}, name);
  return {r[0], r[1]};
}

}  // namespace ops
}  // namespace weir
