// Ops that join the strings of one tensor: ReduceJoin, along axes; UnsortedSegmentJoin, those of one segment id.
#include <fmt/format.h>

#include "weir/graph/infer.h"
#include "weir/ops/position_shapes.h"
#include "weir/ops/shape_helpers.h"
#include "weir/ops/string/reasons.h"

namespace weir {

namespace {

Status ReduceJoinShape(ShapeContext& c) {
  const PartialShape& in = c.input(0);
  const bool keep = c.attr<bool>("keep_dims");
  const auto axes = KnownElements(c, 1);
  if (!axes || !in.known_rank()) {
    const bool same_rank = in.known_rank() && keep;
    c.set_output(0, axes && axes->empty() ? in
                    : same_rank           ? PartialShape::UnknownOfRank(in.rank())
                                          : PartialShape::Unknown());
    return {};
  }
  std::vector<bool> joined(static_cast<size_t>(in.rank()), false);
  for (int64_t axis : *axes) {
    WEIR_ASSIGN_OR_RETURN(int a, AxisWithin(axis, in.rank(), "reduction_indices"));
    if (joined[static_cast<size_t>(a)]) {
      return InvalidArgument(fmt::format("is told twice to join axis {} of {}", a, c.Describe(0)));
    }
    joined[static_cast<size_t>(a)] = true;
  }
  Dims out;
  for (int i = 0; i < in.rank(); ++i) {
    if (!joined[static_cast<size_t>(i)]) out.push_back(in[i]);
    else if (keep) out.push_back(1);
  }
  c.set_output(0, PartialShape(std::move(out)));
  return {};
}

}  // namespace

void RegisterStringJoinOps(OpRegistry& r) {
  r.Add("ReduceJoin")
      .Input("inputs: string").Input("reduction_indices: int32").Output("output: string")
      .Attr("keep_dims: bool = false").Attr("separator: string = ''")
      .Doc("The strings along some axes joined, `separator` between them. The first axis that reduction_indices names "
           "runs fastest. keep_dims keeps the joined axes with size 1.")
      .Shape(ReduceJoinShape)
      .NoGradient(kStrings);
  r.Add("UnsortedSegmentJoin")
      .Input("inputs: string").Input("segment_ids: Tindices").Input("num_segments: Tnumsegments")
      .Output("output: string")
      .Attr("separator: string = ''").Attr("Tindices: {int32, int64}").Attr("Tnumsegments: {int32, int64} = int32")
      .Doc("For each segment the strings whose id it is, in order, joined with `separator` between them; empty ones "
           "before the first other one are left out. The shape of segment_ids is what that of inputs begins with; ids "
           "are in [0, num_segments).")
      .Shape(UnsortedSegmentShape)
      .NoGradient(kStrings);
}

}  // namespace weir
