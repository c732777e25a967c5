// Metrics that count right and wrong decisions: of bools, and of probabilities at thresholds.
#include <fmt/format.h>

#include <algorithm>

#include "weir/ops/array/array.h"
#include "weir/ops/control/control.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/metrics_internal.h"
#include "weir/ops/reduce/reduce.h"

namespace weir::metrics {

namespace {

// Of which labels and predictions a count is.
struct Kind {
  bool label, prediction;
  const char* name;
};
constexpr Kind kTruePositives{true, true, "true_positives"}, kFalsePositives{false, true, "false_positives"};
constexpr Kind kTrueNegatives{false, false, "true_negatives"}, kFalseNegatives{true, false, "false_negatives"};

Output Both(const Kind& kind, const Output& label, const Output& prediction) {
  Output l = kind.label ? label : ops::LogicalNot(label);
  return ops::Cast(ops::LogicalAnd(l, kind.prediction ? prediction : ops::LogicalNot(prediction)), kFloat);
}

Metric Count(const Kind& kind, const Input& labels, const Input& predictions, const MetricOptions& o) {
  MetricScope s({labels, predictions}, o, kind.name);
  if (!s.valid()) return {};
  auto [l, p] = s.Pair(labels, predictions);
  if (!l.valid()) return {};
  Output counted = Both(kind, ops::Cast(l, kBool), ops::Cast(p, kBool));
  Accumulator count(s.builder(), {}, "count");
  return s.Finish(count.before(), count.Add(ops::ReduceSum(s.Weigh(counted))));
}

// Of two counts the first's share in their sum.
Output Share(const Output& part, const Output& rest, const char* name) {
  Output sum = part + rest, share = ops::Divide(part, sum);
  return ops::Where(ops::Greater(sum, 0.0), share, ops::ZerosLike(share), {.name = name});
}

// True positives as a share of themselves and `others`.
Metric TruePositiveShare(const Kind& others, const char* name, const Input& labels, const Input& predictions,
                         const MetricOptions& o) {
  MetricScope s({labels, predictions}, o, name);
  if (!s.valid()) return {};
  Metric tp = Count(kTruePositives, labels, predictions, {.weights = o.weights});
  Metric rest = Count(others, labels, predictions, {.weights = o.weights});
  if (!tp.value.valid() || !rest.value.valid()) return {};
  return s.Finish(Share(tp.value, rest.value, "value"), Share(tp.update_op, rest.update_op, "update_op"));
}

// Counts of each kind at each threshold, [thresholds].
std::vector<Metric> CountAtThresholds(const MetricScope& s, const std::vector<Kind>& kinds, const Input& labels,
                                      const Input& predictions, const std::vector<float>& thresholds) {
  auto [l, p] = s.Pair(labels, predictions);
  if (!l.valid()) return {};
  Output in_range = ops::ReduceAll(ops::LogicalAnd(ops::GreaterEqual(p, 0.0), ops::LessEqual(p, 1.0)));
  Operation check = ops::Assert(in_range, {"predictions must be in [0, 1]", p});
  if (!check.valid()) return {};
  {
    auto after = s.builder().ControlDependencies({check});
    p = ops::Identity(p);
  }
  p = ops::Cast(p, kFloat);
  Output limits = ops::Reshape(s.builder().Constant(Tensor::Vector(thresholds), {.name = "thresholds"}), {-1, 1});
  Output positive = ops::Greater(ops::Reshape(p, {1, -1}), limits);
  Output label = ops::Reshape(ops::Cast(l, kBool), {1, -1});
  std::optional<Output> weights = s.Weights(p);
  if (weights) weights = ops::Reshape(*weights, {1, -1});
  std::vector<Metric> counts;
  for (const Kind& kind : kinds) {
    Accumulator count(s.builder(), {static_cast<int64_t>(thresholds.size())}, kind.name);
    Output counted = Both(kind, label, positive);
    if (weights) counted = ops::Multiply(counted, *weights);
    counts.push_back({count.before(), count.Add(ops::ReduceSum(counted, 1))});
  }
  return counts;
}

Metric ShareAtThresholds(const Kind& others, const char* name, const char* prefix, const Input& labels,
                         const Input& predictions, const std::vector<float>& thresholds, const MetricOptions& o) {
  MetricScope s({labels, predictions}, o, name);
  if (!s.valid()) return {};
  std::vector<Metric> c = CountAtThresholds(s, {kTruePositives, others}, labels, predictions, thresholds);
  if (c.empty()) return {};
  auto share = [&](const Output& tp, const Output& rest, const char* suffix) {
    return ops::Divide(tp, 1e-7 + tp + rest, {.name = fmt::format("{}_{}", prefix, suffix)});
  };
  return s.Finish(share(c[0].value, c[1].value, "value"), share(c[0].update_op, c[1].update_op, "update_op"));
}

}  // namespace

Metric TruePositives(Input l, Input p, const MetricOptions& o) { return Count(kTruePositives, l, p, o); }
Metric FalsePositives(Input l, Input p, const MetricOptions& o) { return Count(kFalsePositives, l, p, o); }
Metric TrueNegatives(Input l, Input p, const MetricOptions& o) { return Count(kTrueNegatives, l, p, o); }
Metric FalseNegatives(Input l, Input p, const MetricOptions& o) { return Count(kFalseNegatives, l, p, o); }

Metric Precision(Input labels, Input predictions, const MetricOptions& o) {
  return TruePositiveShare(kFalsePositives, "precision", labels, predictions, o);
}
Metric Recall(Input labels, Input predictions, const MetricOptions& o) {
  return TruePositiveShare(kFalseNegatives, "recall", labels, predictions, o);
}

Metric PrecisionAtThresholds(Input labels, Input predictions, const std::vector<float>& thresholds,
                             const MetricOptions& o) {
  return ShareAtThresholds(kFalsePositives, "precision_at_thresholds", "precision", labels, predictions, thresholds, o);
}
Metric RecallAtThresholds(Input labels, Input predictions, const std::vector<float>& thresholds,
                          const MetricOptions& o) {
  return ShareAtThresholds(kFalseNegatives, "recall_at_thresholds", "recall", labels, predictions, thresholds, o);
}

// ---- area under a curve

namespace {

// The thresholds from just below 0 to just above 1, so that both ends of the curve are met.
std::vector<float> AucThresholds(const AucOptions& auc) {
  std::vector<float> t = auc.thresholds;
  std::sort(t.begin(), t.end());
  if (t.empty()) {
    for (int64_t i = 1; i + 1 < auc.num_thresholds; ++i)
      t.push_back(static_cast<float>(i * 1.0 / (auc.num_thresholds - 1)));
  }
  t.insert(t.begin(), -1e-7f);
  t.push_back(1.0f + 1e-7f);
  return t;
}

// The points of a curve without its last, without its first.
struct Ends {
  Output left, right;
};
Ends EndsOf(const Output& x) {
  int64_t steps = x.shape()[0] - 1;
  return {ops::Slice(x, {0}, {steps}), ops::Slice(x, {1}, {steps})};
}

// Between two thresholds true positives are taken to grow in proportion to all positives.
Output CarefulPrArea(const Output& tp, const Output& fp, const Output& fn, const char* name) {
  Ends t = EndsOf(tp), p = EndsOf(tp + fp), n = EndsOf(fn);
  Output grown = t.left - t.right;
  Output slope = ops::DivNoNan(grown, ops::Maximum(p.left - p.right, 0.0));
  Output intercept = t.right - slope * p.right;
  Output met = ops::LogicalAnd(ops::Greater(p.left, 0.0), ops::Greater(p.right, 0.0));
  Output ratio = ops::Where(met, ops::DivNoNan(p.left, ops::Maximum(p.right, 0.0)), ops::OnesLike(p.right));
  Output area = slope * (grown + intercept * ops::Log(ratio));
  return ops::ReduceSum(ops::DivNoNan(area, ops::Maximum(t.right + n.right, 0.0)), {}, {.name = name});
}

Output Area(const AucOptions& auc, const Output& tp, const Output& fn, const Output& tn, const Output& fp,
            const char* name) {
  constexpr double kEpsilon = 1e-6;
  if (!tp.valid() || !fn.valid() || !tn.valid() || !fp.valid()) return {};
  bool roc = auc.curve == Curve::kRoc;
  if (!roc && auc.summation_method == Summation::kCarefulInterpolation) return CarefulPrArea(tp, fp, fn, name);
  Output recall = (tp + kEpsilon) / (tp + fn + kEpsilon);
  Ends x = EndsOf(roc ? fp / (fp + tn + kEpsilon) : recall);
  Ends y = EndsOf(roc ? recall : (tp + kEpsilon) / (tp + fp + kEpsilon));
  Output height;
  switch (auc.summation_method) {
    case Summation::kMinoring:
      height = ops::Minimum(y.left, y.right);
      break;
    case Summation::kMajoring:
      height = ops::Maximum(y.left, y.right);
      break;
    default:
      height = (y.left + y.right) / 2.0;
  }
  return ops::ReduceSum((x.left - x.right) * height, {}, {.name = name});
}

}  // namespace

Metric Auc(Input labels, Input predictions, const AucOptions& auc, const MetricOptions& o) {
  MetricScope s({labels, predictions}, o, "auc");
  if (!s.valid()) return {};
  if (auc.thresholds.empty() && (auc.num_thresholds < 2 || auc.num_thresholds > 1'000'000)) {
    s.builder().Fail(InvalidArgument(fmt::format("error[attr]: metric '{}' needs 2 to 1000000 thresholds, not {}",
                                                 s.builder().scope(), auc.num_thresholds)));
    return {};
  }
  std::vector<Metric> c = CountAtThresholds(s, {kTruePositives, kFalseNegatives, kTrueNegatives, kFalsePositives},
                                            labels, predictions, AucThresholds(auc));
  if (c.empty()) return {};
  Output value = Area(auc, c[0].value, c[1].value, c[2].value, c[3].value, "value");
  return s.Finish(value, Area(auc, c[0].update_op, c[1].update_op, c[2].update_op, c[3].update_op, "update_op"));
}

}  // namespace weir::metrics
