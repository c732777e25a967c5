// Roll: elements moved along axes, those that leave at one end coming in at the other.
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/ops/math/math.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

Status RollShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape s, c.WithRankAtLeast(0, 1));
  const PartialShape &shift = c.input(1), &axis = c.input(2);
  for (int i : {1, 2}) {
    if (c.input(i).known_rank() && c.input(i).rank() > 1)
      return InvalidArgument(fmt::format("wants a scalar or a vector for '{}', not {}", c.InputName(i), c.Describe(i)));
  }
  auto m = shift.num_elements(), n = axis.num_elements();
  if (m && n && *m != *n) return InvalidArgument(fmt::format("is given {} shifts for {} axes", *m, *n));
  if (auto axes = Elements(c, 2); axes && s.known_rank()) {
    for (const auto& a : *axes) {
      if (a) WEIR_RETURN_IF_ERROR(AxisWithin(*a, s.rank()).status());
    }
  }
  c.set_output(0, std::move(s));
  return {};
}

Status RollGrad(GradContext& c) {
  c.set(0, Make("Roll", {c.grad(), -c.input(1), c.input(2)}));
  return {};
}

}  // namespace

void RegisterArrayRollOps(OpRegistry& r) {
  r.Add("Roll")
      .Input("input: T").Input("shift: Tshift").Input("axis: Taxis").Output("output: T")
      .Attr("T: type").Attr("Tshift: {int32, int64}").Attr("Taxis: {int32, int64}")
      .Doc("The input with its elements moved by `shift` places along `axis`, or by shift[i] along each axis[i], which "
           "may repeat; those that leave at one end come in at the other.")
      .Shape(RollShape).NoFlops()
      .Gradient(RollGrad);
}

}  // namespace weir
