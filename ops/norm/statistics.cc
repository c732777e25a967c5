// What is normalised by its own statistics: Moments, LayerNorm and L2Normalize, composed of other families' ops.
#include "weir/ops/array/array.h"
#include "weir/ops/call_scope.h"
#include "weir/ops/math/math.h"
#include "weir/ops/norm/norm.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/ops/shape_helpers.h"

namespace weir::ops {

namespace {

// 16-bit floats are too short to sum up many squares.
Output Widened(const Output& x) { return x.dtype() == kHalf || x.dtype() == kBfloat16 ? Cast(x, kFloat) : x; }

// Of that dtype, whatever it has.
Output AsNode(Builder& b, const Input& x, DType dtype) {
  Output node = AsOutput(b, x, dtype);
  return node.valid() ? Cast(node, dtype) : node;
}

MomentsResult MomentsOf(const Output& x, const Axes& axes, bool keepdims) {
  // Why no StopGradient of the mean, as TensorFlow has it: gradients of second order would be wrong.
  Output mean = ReduceMean(x, axes, {.keepdims = true});
  Output variance = ReduceMean(SquaredDifference(x, mean), axes, {.keepdims = keepdims});
  return {keepdims ? mean : Reshape(mean, ShapeOf(variance)), variance};
}

}  // namespace

MomentsResult Moments(Input x, const Axes& axes, const ReduceOptions& o) {
  if (!x.output().valid()) return {};
  Builder* b = Builder::Innermost(x.builder());
  CallScope call(b, x, o.name, "moments");
  MomentsResult m = MomentsOf(Widened(x.output()), axes, o.keepdims);
  return {Cast(m.mean, x.dtype()), Cast(m.variance, x.dtype())};
}

Output LayerNorm(Input x, Input gamma, Input beta, const LayerNormOptions& o) {
  if (!x.output().valid()) return {};
  Builder* b = Builder::Innermost(x.builder());
  CallScope call(b, x, o.name, "layer_norm");
  Output wide = Widened(x.output());
  MomentsResult m = MomentsOf(wide, o.axes, true);
  Output scale = Rsqrt(m.variance + o.epsilon) * AsNode(*b, gamma, wide.dtype());
  return Cast((wide - m.mean) * scale + AsNode(*b, beta, wide.dtype()), x.dtype());
}

Output L2Normalize(Input x, const Axes& axes, const L2NormalizeOptions& o) {
  if (!x.output().valid()) return {};
  Builder* b = Builder::Innermost(x.builder());
  CallScope call(b, x, o.name, "l2_normalize");
  Output squares = ReduceSum(Square(x), axes, {.keepdims = true});
  return Multiply(x, Rsqrt(Maximum(squares, o.epsilon)), {.name = b->scope()});
}

}  // namespace weir::ops
