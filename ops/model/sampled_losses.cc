// Losses of classifiers with many classes, over the true ones and some that are drawn: NceLoss and SampledSoftmaxLoss.
#include <limits>

#include "weir/ops/array/array.h"
#include "weir/ops/call_scope.h"
#include "weir/ops/gather/gather.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/losses.h"
#include "weir/ops/nn/nn.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/ops/shape_helpers.h"

namespace weir::ops {

namespace {

struct Sampled {
  Output logits, labels;  // [batch, num_true + num_sampled]
};

Sampled SampledLogits(Builder& b, const Input& weights, const Input& biases, const Input& labels, const Output& x,
                      int64_t num_sampled, int64_t num_classes, const SampledLossOptions& o, bool remove_hits) {
  Output classes = Cast(AsOutput(b, labels, kInt64), kInt64);
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
    sampled_logits = sampled_logits + Where(hits, AsOutput(b, lowest, x.dtype()), AsOutput(b, 0.0, x.dtype()));
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
  CallScope call(b, inputs, o.name, "nce_loss");
  Sampled s = SampledLogits(*b, weights, biases, labels, inputs.output(), num_sampled, num_classes, o,
                            o.remove_accidental_hits.value_or(false));
  return ReduceSum(SigmoidCrossEntropyWithLogits(s.labels, s.logits), {1});
}

Output SampledSoftmaxLoss(Input weights, Input biases, Input labels, Input inputs, int64_t num_sampled,
                          int64_t num_classes, const SampledLossOptions& o) {
  if (!inputs.output().valid()) return {};
  Builder* b = Builder::Innermost(inputs.builder());
  CallScope call(b, inputs, o.name, "sampled_softmax_loss");
  Sampled s = SampledLogits(*b, weights, biases, labels, inputs.output(), num_sampled, num_classes, o,
                            o.remove_accidental_hits.value_or(true));
  return SoftmaxCrossEntropyWithLogits(StopGradient(s.labels), s.logits);
}

}  // namespace weir::ops
