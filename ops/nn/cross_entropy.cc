// The cross-entropies of softmax: SoftmaxCrossEntropyWithLogits and its sparse form.
//
// Both give the loss and, as a second output, its gradient by the logits. The ops take matrices; the building functions
// take any rank, and the dense one any axis.
#include <fmt/format.h>

#include <utility>

#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"
#include "weir/ops/broadcast_gradients.h"
#include "weir/ops/call_scope.h"
#include "weir/ops/nn/nn.h"
#include "weir/ops/nn/softmax.h"
#include "weir/ops/nn/swapped_labels.h"

namespace weir {
namespace {

constexpr char kFloats[] = "T: {half, bfloat16, float, double}";

Output Mul(Output a, Output b) { return Make("Mul", {a, b}); }

// The gradient by the logits of both cross-entropies: backprop scaled by the loss's gradient, and softmax's gradient
// where backprop itself is differentiated. `logits` have backprop's shape.
Output LogitsGrad(GradContext& c, Output logits) {
  Output g = Mul(Make("ExpandDims", {c.grad(0), -1}), c.output(1));
  if (!c.has_grad(1)) return g;
  return Make("AddV2", {g, nn::ThroughSoftmax(c.grad(1), Make("Softmax", {logits}))});
}

Status CrossEntropyShape(ShapeContext& c) {
  Result<PartialShape> both = BroadcastShapes(c.input(0), c.input(1));
  if (!both.ok())
    return InvalidArgument(fmt::format("cannot broadcast logits {} and labels {}", c.Describe(0), c.Describe(1)));
  if (both->known_rank() && both->rank() != 2) {
    return InvalidArgument(fmt::format("needs logits and labels that are or broadcast to matrices, not {} and {}",
                                       c.Describe(0), c.Describe(1)));
  }
  PartialShape s = both->known_rank() ? *both : PartialShape::UnknownOfRank(2);
  c.set_output(0, PartialShape({s[0]}));
  c.set_output(1, std::move(s));
  return {};
}

Status CrossEntropyGrad(GradContext& c) {
  Output logits = c.input(0);
  // Softmax and LogSoftmax are of whole rows: a broadcast operand is spread first.
  if (!SameStaticShape(c.input(0), c.input(1))) logits = Make("BroadcastTo", {logits, Make("Shape", {c.output(1)})});
  Output by_logits = LogitsGrad(c, logits);
  Output by_labels = Mul(Make("ExpandDims", {c.grad(0), -1}), Make("Neg", {Make("LogSoftmax", {logits})}));
  auto [x, labels] = ReduceBroadcast(c, by_logits, by_labels);
  c.set(0, x);
  c.set(1, labels);
  return {};
}

Status SparseCrossEntropyShape(ShapeContext& c) {
  if (c.input(0).rank() == 1 && c.input(1).rank() == 2) {
    return InvalidArgument(fmt::format("has logits {} and labels {}: they are swapped", c.Describe(0), c.Describe(1)));
  }
  WEIR_ASSIGN_OR_RETURN(PartialShape logits, c.WithRank(0, 2));
  WEIR_ASSIGN_OR_RETURN(PartialShape labels, c.WithRank(1, 1));
  Result<Dim> batch = MergeDims(logits[0], labels[0]);
  if (!batch.ok()) {
    return InvalidArgument(fmt::format("has logits {} but labels {}", c.Describe(0), c.Describe(1)))
        .Detail(fmt::format("the batch differs: {} and {}", logits[0], labels[0]));
  }
  if (logits[1] == 0) return InvalidArgument(fmt::format("needs one class at least; has logits {}", c.Describe(0)));
  c.set_output(0, PartialShape({*batch}));
  c.set_output(1, PartialShape({*batch, logits[1]}));
  return {};
}

Status SparseCrossEntropyGrad(GradContext& c) {
  c.set(0, LogitsGrad(c, c.input(0)));
  return {};
}

}  // namespace

void RegisterCrossEntropyOps(OpRegistry& r) {
  r.Add("SoftmaxCrossEntropyWithLogits")
      .Input("features: T").Input("labels: T").Output("loss: T").Output("backprop: T").Attr(kFloats)
      .Doc("loss[i] = -Σ_j labels[i,j] · log softmax(features[i])[j], and backprop = softmax(features) - labels, the "
           "gradient of the loss by features. features and labels are matrices, or broadcast to one. As in TensorFlow "
           "the gradient of backprop by labels is left out.")
      .Shape(CrossEntropyShape)
      .Gradient(CrossEntropyGrad);
  r.Add("SparseSoftmaxCrossEntropyWithLogits")
      .Input("features: T")
      .Input("labels: Tlabels")
      .Output("loss: T")
      .Output("backprop: T")
      .Attr(kFloats)
      .Attr("Tlabels: {int32, int64} = int64")
      .Doc(
          "loss[i] = -log softmax(features[i])[labels[i]], and backprop, its gradient by features [batch, classes]. A "
          "label outside [0, classes) is an error.")
      .Shape(SparseCrossEntropyShape)
      .Gradient(SparseCrossEntropyGrad);
}

}  // namespace weir

namespace weir::ops {
namespace {

// Axis `inner` moved behind all others.
Output MoveToEnd(Output x, int inner) {
  std::vector<int32_t> perm = nn::Iota(x.shape().rank());
  perm.erase(perm.begin() + inner);
  perm.push_back(inner);
  return nn::Permute(x, perm);
}

// A matrix of the rows along the last axis.
Output AsRows(Output x) {
  if (x.shape().rank() == 2) return x;
  Output shape = Make("Shape", {x});
  Output last = Make("StridedSlice", {shape, {-1}, {0}, {1}}, {{"end_mask", 1}});
  Output rows =
      Make("Prod", {Make("StridedSlice", {shape, {0}, {-1}, {1}}, {{"begin_mask", 1}}), {0}}, {{"keep_dims", true}});
  return Make("Reshape", {x, Make("ConcatV2", {rows, last, 0}, {{"N", 2}})});
}

}  // namespace

Output SoftmaxCrossEntropyWithLogits(Input labels, Input logits, int axis, const Name& name) {
  constexpr char kOp[] = "SoftmaxCrossEntropyWithLogits";
  if (AreSwapped(labels, logits, kOp)) return {};
  Builder* b = BuilderOf({logits, labels});
  bool plain = !b || !logits.builder() || !labels.builder() ||
               (logits.output().shape().rank() == 2 && (axis == -1 || axis == 1));
  if (plain) return Make(kOp, {logits, labels}, {}, name);
  std::optional<int> inner = nn::InnerAxis(b, logits.output(), axis, kOp);
  if (!inner) return {};
  CallScope call(b, logits, name.name, "softmax_cross_entropy_with_logits");
  Output x = logits.output(), y = labels.output();
  if (*inner != -1) {
    if (y.shape().rank() != x.shape().rank()) {
      b->Fail(InvalidArgument(
          fmt::format("{} has logits {} but labels {}", kOp, x.shape().ToString(), y.shape().ToString())));
      return {};
    }
    x = MoveToEnd(x, *inner), y = MoveToEnd(y, *inner);
  }
  Output loss = Make(kOp, {AsRows(x), AsRows(y)});
  if (x.shape().rank() == 2) return loss;
  return Make("Reshape", {loss, Make("StridedSlice", {Make("Shape", {x}), {0}, {-1}, {1}}, {{"begin_mask", 1}})});
}

Output SparseSoftmaxCrossEntropyWithLogits(Input labels, Input logits, const Name& name) {
  constexpr char kOp[] = "SparseSoftmaxCrossEntropyWithLogits";
  if (AreSwapped(labels, logits, kOp)) return {};
  Builder* b = logits.builder();
  if (!b || !labels.builder() || logits.output().shape().rank() == 2) return Make(kOp, {logits, labels}, {}, name);
  CallScope call(b, logits, name.name, kOp);
  Output y = labels.output();
  Output loss = Make(kOp, {AsRows(logits.output()), Make("Reshape", {y, {-1}})});
  return Make("Reshape", {loss, Make("Shape", {y})});
}

}  // namespace weir::ops
