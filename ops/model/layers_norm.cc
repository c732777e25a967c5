// Layers that normalise: of each example by itself, of each channel over a batch.
#include <algorithm>

#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/layers_internal.h"
#include "weir/ops/model/moving_average.h"
#include "weir/ops/norm/norm.h"

namespace weir::layers {

Output LayerNorm(Input inputs, const LayerNormOptions& o, Loc loc) {
  Builder* b = BuilderOfInput(inputs);
  if (!b) return {};
  const Output& x = inputs.output();
  auto at = b->At(loc);
  auto scope = LayerScope(*b, o.name, "layer_normalization", o.reuse);
  std::vector<int32_t> axes;
  for (int axis : o.axes) {
    if (!KnownSize(x, axis, "LayerNorm")) return {};
    axes.push_back(*NormalizeAxis(axis, x.shape().rank()));
  }
  std::sort(axes.begin(), axes.end());
  // The parameters' own shape, and the one that broadcasts with x.
  Dims sizes, aligned(x.shape().known_rank() ? x.shape().rank() : 0, 1);
  for (int axis : axes) sizes.push_back(x.shape()[axis]), aligned[axis] = x.shape()[axis];
  auto shape = Shape::Make(sizes);
  if (!shape.ok()) {
    b->Fail(shape.status());
    return {};
  }
  DType dtype = x.dtype() == kHalf || x.dtype() == kBfloat16 ? kFloat : x.dtype();
  auto parameter = [&](bool wanted, const char* name, const Initializer& own, const Initializer& other,
                       const Regularizer& r, double none) -> Input {
    if (!wanted) return none;
    Variable v = GetVariable(*b, name, *shape, {dtype, own ? own : other, o.trainable, r});
    return v.valid() ? ops::Reshape(v, aligned) : Output();
  };
  Input gamma = parameter(o.scale, "gamma", o.gamma_initializer, ops::OnesInitializer(), o.gamma_regularizer, 1);
  Input beta = parameter(o.center, "beta", o.beta_initializer, ops::ZerosInitializer(), o.beta_regularizer, 0);
  if ((o.scale && !gamma.output().valid()) || (o.center && !beta.output().valid())) return {};
  return ops::LayerNorm(x, gamma, beta, {.axes = axes, .epsilon = o.epsilon});
}

// ---- batch normalisation

namespace {

struct BatchNorm {
  Variable gamma, beta, mean, variance;
  int64_t channels = 0;
};

BatchNorm MakeBatchNorm(Builder& b, const Output& x, int64_t channels, const BatchNormalizationOptions& o) {
  DType dtype = x.dtype() == kHalf || x.dtype() == kBfloat16 ? kFloat : x.dtype();
  auto variable = [&](const char* name, const Initializer& own, const Initializer& other, bool trainable,
                      const Regularizer& r = {}) {
    return GetVariable(b, name, {channels}, {dtype, own ? own : other, trainable, r});
  };
  Initializer zeros = ops::ZerosInitializer(), ones = ops::OnesInitializer();
  BatchNorm n;
  n.channels = channels;
  if (o.scale) n.gamma = variable("gamma", o.gamma_initializer, ones, o.trainable, o.gamma_regularizer);
  if (o.center) n.beta = variable("beta", o.beta_initializer, zeros, o.trainable, o.beta_regularizer);
  n.mean = variable("moving_mean", o.moving_mean_initializer, zeros, false);
  n.variance = variable("moving_variance", o.moving_variance_initializer, ones, false);
  return n;
}

// The variable's value, or what takes its place.
Output ValueOr(const Variable& v, Builder& b, int64_t channels, DType dtype, double value) {
  return v.valid() ? v.Read() : ops::FilledTensor(b, {channels}, dtype, value, "Const");
}

// `batch` while training, else `other`. Why a select and no branches: both sides are differentiated as they are, it
// exports to plain TensorFlow, and a session compiles a fed flag in by value, after which only the chosen side is left.
Output Chosen(const Training& training, const Output& batch, const Output& other) {
  return training.fed().valid() ? ops::Where(training.fed(), batch, other) : batch;
}

// Moves the averages towards the batch's statistics; towards themselves, which changes no bit, when not training.
void UpdateAverages(Builder& b, const BatchNorm& n, const Output& mean, const Output& variance,
                    const BatchNormalizationOptions& o) {
  auto& updates = OperationCollection(b, collection::kUpdateOps);
  auto update = [&](const Variable& average, const Output& batch) {
    Output value = o.training.fed().valid() ? Chosen(o.training, batch, average.Read()) : batch;
    updates.push_back(ops::AssignMovingAverage(average, value, o.momentum));
  };
  update(n.mean, mean), update(n.variance, variance);
}

// Images: one fused op.
Output FusedNormalize(Builder& b, const Output& x, const BatchNorm& n, bool channels_first,
                      const BatchNormalizationOptions& o) {
  DType dtype = n.mean.dtype();
  Output gamma = ValueOr(n.gamma, b, n.channels, dtype, 1), beta = ValueOr(n.beta, b, n.channels, dtype, 0);
  ops::FusedBatchNormOptions options{
      .epsilon = static_cast<float>(o.epsilon), .data_format = channels_first ? "NCHW" : "NHWC", .is_training = false};
  Output by_averages =
      o.training.always() ? Output() : ops::FusedBatchNorm(x, gamma, beta, n.mean, n.variance, options).y;
  if (!o.training.ever()) return by_averages;
  options.is_training = true;
  ops::FusedBatchNormOutputs out = ops::FusedBatchNorm(x, gamma, beta, options);
  UpdateAverages(b, n, out.mean, out.variance, o);
  return Chosen(o.training, out.y, by_averages);
}

// Of any rank, by basic ops.
Output Normalize(Builder& b, const Output& x, const BatchNorm& n, int axis, const BatchNormalizationOptions& o) {
  int rank = x.shape().rank();
  std::vector<int32_t> others, broadcast(rank, 1);
  for (int i = 0; i < rank; ++i) {
    if (i != axis) others.push_back(i);
  }
  broadcast[axis] = static_cast<int32_t>(n.channels);
  auto shaped = [&](const Output& v) { return axis == rank - 1 ? v : ops::Reshape(v, broadcast); };
  Output mean, variance;
  if (!o.training.ever()) {
    mean = n.mean.Read(), variance = n.variance.Read();
  } else {
    ops::MomentsResult moments = ops::Moments(x, others);
    mean = ops::Reshape(moments.mean, {n.channels}), variance = ops::Reshape(moments.variance, {n.channels});
    UpdateAverages(b, n, mean, variance, o);
    if (o.training.fed().valid())
      mean = Chosen(o.training, mean, n.mean.Read()), variance = Chosen(o.training, variance, n.variance.Read());
  }
  Output inverse = ops::Rsqrt(variance + o.epsilon);
  if (n.gamma.valid()) inverse = inverse * n.gamma;
  Output shift = -(mean * inverse);
  if (n.beta.valid()) shift = n.beta - mean * inverse;
  return x * shaped(inverse) + shaped(shift);
}

}  // namespace

Output BatchNormalization(Input inputs, const BatchNormalizationOptions& o, Loc loc) {
  Builder* b = BuilderOfInput(inputs);
  if (!b) return {};
  const Output& x = inputs.output();
  auto at = b->At(loc);
  auto scope = LayerScope(*b, o.name, "batch_normalization", o.reuse);
  auto channels = KnownSize(x, o.axis, "BatchNormalization");
  if (!channels) return {};
  int axis = *NormalizeAxis(o.axis, x.shape().rank());
  BatchNorm n = MakeBatchNorm(*b, x, *channels, o);
  if (!n.mean.valid() || !n.variance.valid()) return {};
  if (x.shape().rank() == 4 && (axis == 3 || axis == 1) && x.dtype() != kDouble) {
    return FusedNormalize(*b, x, n, axis == 1, o);
  }
  return ops::Cast(Normalize(*b, ops::Cast(x, n.mean.dtype()), n, axis, o), x.dtype());
}

}  // namespace weir::layers
