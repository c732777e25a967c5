// Metrics by TF1's names (tf.metrics): figures over a stream of batches, kept in local variables.
//
//   auto [accuracy, update] = metrics::Accuracy(labels, predictions);
//   session.Run(LocalVariablesInitializer(g));  // starts at 0
//   for (…) session.Run(update, batch);         // the figure so far
//   session.Run(accuracy);                      // the figure, without a batch
//
// Variables bear TensorFlow's names (`accuracy/total`, `accuracy/count`) and are in the collections "local_variables"
// and "metric_variables". In a run that fetches both, `value` is the figure before the batch and `update_op` the one
// after: control edges say so, in TensorFlow too.
//
// Labels and predictions have one shape, or one of them another axis of size 1 at the end, which is dropped. `weights`
// is a number, a scalar, or a tensor of as many axes as the values, each of their size or 1 (a missing or additional
// last axis of size 1 is mended); 0 takes an element out. Ranks are known. All is computed in float32.
#pragma once

#include <string>
#include <vector>

#include "weir/graph/builder.h"

namespace weir::metrics {

struct Metric {
  Output value, update_op;
};

struct MetricOptions {
  Input weights = 1.0;
  std::vector<std::string> metrics_collections = {};  // that `value` joins
  std::vector<std::string> updates_collections = {};  // that `update_op` joins
  std::string name = {};
};

// ---- means
Metric Mean(Input values, const MetricOptions& o = {});
// Element by element; the shape is known.
Metric MeanTensor(Input values, const MetricOptions& o = {});
// How often predictions equal labels; predictions take labels' dtype.
Metric Accuracy(Input labels, Input predictions, const MetricOptions& o = {});
Metric MeanAbsoluteError(Input labels, Input predictions, const MetricOptions& o = {});
Metric MeanSquaredError(Input labels, Input predictions, const MetricOptions& o = {});
Metric RootMeanSquaredError(Input labels, Input predictions, const MetricOptions& o = {});
// |l - p| / normalizer, and 0 where the normalizer is 0.
Metric MeanRelativeError(Input labels, Input predictions, Input normalizer, const MetricOptions& o = {});
// 1 - the mean of Σ l·p along `dim`, for vectors of length 1.
Metric MeanCosineDistance(Input labels, Input predictions, int64_t dim, const MetricOptions& o = {});
// The share of values < threshold.
Metric PercentageBelow(Input values, Input threshold, const MetricOptions& o = {});

// ---- classes 0 … num_classes-1; a class out of range is an error when run
// The mean of the accuracies within the classes; update_op is a vector of them.
Metric MeanPerClassAccuracy(Input labels, Input predictions, int64_t num_classes, const MetricOptions& o = {});
// The mean, over the classes met, of intersection / union; update_op is the confusion matrix in double.
Metric MeanIou(Input labels, Input predictions, int64_t num_classes, const MetricOptions& o = {});

// ---- counts of bool labels and predictions (other dtypes: true is what is not 0)
Metric TruePositives(Input labels, Input predictions, const MetricOptions& o = {});
Metric FalsePositives(Input labels, Input predictions, const MetricOptions& o = {});
Metric TrueNegatives(Input labels, Input predictions, const MetricOptions& o = {});
Metric FalseNegatives(Input labels, Input predictions, const MetricOptions& o = {});
// tp / (tp + fp) and tp / (tp + fn); 0 when nothing was counted.
Metric Precision(Input labels, Input predictions, const MetricOptions& o = {});
Metric Recall(Input labels, Input predictions, const MetricOptions& o = {});

// ---- of predictions in [0, 1] (else an error when run): positive is what exceeds a threshold
// A value for each threshold; 1e-7 in the divisor keeps it finite.
Metric PrecisionAtThresholds(Input labels, Input predictions, const std::vector<float>& thresholds,
                             const MetricOptions& o = {});
Metric RecallAtThresholds(Input labels, Input predictions, const std::vector<float>& thresholds,
                          const MetricOptions& o = {});

enum class Curve { kRoc, kPr };
enum class Summation {
  kTrapezoidal,
  kCarefulInterpolation,  // of the PR curve by Davis and Goadrich, of the ROC curve as kTrapezoidal
  kMinoring,              // the lower of the two ends of each step
  kMajoring,              // the upper
};
struct AucOptions {
  int64_t num_thresholds = 200;            // at least 2, evenly spaced
  std::vector<float> thresholds = {};      // instead, within (0, 1); both ends are added
  Curve curve = Curve::kRoc;
  Summation summation_method = Summation::kTrapezoidal;
};
// The area under the curve, by its points at the thresholds.
Metric Auc(Input labels, Input predictions, const AucOptions& auc = {}, const MetricOptions& o = {});

}  // namespace weir::metrics
