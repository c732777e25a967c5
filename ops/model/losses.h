// Losses by TF1's names (tf.losses): element-wise losses, weighted and reduced to a scalar that joins the graph's
// losses.
//
// Labels and predictions have one shape unless told otherwise and are computed with in float32. `weights` is a number,
// a scalar, or has the rank of the element losses and for each axis its size or 1 (a 0 takes an example out).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weir/graph/builder.h"
#include "weir/ops/random/random.h"

namespace weir::losses {

enum class Reduction {
  kNone,               // the weighted losses, unreduced
  kSum,
  kMean,               // sum / sum of weights
  kSumOverBatchSize,   // sum / number of losses
  kSumByNonzeroWeights // sum / number of losses with a weight other than 0
};

struct LossOptions {
  Input weights = 1.0;
  Reduction reduction = Reduction::kSumByNonzeroWeights;
  std::string collection = "losses";  // "" for none
  std::string name = {};
};

// Weights and reduces element-wise losses.
Output ComputeWeightedLoss(Input losses, const LossOptions& o = {});

Output AbsoluteDifference(Input labels, Input predictions, const LossOptions& o = {});  // |p - l|
Output MeanSquaredError(Input labels, Input predictions, const LossOptions& o = {});    // (p - l)²
// 1 - Σ l·p along `axis`, for vectors of length 1.
Output CosineDistance(Input labels, Input predictions, int axis, const LossOptions& o = {});
// max(0, 1 - (2l - 1)·logit), labels 0 or 1.
Output HingeLoss(Input labels, Input logits, const LossOptions& o = {});
// e²/2 where |e| = |p - l| <= delta, else delta·|e| - delta²/2.
Output HuberLoss(Input labels, Input predictions, double delta = 1.0, const LossOptions& o = {});
// -l·log(p + ε) - (1 - l)·log(1 - p + ε)
Output LogLoss(Input labels, Input predictions, double epsilon = 1e-7, const LossOptions& o = {});
// The mean, over pairs of elements of each example [batch, …], of the squared difference between the differences of
// predictions and of labels. A weight for each example at most; reduction is not looked at.
Output MeanPairwiseSquaredError(Input labels, Input predictions, const LossOptions& o = {});
// Cross-entropy of probabilities [0, 1] and logits, element by element. label_smoothing moves labels towards 1/2.
Output SigmoidCrossEntropy(Input multi_class_labels, Input logits, double label_smoothing = 0,
                           const LossOptions& o = {});
// Of one-hot labels [batch, classes]; label_smoothing moves them towards 1/classes. Losses are [batch].
Output SoftmaxCrossEntropy(Input onehot_labels, Input logits, double label_smoothing = 0, const LossOptions& o = {});
// Of class numbers [batch] (or [batch, 1]) and logits [batch, classes]. Losses are [batch]; weights may be [batch, 1],
// too.
Output SparseSoftmaxCrossEntropy(Input labels, Input logits, const LossOptions& o = {});

// ---- the graph's losses
void AddLoss(const Output& loss, const std::string& collection = "losses");
std::vector<Output> GetLosses(Builder& b);
std::vector<Output> GetRegularizationLosses(Builder& b);
// Sums; 0 when there is none.
Output GetRegularizationLoss(At g, const Name& name = {"total_regularization_loss"});
Output GetTotalLoss(At g, bool add_regularization_losses = true, const Name& name = {"total_loss"});

}  // namespace weir::losses

namespace weir::ops {

// max(x, 0) - x·z + log(1 + exp(-|x|)), x the logits and z the labels: no overflow for any logit.
Output SigmoidCrossEntropyWithLogits(Input labels, Input logits, const Name& name = {});

// ---- losses of classifiers with many classes: only the true ones and some that are drawn are looked at
struct SampledLossOptions {
  int64_t num_true = 1;
  std::optional<CandidateSamples> sampled_values = {};  // else a LogUniformCandidateSampler's, none twice
  // Drawn classes that are true do not count, however often they were drawn (TensorFlow: but once). NceLoss: false,
  // else true.
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
