// A broadcast's gradient is summed over the axes that BroadcastGradientArgs tells, and none where static shapes agree.
#include "weir/ops/broadcast_gradients.h"

namespace weir {

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

}  // namespace weir
