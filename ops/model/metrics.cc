// Metrics that are means of something, and those over classes. All end in a sum, a count and their quotient.
#include "weir/ops/model/metrics.h"

#include <fmt/format.h>

#include <cstdlib>

#include "weir/ops/array/array.h"
#include "weir/ops/gather/gather.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/metrics_internal.h"
#include "weir/ops/reduce/reduce.h"

namespace weir::metrics {

// ---- MetricScope

MetricScope::MetricScope(std::initializer_list<Input> inputs, const MetricOptions& o, const char* name)
    : options_(o), builder_(BuilderOf(inputs)) {
  if (!builder_) return;
  builder_ = Builder::Innermost(builder_);
  loc_ = std::make_unique<Builder::Guard>(builder_->At(inputs.begin()->loc()));
  scope_ = std::make_unique<Builder::Guard>(builder_->NameScope(o.name.empty() ? name : o.name));
}

Output MetricScope::Value(const Input& x, DType dtype) const {
  if (!x.is_literal()) return x.output();
  auto tensor = x.literal().ToTensor(dtype);
  if (tensor.ok()) return builder_->Constant(*std::move(tensor));
  builder_->Fail(InvalidArgument(fmt::format("error[graph]: '{}': {}", builder_->scope(), tensor.status().message())));
  return {};
}

namespace {

int RankOf(const Output& x) { return x.shape().known_rank() ? x.shape().rank() : -1; }

bool LastAxisMayBeOne(const Output& x) {
  const PartialShape& s = x.shape();
  return s.rank() > 0 && (!Known(s[s.rank() - 1]) || s[s.rank() - 1] == 1);
}

Output SqueezedTo(const Output& x, const Output& like) {
  bool extra = RankOf(like) >= 0 && RankOf(x) == RankOf(like) + 1 && LastAxisMayBeOne(x);
  return extra ? ops::Squeeze(x, {-1}) : x;
}

}  // namespace

std::pair<Output, Output> MetricScope::Pair(const Input& labels, const Input& predictions) const {
  Output l = Value(labels, predictions.dtype()), p = Value(predictions, labels.dtype());
  if (!l.valid() || !p.valid()) return {};
  return {SqueezedTo(l, p), SqueezedTo(p, l)};
}

std::optional<Output> MetricScope::Weights(const Output& values) const {
  const Input& given = options_.weights;
  if (!values.valid()) return {};
  if (given.is_literal()) {
    auto tensor = given.literal().ToTensor(kFloat);
    if (tensor.ok() && tensor->rank() == 0 && tensor->scalar<float>() == 1) return {};
  }
  Output w = Value(given, kFloat);
  if (!w.valid()) return {};
  w = ops::Cast(w, kFloat);
  int rank = RankOf(w), want = RankOf(values);
  if (rank > 0 && want >= 0) {
    if (rank == want + 1) w = ops::Squeeze(w, {-1});
    if (rank == want - 1) w = ops::ExpandDims(w, -1);
    if (std::abs(rank - want) > 1) {
      builder_->Fail(InvalidArgument(fmt::format("error[shape]: metric '{}' cannot weigh values {} by weights {}",
                                                 builder_->scope(), values.shape().ToString(), w.shape().ToString())));
      return {};
    }
  }
  return ops::BroadcastTo(w, ops::ShapeOf(values));
}

Output MetricScope::Weigh(const Output& values) const {
  std::optional<Output> w = Weights(values);
  return w ? ops::Multiply(values, *w) : values;
}

Metric MetricScope::Finish(const Output& value, const Output& update_op) const {
  if (!value.valid() || !update_op.valid()) return {};
  for (const std::string& key : options_.metrics_collections) OutputCollection(*builder_, key).push_back(value);
  for (const std::string& key : options_.updates_collections) OutputCollection(*builder_, key).push_back(update_op);
  return {value, update_op};
}

// ---- Accumulator

Accumulator::Accumulator(Builder& b, const Shape& shape, const char* name, DType dtype)
    : variable_(b, shape, dtype, ops::ZerosInitializer(),
                {.name = name,
                 .trainable = false,
                 .collections = {collection::kLocalVariables, collection::kMetricVariables}}),
      before_(variable_.Read()) {}

Output Accumulator::After(const Operation& change) const {
  if (!change.valid()) return {};
  auto after = change.builder()->ControlDependencies({change});
  return variable_.Read();
}

Output Accumulator::Add(const Output& delta) const {
  if (!delta.valid() || !before_.valid()) return {};
  auto after = delta.builder()->ControlDependencies({before_.op()});
  return After(ops::AssignAdd(variable_, delta));
}

Output Accumulator::AddRows(const Output& indices, const Output& delta) const {
  if (!delta.valid() || !before_.valid()) return {};
  auto after = delta.builder()->ControlDependencies({before_.op()});
  return After(ops::ScatterAdd(variable_, indices, delta));
}

// ---- means

namespace {

Output Quotient(const Output& total, const Output& count, const char* name) {
  return ops::DivNoNan(total, ops::Maximum(count, 0.0), {.name = name});
}

// The mean of all that `values` have held, in the metric's scope.
Metric MeanOf(const MetricScope& s, const Output& values) {
  if (!s.valid() || !values.valid()) return {};
  Output v = ops::Cast(values, kFloat);
  Accumulator total(s.builder(), {}, "total"), count(s.builder(), {}, "count");
  std::optional<Output> w = s.Weights(v);
  Output number = w ? ops::ReduceSum(*w) : ops::Cast(ops::Size(v), kFloat);
  if (w) v = ops::Multiply(v, *w);
  Output value = Quotient(total.before(), count.before(), "value");
  Output all = total.Add(ops::ReduceSum(v)), counted = count.Add(number);
  return {value, Quotient(all, counted, "update_op")};
}

Metric FinishMean(const MetricScope& s, const Output& values) {
  Metric m = MeanOf(s, values);
  return s.Finish(m.value, m.update_op);
}

}  // namespace

Metric Mean(Input values, const MetricOptions& o) {
  MetricScope s({values}, o, "mean");
  return s.valid() ? FinishMean(s, values.output()) : Metric{};
}

Metric MeanTensor(Input values, const MetricOptions& o) {
  MetricScope s({values}, o, "mean");
  if (!s.valid()) return {};
  Output v = ops::Cast(values, kFloat);
  auto shape = v.shape().ToShape();
  if (!shape) {
    s.builder().Fail(InvalidArgument(fmt::format("error[shape]: metric '{}' needs values of known shape, not {}",
                                                 s.builder().scope(), v.shape().ToString())));
    return {};
  }
  Accumulator total(s.builder(), *shape, "total_tensor"), count(s.builder(), *shape, "count_tensor");
  Output number = s.Weigh(ops::OnesLike(v));
  Output value = Quotient(total.before(), count.before(), "value");
  Output all = total.Add(s.Weigh(v)), counted = count.Add(number);
  return s.Finish(value, Quotient(all, counted, "update_op"));
}

Metric Accuracy(Input labels, Input predictions, const MetricOptions& o) {
  MetricScope s({labels, predictions}, o, "accuracy");
  if (!s.valid()) return {};
  auto [l, p] = s.Pair(labels, predictions);
  if (!l.valid()) return {};
  return FinishMean(s, ops::Equal(ops::Cast(p, l.dtype()), l));
}

Metric MeanAbsoluteError(Input labels, Input predictions, const MetricOptions& o) {
  MetricScope s({labels, predictions}, o, "mean_absolute_error");
  if (!s.valid()) return {};
  auto [l, p] = s.Pair(labels, predictions);
  return FinishMean(s, ops::Abs(p - l));
}

Metric MeanSquaredError(Input labels, Input predictions, const MetricOptions& o) {
  MetricScope s({labels, predictions}, o, "mean_squared_error");
  if (!s.valid()) return {};
  auto [l, p] = s.Pair(labels, predictions);
  return FinishMean(s, ops::SquaredDifference(l, p));
}

Metric RootMeanSquaredError(Input labels, Input predictions, const MetricOptions& o) {
  MetricScope s({labels, predictions}, o, "root_mean_squared_error");
  if (!s.valid()) return {};
  auto [l, p] = s.Pair(labels, predictions);
  Metric mean = MeanOf(s, ops::SquaredDifference(l, p));
  return s.Finish(ops::Sqrt(mean.value), ops::Sqrt(mean.update_op));
}

Metric MeanRelativeError(Input labels, Input predictions, Input normalizer, const MetricOptions& o) {
  MetricScope s({labels, predictions, normalizer}, o, "mean_relative_error");
  if (!s.valid()) return {};
  auto [l, p] = s.Pair(labels, predictions);
  auto [pp, n] = s.Pair(p, normalizer);
  if (!n.valid()) return {};
  Output zero = ops::Equal(n, 0.0), error = ops::Divide(ops::Abs(l - pp), n);
  return FinishMean(s, ops::Where(zero, ops::ZerosLike(error), error));
}

Metric MeanCosineDistance(Input labels, Input predictions, int64_t dim, const MetricOptions& o) {
  MetricScope s({labels, predictions}, o, "mean_cosine_distance");
  if (!s.valid()) return {};
  auto [l, p] = s.Pair(labels, predictions);
  Metric mean = MeanOf(s, ops::ReduceSum(p * l, dim, {.keepdims = true}));
  if (!mean.value.valid()) return {};
  return s.Finish(1.0 - mean.value, 1.0 - mean.update_op);
}

Metric PercentageBelow(Input values, Input threshold, const MetricOptions& o) {
  MetricScope s({values, threshold}, o, "percentage_below_threshold");
  return s.valid() ? FinishMean(s, ops::Less(values, threshold)) : Metric{};
}

// ---- classes

namespace {

// Whether there is a class at all.
bool CheckClasses(const MetricScope& s, int64_t num_classes) {
  if (num_classes > 0 && num_classes < (int64_t{1} << 30)) return true;
  s.builder().Fail(InvalidArgument(
      fmt::format("error[attr]: metric '{}' cannot have {} classes", s.builder().scope(), num_classes)));
  return false;
}

Output Flat(const Output& x) { return RankOf(x) == 1 ? x : ops::Reshape(x, {-1}); }

}  // namespace

Metric MeanPerClassAccuracy(Input labels, Input predictions, int64_t num_classes, const MetricOptions& o) {
  MetricScope s({labels, predictions}, o, "mean_accuracy");
  if (!s.valid() || !CheckClasses(s, num_classes)) return {};
  auto [l, p] = s.Pair(labels, predictions);
  if (!l.valid()) return {};
  l = ops::Cast(l, kInt64), p = ops::Cast(p, kInt64);
  Accumulator total(s.builder(), {num_classes}, "total"), count(s.builder(), {num_classes}, "count");
  Output ones = Flat(s.Weigh(ops::OnesLike(ops::Cast(l, kFloat))));
  Output correct = Flat(s.Weigh(ops::Cast(ops::Equal(p, l), kFloat)));
  Output each = ops::DivNoNan(count.before(), ops::Maximum(total.before(), 0.0));
  Output rows = Flat(l), all = total.AddRows(rows, ones), right = count.AddRows(rows, correct);
  return s.Finish(ops::ReduceMean(each, {}, {.name = "mean_accuracy"}), Quotient(right, all, "update_op"));
}

namespace {

Output IntersectionOverUnion(const Output& matrix) {
  auto number = [](const Output& x) { return ops::Cast(x, kFloat); };
  Output both = number(ops::ReduceSum(ops::MatrixBandPart(matrix, 0, 0), 0));
  Output either = number(ops::ReduceSum(matrix, 0)) + number(ops::ReduceSum(matrix, 1)) - both;
  Output met = ops::ReduceSum(number(ops::NotEqual(either, 0.0)));
  Output iou = both / ops::Where(ops::Greater(either, 0.0), either, ops::OnesLike(either));
  Output mean = ops::ReduceSum(iou, {}, {.name = "mean_iou"}) / met;
  return ops::Where(ops::Greater(met, 0.0), mean, ops::ZerosLike(mean));
}

}  // namespace

Metric MeanIou(Input labels, Input predictions, int64_t num_classes, const MetricOptions& o) {
  MetricScope s({labels, predictions}, o, "mean_iou");
  if (!s.valid() || !CheckClasses(s, num_classes)) return {};
  auto [l, p] = s.Pair(labels, predictions);
  if (!l.valid()) return {};
  l = ops::Cast(l, kInt64), p = ops::Cast(p, kInt64);
  Accumulator matrix(s.builder(), {num_classes, num_classes}, "total_confusion_matrix", kDouble);
  Output counts = ops::Cast(Flat(s.Weigh(ops::OnesLike(ops::Cast(l, kFloat)))), kDouble);
  Output shape = s.builder().Constant(Tensor::Vector(std::vector<int64_t>{num_classes, num_classes}));
  Output batch = ops::ScatterNd(ops::Stack({Flat(l), Flat(p)}, 1), counts, shape);
  return s.Finish(IntersectionOverUnion(matrix.before()), matrix.Add(batch));
}

}  // namespace weir::metrics
