// Cross: the product of vectors in space. u · (v × w) does not change when the three go round: hence the gradients.
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"
#include "weir/ops/linalg/linalg.h"

namespace weir {
namespace {

Status CrossShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape a, c.WithRankAtLeast(0, 1));
  WEIR_ASSIGN_OR_RETURN(PartialShape b, c.WithRankAtLeast(1, 1));
  Result<PartialShape> merged = MergeShapes(a, b);
  if (!merged.ok())
    return InvalidArgument(fmt::format("wants two tensors of one shape, not {} and {}", c.Describe(0), c.Describe(1)));
  PartialShape s = *merged;
  if (s.known_rank()) {
    if (!MergeDims(s[s.rank() - 1], 3).ok())
      return InvalidArgument(fmt::format("wants vectors of 3 elements, not {}", c.Describe(0)));
    s[s.rank() - 1] = 3;
  }
  c.set_output(0, std::move(s));
  return {};
}

Status CrossGrad(GradContext& c) {
  c.set(0, ops::Cross(c.input(1), c.grad()));
  c.set(1, ops::Cross(c.grad(), c.input(0)));
  return {};
}

}  // namespace

void RegisterCrossOps(OpRegistry& r) {
  r.Add("Cross")
      .Input("a: T").Input("b: T").Output("product: T").Attr("T: realnumbertype")
      .Doc("The cross products of the vectors […,3] of a and b, which have one shape.")
      .Shape(CrossShape)
      .Flops([](const ShapeContext& c) { return SaturatedProduct({3, ElementsOrOne(c.output(0))}); })
      .Gradient(CrossGrad);
}

}  // namespace weir
