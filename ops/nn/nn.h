// Building functions of softmax, cross-entropies, bias, top-k, normalisation and sampled losses. The activations are in
// math_ops.h, convolutions and pools in conv_ops.h. Float means half, bfloat16, float or double.
#pragma once

#include <optional>
#include <string>

#include "weir/ops/random/random.h"
#include "weir/ops/reduce/reduce.h"

namespace weir::ops {

// exp(x - max) / Σ exp(x - max) along `axis`, and its logarithm. Float logits of rank 1 at least. An axis that is not the
// last needs a known rank; it is transposed to the end and back.
Output Softmax(Input logits, int axis = -1, const Name& name = {});
Output LogSoftmax(Input logits, int axis = -1, const Name& name = {});

// The loss -Σ labels · log softmax(logits) along `axis`, which vanishes. Labels are probabilities of the logits' shape;
// gradients flow into both. As in Python, labels come first.
Output SoftmaxCrossEntropyWithLogits(Input labels, Input logits, int axis = -1, const Name& name = {});
// The same where labels [d0, …] are the int32 or int64 classes that are true, logits [d0, …, classes]. A label outside the
// classes is an error when run.
Output SparseSoftmaxCrossEntropyWithLogits(Input labels, Input logits, const Name& name = {});

struct BiasAddOptions {
  std::string data_format = "NHWC";  // channels are the last axis; "NCHW": axis 1
  std::string name = {};
};
// value + bias, a vector along the channel axis. Numbers, of rank 2 at least.
inline Output BiasAdd(Input value, Input bias, const BiasAddOptions& o = {}) {
  return Make("BiasAdd", {value, bias}, {{"data_format", o.data_format}}, {.name = o.name});
}

struct TopKOptions {
  bool sorted = true;             // in descending order; else in any
  DType index_type = kInt32;      // int16, int32, int64
  std::string name = {};
};
struct TopKResult {
  Output values, indices;
};
// The k largest elements along the last axis and where they stand; of equal ones the lower index comes first.
TopKResult TopK(Input input, Input k = 1, const TopKOptions& options = {});

// bool [batch]: whether predictions [batch, classes] (float) rank the class targets[i] among the k highest; ties count in.
inline Output InTopK(Input predictions, Input targets, Input k, const Name& name = {}) {
  return Make("InTopKV2", {predictions, targets, k}, {}, name);
}

// Σ t² / 2, a scalar. Float.
inline Output L2Loss(Input t, const Name& name = {}) { return Make("L2Loss", {t}, {}, name); }

// ---- normalisation
struct MomentsResult {
  Output mean, variance;  // of x's dtype; 16-bit floats are summed in float
};
// The mean of x over `axes` and the mean of the squared differences from it. Float.
MomentsResult Moments(Input x, const Axes& axes, const ReduceOptions& o = {});

struct LayerNormOptions {
  Axes axes = {-1};  // over which mean and variance are taken, each example by itself
  double epsilon = 1e-3;
  std::string name = {};
};
// (x - mean) / sqrt(variance + epsilon) · gamma + beta; gamma and beta broadcast with x (numbers, or a vector for the
// last axis). Float; 16-bit floats are computed in float. With variables of its own: layers::LayerNorm.
Output LayerNorm(Input x, Input gamma = 1.0, Input beta = 0.0, const LayerNormOptions& o = {});

struct L2NormalizeOptions {
  double epsilon = 1e-12;
  std::string name = {};
};
// x / sqrt(max(Σ x², epsilon)), the sum over `axes`. Float.
Output L2Normalize(Input x, const Axes& axes, const L2NormalizeOptions& o = {});

// ---- losses of classifiers with many classes: only the true ones and some that are drawn are looked at
struct SampledLossOptions {
  int64_t num_true = 1;
  std::optional<CandidateSamples> sampled_values = {};  // else a LogUniformCandidateSampler's, none twice
  // Drawn classes that are true do not count, however often they were drawn (TensorFlow: but once). NceLoss: false, else true.
  std::optional<bool> remove_accidental_hits = {};
  std::optional<int64_t> seed = {};  // of the sampler
  std::string name = {};
};
// Noise-contrastive estimation, a loss [batch] for each example. weights [num_classes, dim] and biases [num_classes]
// are variables or Outputs (their gradients stay sparse), labels int64 or int32 [batch, num_true], inputs [batch, dim].
Output NceLoss(Input weights, Input biases, Input labels, Input inputs, int64_t num_sampled, int64_t num_classes,
               const SampledLossOptions& o = {});
// Softmax cross-entropy over the true and the drawn classes, the same arguments; each of several true ones has its
// share.
Output SampledSoftmaxLoss(Input weights, Input biases, Input labels, Input inputs, int64_t num_sampled,
                          int64_t num_classes, const SampledLossOptions& o = {});

}  // namespace weir::ops
