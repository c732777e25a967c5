// The element-wise ops: registration, the forms of their gradients, and the building functions that are more than one op.
#include <tuple>

#include "weir/ops/math/broadcast_gradients.h"
#include "weir/ops/math/math.h"
#include "weir/ops/math/schema.h"
#include "weir/ops/registry.h"

namespace weir {

void RegisterMathOps(OpRegistry& r) {
  math::RegisterUnaryOps(r);
  math::RegisterBinaryOps(r);
  math::RegisterLogicOps(r);
  math::RegisterActivationOps(r);
  math::RegisterGradOps(r);
}

bool SameStaticShape(const Output& a, const Output& b) {
  const PartialShape &x = a.shape(), &y = b.shape();
  if (!x.known_rank() || x.rank() != y.rank()) return false;
  for (int i = 0; i < x.rank(); ++i) {
    if (!SameDim(x[i], y[i])) return false;
  }
  return true;
}

namespace {

Output ReduceTo(Output g, Output axes, Output shape) { return Make("Reshape", {Make("Sum", {g, axes}), shape}); }

}  // namespace

std::pair<Output, Output> ReduceBroadcast(GradContext& c, Output gx, Output gy, int i, int j) {
  Output x = c.input(i), y = c.input(j);
  const bool reduce_x = gx.valid() && !SameStaticShape(gx, x), reduce_y = gy.valid() && !SameStaticShape(gy, y);
  if (!reduce_x && !reduce_y) return {gx, gy};
  Output shape_x = Make("Shape", {x}), shape_y = Make("Shape", {y});
  OutputList axes = MakeAll("BroadcastGradientArgs", {shape_x, shape_y});
  if (axes.size() != 2) return {gx, gy};  // the builder has failed
  if (reduce_x) gx = ReduceTo(gx, axes[0], shape_x);
  if (reduce_y) gy = ReduceTo(gy, axes[1], shape_y);
  return {gx, gy};
}

Output SumToShapeOf(Output g, Output x, Output full) {
  if (SameStaticShape(g, x)) return g;
  Output shape = Make("Shape", {x});
  OutputList axes = MakeAll("BroadcastGradientArgs", {shape, Make("Shape", {full})});
  return axes.size() == 2 ? ReduceTo(g, axes[0], shape) : g;
}

namespace math {

Output ZerosLike(Output x) { return Make("ZerosLike", {x}); }

GradFn UnaryGrad(UnaryGradFn fn) {
  return [fn](GradContext& c) {
    c.set(0, fn(c.grad(), c.input(0), c.output(0)));
    return OkStatus();
  };
}

GradFn BroadcastGrad(BinaryGradFn fn) {
  return [fn](GradContext& c) {
    auto [gx, gy] = fn(c.grad(), c.input(0), c.input(1), c.output(0));
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

}  // namespace math

namespace ops {
namespace {

// The dtype of the first argument that has one.
DType CommonType(const Input& x, const Input& y) { return BaseType(x.builder() ? x.dtype() : y.dtype()); }

}  // namespace

Output Add(Input x, Input y, const Name& name) {
  // Why not Add for numbers: AddV2 is the one that TensorFlow may reorder and sum up in place.
  return Make(CommonType(x, y) == kString ? "Add" : "AddV2", {x, y}, {}, name);
}

Output Divide(Input x, Input y, const Name& name) {
  const DType t = CommonType(x, y);
  if (!IsInteger(t)) return Make("RealDiv", {x, y}, {}, name);
  const DType real = SizeOf(t) <= 2 ? kFloat : kDouble;
  if (x.builder()) x = Cast(x, real);
  if (y.builder()) y = Cast(y, real);
  return Make("RealDiv", {x, y}, {}, name);
}

Output ClipByValue(Input x, Input clip_value_min, Input clip_value_max, const Name& name) {
  return Maximum(Minimum(x, clip_value_max), clip_value_min, name);
}

Output Cast(Input x, DType dtype, const Name& name) {
  if (x.output().valid() && x.dtype() == dtype) return x.output();
  return Make("Cast", {x}, {{"DstT", dtype}}, name);
}

Output LogicalXor(Input x, Input y, const Name& name) {
  return LogicalAnd(LogicalOr(x, y), LogicalNot(LogicalAnd(x, y)), name);
}

Output Range(At g, Input start, Input limit, Input delta, const Name& name) {
  return g.builder->Add("Range", {start, limit, delta}, {}, name, g.loc);
}

Output Range(At g, Input limit, const Name& name) {
  return g.builder->Add("Range", {0, limit, 1}, {}, name, g.loc);
}

Output LinSpace(At g, Input start, Input stop, Input num, const Name& name) {
  return g.builder->Add("LinSpace", {start, stop, num}, {}, name, g.loc);
}

}  // namespace ops
}  // namespace weir
