// Elements of values, and the forms of gradients.
#include "weir/ops/math/schema.h"

#include <limits>
#include <tuple>

#include "weir/ops/broadcast_gradients.h"
#include "weir/ops/math/math.h"

namespace weir::math {

Element At(const ShapeContext& c, int input, const Dims& value, size_t i) {
  const int64_t v = value[value.size() == 1 ? 0 : i];
  return v >= 0 || c.constant(input) ? Element{true, v} : Element{false, v};
}

Dim ToDim(const Element& e, DType dtype) {
  if (!e.known) return e.number;
  if (e.number < 0 || (dtype == kInt32 && e.number > std::numeric_limits<int32_t>::max())) return kUnknownDim;
  return e.number;
}

bool IsIndex(DType t) { return t == kInt32 || t == kInt64; }
bool IsVector(const PartialShape& s) { return s.known_rank() && s.rank() <= 1; }

Output ZerosLike(Output x) { return Make("ZerosLike", {x}); }

GradFn UnaryGrad(UnaryGradFn fn) {
  return [fn](GradContext& c) {
    c.set(0, fn(c.grad(), ops::Conj(c.input(0)), ops::Conj(c.output(0))));
    return OkStatus();
  };
}

GradFn BroadcastGrad(BinaryGradFn fn) {
  return [fn](GradContext& c) {
    auto [gx, gy] = fn(c.grad(), ops::Conj(c.input(0)), ops::Conj(c.input(1)), ops::Conj(c.output(0)));
    std::tie(gx, gy) = ReduceBroadcast(c, gx, gy);
    c.set(0, gx);
    c.set(1, gy);
    return OkStatus();
  };
}

GradFn BinaryGrad(BinaryGradFn fn) {
  return [fn](GradContext& c) {
    auto [gx, gy] = fn(c.grad(), c.input(0), c.input(1), c.output(0));
    c.set(0, gx);
    c.set(1, gy);
    return OkStatus();
  };
}

}  // namespace weir::math
