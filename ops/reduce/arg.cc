// ArgMax and ArgMin: where along an axis the largest or smallest element stands.
#include <fmt/format.h>

#include <optional>
#include <utility>

#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"
#include "weir/ops/reduce/axes.h"

namespace weir {
namespace {

constexpr char kOrderedOrBool[] =
    "T: {realnumbertype, qint8, quint8, qint32, qint16, quint16, bool}";

Status ArgShape(ShapeContext& c) {
  const PartialShape& in = c.input(0);
  WEIR_ASSIGN_OR_RETURN(std::optional<int> axis, reduce::AxisOf(c));
  if (!axis) {
    c.set_output(0, in.known_rank() ? PartialShape::UnknownOfRank(in.rank() - 1) : PartialShape::Unknown());
    return {};
  }
  if (in[*axis] == 0)
    return InvalidArgument(fmt::format("cannot search {} along axis {}, which is empty", c.Describe(0), *axis));
  Dims out = in.dims();
  out.erase(out.begin() + *axis);
  c.set_output(0, PartialShape(std::move(out)));
  return {};
}

}  // namespace

void RegisterArgOps(OpRegistry& r) {
  r.Add("ArgMax")
      .Input("input: T").Input("dimension: Tidx").Output("output: output_type")
      .Attr(kOrderedOrBool).Attr("Tidx: {int16, int32, int64} = int32")
      .Attr("output_type: {int16, uint16, int32, int64} = int64")
      .Doc("Where along an axis the largest element stands; the first of equal ones. NaN is never chosen (all NaN: 0). "
           "The axis vanishes; it must not be empty.")
      .Shape(ArgShape)
      .NoGradient("its output is an index");
  r.Add("ArgMin")
      .Input("input: T").Input("dimension: Tidx").Output("output: output_type")
      .Attr(kOrderedOrBool).Attr(reduce::kAxisType).Attr("output_type: {int32, int64} = int64")
      .Doc("Where along an axis the smallest element stands; the first of equal ones. NaN is never chosen (all NaN: "
           "0). The axis vanishes; it must not be empty.")
      .Shape(ArgShape)
      .NoGradient("its output is an index");
}

}  // namespace weir
