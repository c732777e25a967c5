// Clipping by norms. Divisions are guarded so that neither value nor gradient of a zero tensor is NaN.
#include "weir/ops/model/clip.h"

#include <limits>

#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/nn/nn.h"

namespace weir::ops {

namespace {

const Output& ValuesOf(const Grad& g) { return g.is_slices() ? g.slices().values : g.dense(); }

Grad WithValues(const Grad& g, Output values) {
  if (!g.is_slices()) return values;
  return IndexedSlices{values, g.slices().indices, g.slices().dense_shape};
}

// A square root whose gradient at 0 is 0. Why two selects: the infinite slope there must not meet the gradient.
Output SafeSqrt(const Output& x, const Name& name = {}) {
  Output positive = Greater(x, 0.0);
  return Where(positive, Sqrt(Where(positive, x, OnesLike(x))), StopGradient(x), name);
}

// clip_norm / max(norm, clip_norm), or NaN when the norm is not finite: then nothing that follows looks healthy.
Output ScaleFor(const Output& norm, const Input& clip_norm) {
  Output clip = clip_norm.is_literal() ? Make("Mul", {OnesLike(norm), clip_norm}) : Cast(clip_norm, norm.dtype());
  Output scale = clip * Minimum(1.0 / norm, 1.0 / clip);
  return Where(IsFinite(norm), scale, norm * std::numeric_limits<double>::quiet_NaN());
}

}  // namespace

Output ClipByNorm(Input t, Input clip_norm, const Axes& axes, const Name& name) {
  Builder* b = BuilderOf({t, clip_norm});
  if (!b) return {};
  auto at = b->At(t.loc());
  auto scope = b->NameScope(name.name.empty() ? "clip_by_norm" : name.name);
  Output sum = ReduceSum(Multiply(t, t), axes, {.keepdims = true});
  return Identity(Make("RealDiv", {Multiply(t, clip_norm), Maximum(SafeSqrt(sum), clip_norm)}), {.name = b->scope()});
}

Output ClipByAverageNorm(Input t, Input clip_norm, const Name& name) {
  Builder* b = BuilderOf({t, clip_norm});
  if (!b) return {};
  auto at = b->At(t.loc());
  auto scope = b->NameScope(name.name.empty() ? "clip_by_average_norm" : name.name);
  Output sum = ReduceSum(Multiply(t, t)), positive = Greater(sum, 0.0);
  // As SafeSqrt: zeros are within any bound.
  Output inverse = Rsqrt(Where(positive, sum, OnesLike(sum)));
  Output clip = clip_norm.is_literal() ? Make("Mul", {OnesLike(inverse), clip_norm}) : clip_norm.output();
  Output scale = Where(positive, Minimum(inverse * Cast(Size(t), inverse.dtype()), 1.0 / clip), 1.0 / clip);
  return Identity(Multiply(t, clip) * scale, {.name = b->scope()});
}

Output GlobalNorm(const std::vector<Grad>& tensors, const Name& name) {
  std::vector<Input> halves;
  for (const Grad& g : tensors) {
    if (g.valid()) halves.push_back(L2Loss(ValuesOf(g)));
  }
  Builder* b = BuilderOf(halves);
  if (!b) return {};
  auto scope = b->NameScope(name.name.empty() ? "global_norm" : name.name);
  return SafeSqrt(ReduceSum(Stack(halves)) * 2.0, {.name = b->scope()});
}

Output GlobalNorm(const std::vector<Output>& tensors, const Name& name) {
  return GlobalNorm(std::vector<Grad>(tensors.begin(), tensors.end()), name);
}

ClippedTensors ClipByGlobalNorm(const std::vector<Output>& tensors, Input clip_norm, const Name& name) {
  std::vector<Input> inputs(tensors.begin(), tensors.end());
  Builder* b = BuilderOf(inputs);
  if (!b) return {OutputList(tensors.size()), {}};
  auto at = b->At(clip_norm.loc());
  auto scope = b->NameScope(name.name.empty() ? "clip_by_global_norm" : name.name);
  ClippedTensors result;
  result.global_norm = GlobalNorm(tensors);
  Output scale = ScaleFor(result.global_norm, clip_norm);
  for (const Output& t : tensors) result.tensors.push_back(Multiply(t, Cast(scale, t.dtype())));
  return result;
}

Output ClipGradientsByGlobalNorm(std::vector<GradAndVar>& grads, Input clip_norm, const Name& name) {
  std::vector<Output> values;
  for (const GradAndVar& g : grads) {
    if (g.grad.valid()) values.push_back(ValuesOf(g.grad));
  }
  ClippedTensors clipped = ClipByGlobalNorm(values, clip_norm, name);
  size_t i = 0;
  for (GradAndVar& g : grads) {
    if (g.grad.valid() && i < clipped.tensors.size()) g.grad = WithValues(g.grad, clipped.tensors[i++]);
  }
  return clipped.global_norm;
}

}  // namespace weir::ops
