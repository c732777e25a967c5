// Every loss is a formula for its elements and one common ending: weights, reduction, collection (ComputeWeightedLoss).
#include "weir/ops/model/losses.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/nn/nn.h"
#include "weir/ops/nn/swapped_labels.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/ops/shape_helpers.h"
#include "weir/ops/model/variables.h"

namespace weir {

namespace losses {

namespace {

// Whether the sizes are equal as far as they are known; with `ones` a size 1 of `a` stands for any.
bool Fits(const PartialShape& a, const PartialShape& b, bool ones = false) {
  if (!a.known_rank() || !b.known_rank()) return true;
  if (a.rank() != b.rank()) return false;
  for (int i = 0; i < a.rank(); ++i) {
    if (Known(a[i]) && Known(b[i]) && a[i] != b[i] && !(ones && a[i] == 1)) return false;
  }
  return true;
}

// The scope of one loss function, and its arguments in float32.
class LossScope {
 public:
  LossScope(const Input& labels, const Input& predictions, const LossOptions& o, const char* name) : options_(o) {
    builder_ = BuilderOf({predictions, labels});
    if (!builder_) return;
    loc_ = std::make_unique<Builder::Guard>(builder_->At(predictions.loc()));
    scope_ = std::make_unique<Builder::Guard>(builder_->NameScope(o.name.empty() ? name : o.name));
  }
  bool valid() const { return builder_ != nullptr; }
  Output Float(const Input& x) const { return x.is_literal() ? Value(x, kFloat) : ops::Cast(x, kFloat); }
  // A literal as a node of that dtype.
  Output Value(const Input& x, DType dtype) const { return AsOutput(*builder_, x, dtype); }
  // A literal of more than one number as a node, to be looked at and reshaped like any other.
  Input Node(const Input& x) const {
    if (!x.is_literal()) return x;
    auto tensor = x.literal().ToTensor(kFloat);
    return tensor.ok() && tensor->rank() > 0 ? Input(builder_->Constant(*std::move(tensor)), x.loc()) : x;
  }
  // An error, as broadcasting would go unnoticed, unless both have one shape.
  void RequireOneShape(const Output& labels, const Output& predictions) const {
    if (!labels.valid() || !predictions.valid() || Fits(labels.shape(), predictions.shape())) return;
    builder_->Fail(
        InvalidArgument(fmt::format("error[shape]: loss '{}' cannot compare labels {} with predictions {}",
                                    builder_->scope(), labels.shape().ToString(), predictions.shape().ToString())));
  }
  // Labels and predictions, of one shape.
  std::pair<Output, Output> Pair(const Input& labels, const Input& predictions) const {
    Output l = Float(labels), p = Float(predictions);
    RequireOneShape(l, p);
    return {l, p};
  }
  // Labels in the dtype of the logits, and these, of one shape.
  std::pair<Output, Output> LabelsAndLogits(const Input& labels, const Input& logits) const {
    Output x = Value(logits, kFloat);
    Output l = ops::Cast(Value(labels, kFloat), x.dtype());
    RequireOneShape(l, x);
    return {l, x};
  }
  // The weights: one number, or for each axis of the losses its size or 1.
  Output Weights(const Output& losses) const {
    Output weights = Float(options_.weights);
    if (!losses.valid() || !weights.valid() || weights.shape().rank() == 0 ||
        Fits(weights.shape(), losses.shape(), true))
      return weights;
    builder_->Fail(
        InvalidArgument(fmt::format("error[shape]: loss '{}' cannot weigh losses {} by weights {}", builder_->scope(),
                                    losses.shape().ToString(), weights.shape().ToString()))
            .Help("one number, or for each axis of the losses its size or 1"));
    return {};
  }
  // Weighted and reduced, in the loss's scope.
  Output Finish(const Output& losses) const { return Finish(losses, options_.weights); }
  Output Finish(const Output& losses, const Input& weights) const {
    LossOptions o = options_;
    o.weights = weights, o.name = {};
    return ComputeWeightedLoss(losses, o);
  }

 private:
  const LossOptions& options_;
  Builder* builder_;
  std::unique_ptr<Builder::Guard> loc_, scope_;
};

// 1 for each loss whose weight is not 0.
Output Present(const Output& losses, const Output& weights) {
  return ops::Multiply(ops::Cast(ops::NotEqual(weights, 0.0), kFloat), ops::OnesLike(losses));
}

// Whether a literal weight is one number other than 0: then every loss counts.
bool CountsAll(const Input& weights) {
  if (!weights.is_literal()) return false;
  auto tensor = weights.literal().ToTensor(kFloat);
  return tensor.ok() && tensor->rank() == 0 && tensor->scalar<float>() != 0;
}

Output Count(const Output& losses) { return ops::Cast(ops::Size(losses), kFloat); }

Output Reduce(const Output& weighted, const Output& losses, const Output& weights, const LossOptions& o) {
  Output sum = ops::ReduceSum(weighted);
  switch (o.reduction) {
    case Reduction::kNone: return weighted;
    case Reduction::kSum: return sum;
    case Reduction::kMean: return ops::DivNoNan(sum, ops::ReduceSum(ops::Multiply(ops::OnesLike(losses), weights)));
    case Reduction::kSumOverBatchSize: return ops::DivNoNan(sum, Count(losses));
    case Reduction::kSumByNonzeroWeights: break;
  }
  return ops::DivNoNan(sum, CountsAll(o.weights) ? Count(losses) : ops::ReduceSum(Present(losses, weights)));
}

}  // namespace

Output ComputeWeightedLoss(Input losses, const LossOptions& o) {
  LossScope s(losses, losses, o, "weighted_loss");
  if (!s.valid()) return {};
  Output element = s.Float(losses), weights = s.Weights(element);
  Output loss = Reduce(ops::Multiply(element, weights), element, weights, o);
  if (!losses.is_literal()) loss = ops::Cast(loss, losses.dtype());
  if (loss.valid() && !o.collection.empty()) AddLoss(loss, o.collection);
  return loss;
}

Output AbsoluteDifference(Input labels, Input predictions, const LossOptions& o) {
  LossScope s(labels, predictions, o, "absolute_difference");
  if (!s.valid()) return {};
  auto [l, p] = s.Pair(labels, predictions);
  return s.Finish(ops::Abs(p - l));
}

Output MeanSquaredError(Input labels, Input predictions, const LossOptions& o) {
  LossScope s(labels, predictions, o, "mean_squared_error");
  if (!s.valid()) return {};
  auto [l, p] = s.Pair(labels, predictions);
  return s.Finish(ops::SquaredDifference(p, l));
}

Output CosineDistance(Input labels, Input predictions, int axis, const LossOptions& o) {
  LossScope s(labels, predictions, o, "cosine_distance_loss");
  if (!s.valid()) return {};
  auto [l, p] = s.Pair(labels, predictions);
  return s.Finish(1.0 - ops::ReduceSum(p * l, axis, {.keepdims = true}));
}

Output HingeLoss(Input labels, Input logits, const LossOptions& o) {
  LossScope s(labels, logits, o, "hinge_loss");
  if (!s.valid()) return {};
  auto [l, x] = s.Pair(labels, logits);
  return s.Finish(ops::Relu(1.0 - (l * 2.0 - 1.0) * x));
}

Output HuberLoss(Input labels, Input predictions, double delta, const LossOptions& o) {
  LossScope s(labels, predictions, o, "huber_loss");
  if (!s.valid()) return {};
  auto [l, p] = s.Pair(labels, predictions);
  Output error = ops::Abs(p - l);
  Output quadratic = ops::Minimum(error, delta);
  return s.Finish(quadratic * quadratic * 0.5 + (error - quadratic) * delta);
}

Output LogLoss(Input labels, Input predictions, double epsilon, const LossOptions& o) {
  LossScope s(labels, predictions, o, "log_loss");
  if (!s.valid()) return {};
  auto [l, p] = s.Pair(labels, predictions);
  return s.Finish(-(l * ops::Log(p + epsilon)) - (1.0 - l) * ops::Log(1.0 - p + epsilon));
}

Output MeanPairwiseSquaredError(Input labels, Input predictions, const LossOptions& o) {
  LossScope s(labels, predictions, o, "mean_pairwise_squared_error");
  if (!s.valid()) return {};
  auto [l, p] = s.Pair(labels, predictions);
  Output difference = p - l, weights = s.Weights(difference);
  if (!difference.valid() || !difference.shape().known_rank()) {
    if (difference.valid()) {
      difference.builder()->Fail(InvalidArgument("error[shape]: a pairwise loss needs predictions of known rank"));
    }
    return {};
  }
  Output rest = ops::Range(*difference.builder(), 1, difference.shape().rank(), 1);
  auto sum = [&](const Output& x) { return ops::ReduceSum(x, rest, {.keepdims = true}); };
  Output present = sum(Present(difference, weights)), others = ops::Maximum(present - 1.0, 0.0);
  Output squares = ops::DivNoNan(sum(ops::Square(difference)), others) * 2.0;
  Output square = ops::DivNoNan(ops::Square(sum(difference)), ops::Maximum(present * (present - 1.0), 0.0)) * 2.0;
  Output loss = ops::ReduceSum((squares - square) * weights);
  loss = ops::Where(ops::Greater(ops::ReduceSum(present), 0.0), loss, ops::ZerosLike(loss));
  if (loss.valid() && !o.collection.empty()) AddLoss(loss, o.collection);
  return loss;
}

Output SigmoidCrossEntropy(Input labels, Input logits, double label_smoothing, const LossOptions& o) {
  LossScope s(labels, logits, o, "sigmoid_cross_entropy_loss");
  if (!s.valid() || AreSwapped(labels, logits, "SigmoidCrossEntropy")) return {};
  auto [z, x] = s.LabelsAndLogits(labels, logits);
  if (label_smoothing > 0) z = z * (1 - label_smoothing) + 0.5 * label_smoothing;
  return s.Finish(ops::SigmoidCrossEntropyWithLogits(z, x));
}

Output SoftmaxCrossEntropy(Input labels, Input logits, double label_smoothing, const LossOptions& o) {
  LossScope s(labels, logits, o, "softmax_cross_entropy_loss");
  if (!s.valid() || AreSwapped(labels, logits, "SoftmaxCrossEntropy")) return {};
  auto [z, x] = s.LabelsAndLogits(labels, logits);
  if (label_smoothing > 0) {
    Output classes = ops::Cast(ops::StridedSlice(ops::ShapeOf(z), {1}, {2}, {1}, {.shrink_axis_mask = 1}), x.dtype());
    z = z * (1 - label_smoothing) + label_smoothing / classes;
  }
  return s.Finish(ops::SoftmaxCrossEntropyWithLogits(ops::StopGradient(z), x));
}

namespace {

// Classes have one axis less than the logits: where they have as many, the last, of size 1, is dropped. Ranks that are
// not known are asked for when run.
Output SqueezedLabels(const Output& labels, const Output& logits) {
  if (!labels.valid() || !logits.valid()) return labels;
  const PartialShape &l = labels.shape(), &x = logits.shape();
  if (l.known_rank() && x.known_rank()) {
    bool column = l.rank() == x.rank() && l.rank() > 0 && (!Known(l[l.rank() - 1]) || l[l.rank() - 1] == 1);
    return column ? ops::Squeeze(labels, {-1}) : labels;
  }
  Output rank = ops::Rank(labels), extra = ops::Cast(ops::Equal(rank, ops::Rank(logits)), kInt32);
  Output kept = ops::Slice(ops::ShapeOf(labels), {0}, ops::ExpandDims(rank - extra, 0));
  return ops::Reshape(labels, kept);
}

// Weights of one axis more than the losses, a last one of size 1, without that.
Input AlignedWeights(const Input& weights, const Output& losses) {
  if (weights.is_literal() || !weights.output().valid() || !losses.valid()) return weights;
  const PartialShape &w = weights.output().shape(), &l = losses.shape();
  if (!w.known_rank() || !l.known_rank() || w.rank() == 0) return weights;
  if (w.rank() == l.rank() + 1 && (!Known(w[w.rank() - 1]) || w[w.rank() - 1] == 1))
    return Input(ops::Squeeze(weights, {-1}), weights.loc());
  return weights;
}

}  // namespace

Output SparseSoftmaxCrossEntropy(Input labels, Input logits, const LossOptions& o) {
  LossScope s(labels, logits, o, "sparse_softmax_cross_entropy_loss");
  if (!s.valid()) return {};
  Output classes = s.Value(labels, DType::kInvalid), x = s.Value(logits, kFloat);
  classes = SqueezedLabels(classes, x);
  Output losses = ops::SparseSoftmaxCrossEntropyWithLogits(classes, x);
  return s.Finish(losses, AlignedWeights(s.Node(o.weights), losses));
}

void AddLoss(const Output& loss, const std::string& collection) {
  if (loss.valid() && !collection.empty()) OutputCollection(*loss.builder(), collection).push_back(loss);
}

std::vector<Output> GetLosses(Builder& b) { return OutputCollection(b, collection::kLosses); }
std::vector<Output> GetRegularizationLosses(Builder& b) {
  return OutputCollection(b, collection::kRegularizationLosses);
}

namespace {

Output Total(At g, const std::vector<Output>& losses, const Name& name) {
  auto at = g.builder->At(g.loc);
  if (losses.empty()) return g.builder->Constant(Tensor(0.0f), name);
  return g.builder->Add("AddN", losses, {}, name, g.loc);
}

}  // namespace

Output GetRegularizationLoss(At g, const Name& name) { return Total(g, GetRegularizationLosses(*g.builder), name); }

Output GetTotalLoss(At g, bool add_regularization_losses, const Name& name) {
  std::vector<Output> all = GetLosses(*g.builder);
  if (add_regularization_losses) {
    for (const Output& o : GetRegularizationLosses(*g.builder)) all.push_back(o);
  }
  return Total(g, all, name);
}

}  // namespace losses

namespace ops {

Output SigmoidCrossEntropyWithLogits(Input labels, Input logits, const Name& name) {
  Builder* b = BuilderOf({logits, labels});
  if (!b) return {};
  auto at = b->At(logits.loc());
  auto scope = b->NameScope(name.name.empty() ? "logistic_loss" : name.name);
  Output x = logits.is_literal() ? Make("Mul", {OnesLike(labels), logits}) : logits.output();
  Output zeros = ZerosLike(x), positive = GreaterEqual(x, zeros);
  // Why selects instead of max and abs: their gradients at 0 are then those of the formula.
  Output relu = Where(positive, x, zeros), minus_abs = Where(positive, -x, x);
  return Add(relu - x * labels, Log1p(Exp(minus_abs)), {.name = b->scope()});
}

}  // namespace ops
}  // namespace weir
