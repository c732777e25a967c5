// Bitcast: the same bytes as elements of another dtype.
#include <fmt/format.h>

#include "weir/graph/infer.h"
#include "weir/ops/registry.h"

namespace weir {

namespace {

Status BitcastShape(ShapeContext& c) {
  PartialShape s = c.input(0);
  if (!s.known_rank()) return {};
  const int64_t from = static_cast<int64_t>(SizeOf(c.input_dtype(0)));
  const int64_t to = static_cast<int64_t>(SizeOf(c.attr<DType>("type")));
  if (from > to) {
    c.set_output(0, Concatenate(s, PartialShape({from / to})));
    return {};
  }
  if (from < to) {
    if (s.rank() == 0 || !MergeDims(s[s.rank() - 1], to / from).ok()) {
      return InvalidArgument(fmt::format("cannot make {} of {}", DTypeName(c.attr<DType>("type")), c.Describe(0)))
          .Detail(fmt::format("the last axis must have {} elements, which become one", to / from));
    }
    s = Subshape(s, 0, s.rank() - 1);
  }
  c.set_output(0, std::move(s));
  return {};
}

constexpr char kTypes[] =
    "{bfloat16, half, float, double, int64, int32, uint8, uint16, uint32, uint64, int8, int16, complex64, complex128, "
    "qint8, quint8, qint16, quint16, qint32}";

}  // namespace

void RegisterArrayBitcastOps(OpRegistry& r) {
  r.Add("Bitcast")
      .Input("input: T").Output("output: type")
      .Attr(std::string("T: ") + kTypes).Attr(std::string("type: ") + kTypes)
      .Doc("The input's bytes as elements of dtype `type`. Of a smaller dtype there is one more axis, the parts of an "
           "element; for a larger one the last axis must hold the parts of one, and goes.")
      .Shape(BitcastShape).NoFlops()
      .NoGradient("bits are no function to differentiate", /*zero=*/false);
}

}  // namespace weir
