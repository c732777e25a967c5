// Building functions that normalise or sample, composed of other ops.
#include <limits>
#include <utility>

#include "weir/ops/array/array.h"
#include "weir/ops/gather/gather.h"
#include "weir/ops/model/losses.h"
#include "weir/ops/math/math.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/nn/nn.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/ops/shape_helpers.h"

namespace weir::ops {

namespace {

// Several nodes on behalf of one call, under the scope `name`, with the caller's line.
struct Call {
  Call(Builder* b, const Input& at, const std::string& name, const char* op)
      : loc(b->At(at.loc())), scope(b->NameScope(name.empty() ? op : name)) {}
  Builder::Guard loc, scope;
};

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
  Call call(b, x, o.name, "moments");
  MomentsResult m = MomentsOf(Widened(x.output()), axes, o.keepdims);
  return {Cast(m.mean, x.dtype()), Cast(m.variance, x.dtype())};
}

Output LayerNorm(Input x, Input gamma, Input beta, const LayerNormOptions& o) {
  if (!x.output().valid()) return {};
  Builder* b = Builder::Innermost(x.builder());
  Call call(b, x, o.name, "layer_norm");
  Output wide = Widened(x.output());
  MomentsResult m = MomentsOf(wide, o.axes, true);
  Output scale = Rsqrt(m.variance + o.epsilon) * AsNode(*b, gamma, wide.dtype());
  return Cast((wide - m.mean) * scale + AsNode(*b, beta, wide.dtype()), x.dtype());
}

Output L2Normalize(Input x, const Axes& axes, const L2NormalizeOptions& o) {
  if (!x.output().valid()) return {};
  Builder* b = Builder::Innermost(x.builder());
  Call call(b, x, o.name, "l2_normalize");
  Output squares = ReduceSum(Square(x), axes, {.keepdims = true});
  return Multiply(x, Rsqrt(Maximum(squares, o.epsilon)), {.name = b->scope()});
}

// ---- losses over few of many classes

namespace {

struct Sampled {
  Output logits, labels;  // [batch, num_true + num_sampled]
};

Sampled SampledLogits(Builder& b, const Input& weights, const Input& biases, const Input& labels, const Output& x,
                      int64_t num_sampled, int64_t num_classes, const SampledLossOptions& o, bool remove_hits) {
  Output classes = AsNode(b, labels, kInt64);
  CandidateSamples s = o.sampled_values ? *o.sampled_values
                                        : LogUniformCandidateSampler(classes, o.num_true, num_sampled, true,
                                                                     num_classes, {.seed = o.seed});
  if (!s.sampled_candidates.valid() || !x.valid()) return {};
  Output sampled = Cast(s.sampled_candidates, kInt64);
  auto rows = [&](const Input& table, const Output& ids) { return Cast(Gather(table, ids), x.dtype()); };
  Output true_logits = ReduceSum(ExpandDims(x, 1) * rows(weights, classes), {2}) + rows(biases, classes);
  Output sampled_logits = MatMul(x, rows(weights, sampled), {.transpose_b = true}) + rows(biases, sampled);
  if (remove_hits) {
    Output hits = Reduce("Any", Equal(ExpandDims(classes, 2), sampled), {1});
    const double lowest = x.dtype() == kHalf ? -65504.0 : static_cast<double>(std::numeric_limits<float>::lowest());
    sampled_logits = sampled_logits + Where(hits, AsNode(b, lowest, x.dtype()), AsNode(b, 0.0, x.dtype()));
  }
  // By how much more often a class is drawn than another.
  auto log_count = [&](const Output& count) { return Log(Cast(count, x.dtype())); };
  true_logits = true_logits - log_count(s.true_expected_count);
  sampled_logits = sampled_logits - log_count(s.sampled_expected_count);
  Output ones = OnesLike(true_logits) / static_cast<double>(o.num_true);
  return {Concat({true_logits, sampled_logits}, 1), Concat({ones, ZerosLike(sampled_logits)}, 1)};
}

}  // namespace

Output NceLoss(Input weights, Input biases, Input labels, Input inputs, int64_t num_sampled, int64_t num_classes,
               const SampledLossOptions& o) {
  if (!inputs.output().valid()) return {};
  Builder* b = Builder::Innermost(inputs.builder());
  Call call(b, inputs, o.name, "nce_loss");
  Sampled s = SampledLogits(*b, weights, biases, labels, inputs.output(), num_sampled, num_classes, o,
                            o.remove_accidental_hits.value_or(false));
  return ReduceSum(SigmoidCrossEntropyWithLogits(s.labels, s.logits), {1});
}

Output SampledSoftmaxLoss(Input weights, Input biases, Input labels, Input inputs, int64_t num_sampled,
                          int64_t num_classes, const SampledLossOptions& o) {
  if (!inputs.output().valid()) return {};
  Builder* b = Builder::Innermost(inputs.builder());
  Call call(b, inputs, o.name, "sampled_softmax_loss");
  Sampled s = SampledLogits(*b, weights, biases, labels, inputs.output(), num_sampled, num_classes, o,
                            o.remove_accidental_hits.value_or(true));
  return SoftmaxCrossEntropyWithLogits(StopGradient(s.labels), s.logits);
}

}  // namespace weir::ops
