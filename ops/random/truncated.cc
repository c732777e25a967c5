// ParameterizedTruncatedNormal: normally distributed numbers within bounds, with parameters row by row.
#include "weir/ops/random/draw_shapes.h"
#include "weir/ops/random/random.h"

namespace weir {

namespace {

Status ParameterizedShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(const PartialShape shape, ShapeToDraw(c));
  if (shape.known_rank() && shape.rank() == 0) return InvalidArgument("needs a shape of at least one axis");
  for (int i = 1; i < c.num_inputs(); ++i) {
    const PartialShape& s = c.input(i);
    if (!s.known_rank() || s.rank() == 0) continue;
    WEIR_RETURN_IF_ERROR(c.WithRank(i, 1).status());
    if (!shape.known_rank() || s[0] == 1 || MergeDims(s[0], shape[0]).ok()) continue;
    return InvalidArgument("needs a scalar or one parameter for each row, got " + c.Describe(i) + " for the shape " +
                           shape.ToString());
  }
  c.set_output(0, shape);
  return {};
}

}  // namespace

void RegisterRandomTruncatedOps(OpRegistry& r) {
  r.Add("ParameterizedTruncatedNormal")
      .Input("shape: T").Input("means: dtype").Input("stdevs: dtype").Input("minvals: dtype").Input("maxvals: dtype")
      .Output("output: dtype")
      .Attr("seed: int = 0").Attr("seed2: int = 0").Attr("dtype: {half, bfloat16, float, double}")
      .Attr("T: {int32, int64}")
      .Random().SizedByFirst()
      .Doc("Normally distributed numbers in the given shape, those alone that lie within [minvals, maxvals], one of "
           "which may be infinite. Each parameter is a scalar or has one element for each slice along axis 0.")
      .Shape(ParameterizedShape)
      .NoGradient("TensorFlow has none");
}

namespace ops {

Output ParameterizedTruncatedNormal(At g, Input shape, ParameterizedTruncatedNormalOptions o) {
  Builder& b = *g.builder;
  auto at = b.At(g.loc);
  auto scope = b.NameScope(o.name.empty() ? "parameterized_truncated_normal" : o.name);
  Output means = Parameter(b, o.means, o.dtype, "means"), stddevs = Parameter(b, o.stddevs, o.dtype, "stddevs");
  Output minvals = Parameter(b, o.minvals, o.dtype, "minvals"), maxvals = Parameter(b, o.maxvals, o.dtype, "maxvals");
  return AddSeeded(g, "ParameterizedTruncatedNormal", {shape, means, stddevs, minvals, maxvals}, {}, o.seed,
                   "parameterized_truncated_normal");
}

}  // namespace ops
}  // namespace weir
