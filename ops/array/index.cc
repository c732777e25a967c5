// Ops between positions and tensors: OneHot, Where; and Dequantize.
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/ops/array/topics.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

Status OneHotShape(ShapeContext& c) {
  for (int i = 1; i < 4; ++i) WEIR_RETURN_IF_ERROR(RequireScalar(c, i));
  int64_t axis = c.attr<int64_t>("axis");
  if (axis < -1) return InvalidArgument(fmt::format("has axis {}", axis)).Detail("it is -1, for a new last axis, or the new axis' position");
  auto depth = c.scalar(1);
  if (depth && *depth < 0) return InvalidArgument(fmt::format("has the negative depth {}", *depth));
  const PartialShape& s = c.input(0);
  if (!s.known_rank()) return {};
  if (axis > s.rank()) return InvalidArgument(fmt::format("cannot put a new axis {} into {}", axis, c.Describe(0)));
  Dims dims = s.dims();
  dims.insert(axis < 0 ? dims.end() : dims.begin() + axis, depth ? *depth : kUnknownDim);
  c.set_output(0, PartialShape(std::move(dims)));
  return {};
}

Status WhereShape(ShapeContext& c) {
  c.set_output(0, PartialShape({kUnknownDim, c.input(0).known_rank() ? Dim{c.input(0).rank()} : kUnknownDim}));
  return {};
}

Status DequantizeShape(ShapeContext& c) {
  int64_t axis = c.attr<int64_t>("axis");
  const PartialShape& s = c.input(0);
  if (axis < -1) return InvalidArgument(fmt::format("has axis {}", axis)).Detail("it is -1, for one range, or the axis that ranges belong to");
  for (int i = 1; i < 3; ++i) {
    WEIR_ASSIGN_OR_RETURN(PartialShape range, axis < 0 ? c.WithRankAtLeast(i, 0) : c.WithRank(i, 1));
    auto n = range.num_elements();
    if (axis < 0 && n && *n != 1) return InvalidArgument(fmt::format("wants one number in '{}', not {}", c.InputName(i), c.Describe(i)));
    if (axis < 0 || !s.known_rank()) continue;
    if (axis >= s.rank()) return InvalidArgument(fmt::format("has axis {} of {}", axis, c.Describe(0)));
    if (!MergeDims(range[0], s[static_cast<int>(axis)]).ok()) {
      return InvalidArgument(fmt::format("is given {} in '{}' for axis {} of {}", c.Describe(i), c.InputName(i), axis, c.Describe(0)));
    }
  }
  c.set_output(0, s);
  return {};
}

}  // namespace

void RegisterArrayIndexOps(OpRegistry& r) {
  r.Add("OneHot")
      .Input("indices: TI").Input("depth: int32").Input("on_value: T").Input("off_value: T").Output("output: T")
      .Attr("axis: int = -1").Attr("T: type").Attr("TI: {uint8, int8, int32, int64} = int64")
      .Doc("A new axis of size `depth`, along which each index has `on_value` at its position and `off_value` elsewhere; only off values for "
           "an index outside [0, depth).")
      .Shape(OneHotShape)
      .NoGradient("it is a function of indices; its two values are taken as constants");
  r.Add("Where")
      .Input("input: T").Output("index: int64")
      .Attr("T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, complex128, half, "
            "uint32, uint64, bool} = bool")
      .Doc("The positions of the elements that are true (not zero), [count, rank], in row-major order.")
      .Shape(WhereShape)
      .NoGradient("its output is positions");
  r.Add("Dequantize")
      .Input("input: T").Input("min_range: float").Input("max_range: float").Output("output: dtype")
      .Attr("T: {qint8, quint8, qint32, qint16, quint16}")
      .Attr("mode: {'MIN_COMBINED', 'MIN_FIRST', 'SCALED'} = 'MIN_COMBINED'")
      .Attr("narrow_range: bool = false").Attr("axis: int = -1").Attr("dtype: {bfloat16, float} = float")
      .Doc("Numbers from quantised ones: the integers of T spread linearly over [min_range, max_range], or for each slice along `axis` over its own range.")
      .Shape(DequantizeShape)
      .NoGradient("its input is not a floating-point tensor");
}

}  // namespace weir
