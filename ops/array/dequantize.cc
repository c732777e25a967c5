// Dequantize: numbers from quantised ones, by one range or by one for each slice along an axis.
#include <fmt/format.h>

#include "weir/graph/infer.h"

namespace weir {

namespace {

Status DequantizeShape(ShapeContext& c) {
  int64_t axis = c.attr<int64_t>("axis");
  const PartialShape& s = c.input(0);
  if (axis < -1) {
    return InvalidArgument(fmt::format("has axis {}", axis))
        .Detail("it is -1, for one range, or the axis that ranges belong to");
  }
  for (int i = 1; i < 3; ++i) {
    WEIR_ASSIGN_OR_RETURN(PartialShape range, axis < 0 ? c.WithRankAtLeast(i, 0) : c.WithRank(i, 1));
    auto n = range.num_elements();
    if (axis < 0 && n && *n != 1) {
      return InvalidArgument(fmt::format("wants one number in '{}', not {}", c.InputName(i), c.Describe(i)));
    }
    if (axis < 0 || !s.known_rank()) continue;
    if (axis >= s.rank()) return InvalidArgument(fmt::format("has axis {} of {}", axis, c.Describe(0)));
    if (!MergeDims(range[0], s[static_cast<int>(axis)]).ok()) {
      return InvalidArgument(fmt::format("is given {} in '{}' for axis {} of {}", c.Describe(i), c.InputName(i), axis,
                                         c.Describe(0)));
    }
  }
  c.set_output(0, s);
  return {};
}

}  // namespace

void RegisterArrayDequantizeOps(OpRegistry& r) {
  r.Add("Dequantize")
      .Input("input: T").Input("min_range: float").Input("max_range: float").Output("output: dtype")
      .Attr("T: {qint8, quint8, qint32, qint16, quint16}")
      .Attr("mode: {'MIN_COMBINED', 'MIN_FIRST', 'SCALED'} = 'MIN_COMBINED'")
      .Attr("narrow_range: bool = false").Attr("axis: int = -1").Attr("dtype: {bfloat16, float} = float")
      .Doc("Numbers from quantised ones: the integers of T spread linearly over [min_range, max_range], or for each "
           "slice along `axis` over its own range.")
      .Shape(DequantizeShape)
      .NoGradient("its input is not a floating-point tensor");
}

}  // namespace weir
