// Ops between positions and tensors: OneHot, Where.
#include <fmt/format.h>

#include "weir/ops/array/array.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

Status OneHotShape(ShapeContext& c) {
  for (int i = 1; i < 4; ++i) WEIR_RETURN_IF_ERROR(RequireScalar(c, i));
  int64_t axis = c.attr<int64_t>("axis");
  if (axis < -1)
    return InvalidArgument(fmt::format("has axis {}", axis))
        .Detail("it is -1, for a new last axis, or the new axis' position");
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

}  // namespace

void RegisterArrayPositionsOps(OpRegistry& r) {
  r.Add("OneHot")
      .Input("indices: TI")
      .Input("depth: int32")
      .Input("on_value: T")
      .Input("off_value: T")
      .Output("output: T")
      .Attr("axis: int = -1")
      .Attr("T: type")
      .Attr("TI: {uint8, int8, int32, int64} = int64")
      .Doc("A new axis of size `depth`, along which each index has `on_value` at its position and `off_value` "
           "elsewhere; only off values for "
           "an index outside [0, depth).")
      .Shape(OneHotShape)
      .NoGradient("it is a function of indices; its two values are taken as constants");
  r.Add("Where")
      .Input("input: T").Output("index: int64")
      .Attr("T: {numbertype, bool} = bool")
      .Doc("The positions of the elements that are true (not zero), [count, rank], in row-major order.")
      .Shape(WhereShape)
      .NoGradient("its output is positions");
}

// ---- building functions

namespace ops {

Output OneHot(Input indices, Input depth, const OneHotOptions& o) {
  AttrMap attrs = {{"axis", o.axis}};
  bool literals = o.on_value.is_literal() && o.off_value.is_literal();
  if (literals) attrs.emplace("T", o.dtype == DType::kInvalid ? kFloat : o.dtype);
  return Make("OneHot", {indices, depth, o.on_value, o.off_value}, attrs,
              o.name.empty() ? Name{"one_hot"} : Name{o.name});
}

}  // namespace ops
}  // namespace weir
