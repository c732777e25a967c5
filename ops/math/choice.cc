// Choices between elements: Select, SelectV2, ClipByValue.
#include <fmt/format.h>

#include <utility>

#include "weir/ops/broadcast_gradients.h"
#include "weir/ops/math/math.h"
#include "weir/ops/math/schema.h"

namespace weir {
namespace math {
namespace {

using namespace ops;  // NOLINT: gradients are written in the building functions

OpDef& Choice(OpRegistry& r, const char* name) {
  return r.Add(name).Input("condition: bool").Input("t: T").Input("e: T").Output("output: T").Attr("T: type");
}

// TensorFlow 1's: the condition is a scalar, a vector of rows, or has the full shape.
Status SelectShape(ShapeContext& c) {
  auto merged = MergeShapes(c.input(1), c.input(2));
  if (!merged.ok()) {
    return InvalidArgument(fmt::format("needs 't' and 'e' of one shape, not {} and {}", c.Describe(1), c.Describe(2)));
  }
  PartialShape out = *merged;
  const PartialShape& condition = c.input(0);
  c.set_output(0, out);
  if (!condition.known_rank() || condition.rank() == 0) return {};
  auto mismatch = [&] {
    return InvalidArgument(fmt::format("cannot choose from {} by a condition {}", c.Describe(1), c.Describe(0)))
        .Help("the condition is a scalar, or has the tensors' shape, or is a vector of as many elements as they have "
              "rows");
  };
  if (!out.known_rank()) {
    if (condition.rank() > 1) c.set_output(0, condition);
    return {};
  }
  if (condition.rank() == 1) {
    if (out.rank() == 0) return mismatch();
    auto rows = MergeDims(condition[0], out[0]);
    if (!rows.ok()) return mismatch();
    out[0] = *rows;
  } else {
    auto both = MergeShapes(condition, out);
    if (!both.ok()) return mismatch();
    out = *both;
  }
  c.set_output(0, out);
  return {};
}

Status SelectGrad(GradContext& c) {
  Output condition = c.input(0), g = c.grad(), zeros = ZerosLike(g);
  c.set(1, Select(condition, g, zeros));
  c.set(2, Select(condition, zeros, g));
  return {};
}

Status SelectV2Shape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape values, BroadcastShapes(c.input(1), c.input(2)));
  WEIR_ASSIGN_OR_RETURN(PartialShape out, BroadcastShapes(c.input(0), values));
  c.set_output(0, out);
  const Dims *t = c.value(1), *e = c.value(2);
  if (!t || !e || t->size() != e->size() || !IsIndex(c.input_dtype(1)) || !IsVector(c.input(1)) ||
      !IsVector(c.input(2)))
    return {};
  auto condition = c.input(0).known_rank() && c.input(0).rank() == 0 ? c.scalar(0) : std::nullopt;
  if (!c.input(0).known_rank() || c.input(0).rank() > 0) return {};
  Dims result(t->size());
  for (size_t i = 0; i < result.size(); ++i) {
    const Dim a = ToDim(At(c, 1, *t, i), c.input_dtype(1)), b = ToDim(At(c, 2, *e, i), c.input_dtype(1));
    result[i] = condition ? (*condition ? a : b) : SameDim(a, b) ? a : kUnknownDim;
  }
  c.set_output_value(0, std::move(result));
  return {};
}

Status SelectV2Grad(GradContext& c) {
  Output condition = c.input(0), g = c.grad(), z = c.output(0);
  c.set(1, SumToShapeOf(Where(condition, g, 0.0), c.input(1), z));
  c.set(2, SumToShapeOf(Where(condition, 0.0, g), c.input(2), z));
  return {};
}

Status ClipShape(ShapeContext& c) {
  PartialShape out = c.input(0);
  for (int i : {1, 2}) {
    if (!c.input(i).known_rank() || c.input(i).rank() == 0) continue;
    auto merged = MergeShapes(out, c.input(i));
    if (!merged.ok()) {
      return InvalidArgument(
          fmt::format("needs limits that are scalars or have the input's shape: input is {}, '{}' is {}", c.Describe(0),
                      c.InputName(i), c.Describe(i)));
    }
    out = *merged;
  }
  c.set_output(0, out);
  return {};
}

// Where a limit holds the gradient goes to it.
Status ClipGrad(GradContext& c) {
  Output x = c.input(0), low = c.input(1), high = c.input(2), g = c.grad(), z = c.output(0);
  Output below = Less(x, low), above = Greater(x, high);
  c.set(0, Where(LogicalOr(below, above), 0.0, g));
  c.set(1, SumToShapeOf(Where(below, g, 0.0), low, z));
  c.set(2, SumToShapeOf(Where(above, g, 0.0), high, z));
  return {};
}

void RegisterChoices(OpRegistry& r) {
  Choice(r, "Select")
      .Doc("Elements of t where the condition holds, of e elsewhere; t and e have one shape. The condition is a "
           "scalar, or has their shape, or is a vector that chooses whole rows.")
      .Chooses()
      .Shape(SelectShape)
      .Gradient(SelectGrad);
  Choice(r, "SelectV2")
      .Doc("Elements of t where the condition holds, of e elsewhere; the three broadcast.")
      .Chooses()
      .Shape(SelectV2Shape)
      .Gradient(SelectV2Grad);
  r.Add("ClipByValue")
      .Input("t: T")
      .Input("clip_value_min: T")
      .Input("clip_value_max: T")
      .Output("output: T")
      .Attr("T: numbertype")
      .Doc("max(min(t, clip_value_max), clip_value_min); the limits are scalars or have t's shape. NaN stays.")
      .Shape(ClipShape)
      .Gradient(ClipGrad);
}

}  // namespace
}  // namespace math

void RegisterChoiceOps(OpRegistry& r) { math::RegisterChoices(r); }

}  // namespace weir

namespace weir::ops {

Output ClipByValue(Input x, Input clip_value_min, Input clip_value_max, const Name& name) {
  return Maximum(Minimum(x, clip_value_max), clip_value_min, name);
}

}  // namespace weir::ops
