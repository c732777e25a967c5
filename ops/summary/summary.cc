// Ops that make summaries, TensorBoard's messages, of values.
#include <fmt/format.h>

#include "weir/graph/infer.h"
#include "weir/ops/registry.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

constexpr const char* kSummary = "summaries have no derivative";
constexpr const char* kReal = "realnumbertype";

Status ScalarSummaryShape(ShapeContext& c) {
  auto both = MergeShapes(c.input(0), c.input(1));
  if (!both.ok()) {
    return InvalidArgument(fmt::format("wants a tag for each value, not {} and {}", c.Describe(0), c.Describe(1)))
        .Detail(both.status().message());
  }
  return ScalarShape(c);
}

Status HistogramSummaryShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 0));
  return ScalarShape(c);
}

}  // namespace

void RegisterSummaryOps(OpRegistry& r) {
  r.Add("ScalarSummary")
      .Input("tags: string").Input("values: T").Output("summary: string").Attr(fmt::format("T: {}", kReal))
      .Doc("A summary of each value, under the tag at its place.")
      .Shape(ScalarSummaryShape)
      .NoGradient(kSummary);
  r.Add("HistogramSummary")
      .Input("tag: string").Input("values: T").Output("summary: string").Attr(fmt::format("T: {} = float", kReal))
      .Doc("A summary of how the values are spread; an error if one is not finite.")
      .Shape(HistogramSummaryShape)
      .NoGradient(kSummary);
  r.Add("MergeSummary")
      .Input("inputs: N * string").Output("summary: string").Attr("N: int >= 1")
      .Doc("One summary of what all of them hold; an error if two values have one tag.")
      .Shape(ScalarShape)
      .NoGradient(kSummary);
}

}  // namespace weir
