// _SetRow: a row of a tensor, changed. Made by the compiler of lists whose length it knows
// (ops/rewrites/stack_lists.cc), never by users.
#include <fmt/format.h>

#include "weir/graph/infer.h"
#include "weir/ops/registry.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

Status SetRowShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(const PartialShape rows, c.WithRankAtLeast(0, 1));
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 1));
  if (!MergeShapes(Subshape(rows, 1, rows.rank()), c.input(2)).ok())
    return InvalidArgument(fmt::format("puts a row {} into {}", c.Describe(2), c.Describe(0)));
  c.set_output(0, rows);
  return {};
}

}  // namespace

void RegisterRowOps(OpRegistry& r) {
  r.Add("_SetRow")
      .Input("tensor: T").Input("index: Tindex").Input("row: T").Output("output: T")
      .Attr("T: type").Attr("Tindex: {int32, int64}").Attr("add: bool = false")
      .Doc("`tensor` with `row` at `index` of its first axis, or with that added to what is there.")
      .Shape(SetRowShape).NoFlops()
      .NoGradient("the compiler makes it, after gradients");
}

}  // namespace weir
