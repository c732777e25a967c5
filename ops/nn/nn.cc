// Softmax, cross-entropies, bias, top-k, L2Loss: schemas, documentation, shapes. Gradients are in nn_grad.cc, building
// functions of several nodes in nn_build.cc.
#include <fmt/format.h>

#include "weir/ops/nn/internal.h"
#include "weir/ops/nn/nn.h"
#include "weir/ops/registry.h"
#include "weir/ops/shape_helpers.h"

namespace weir {
namespace {

constexpr char kFloats[] = "T: {half, bfloat16, float, double}";
constexpr char kNumbers[] =
    "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, "
    "complex128, half, uint32, uint64}";
constexpr char kReals[] =
    "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}";
constexpr char kFormat[] = "data_format: {'NHWC', 'NCHW'} = 'NHWC'";

Status SoftmaxShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape s, c.WithRankAtLeast(0, 1));
  c.set_output(0, std::move(s));
  return {};
}

Status CrossEntropyShape(ShapeContext& c) {
  Result<PartialShape> both = BroadcastShapes(c.input(0), c.input(1));
  if (!both.ok()) return InvalidArgument(fmt::format("cannot broadcast logits {} and labels {}", c.Describe(0), c.Describe(1)));
  if (both->known_rank() && both->rank() != 2) {
    return InvalidArgument(fmt::format("needs logits and labels that are or broadcast to matrices, not {} and {}", c.Describe(0), c.Describe(1)));
  }
  PartialShape s = both->known_rank() ? *both : PartialShape::UnknownOfRank(2);
  c.set_output(0, PartialShape({s[0]}));
  c.set_output(1, std::move(s));
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

bool ChannelsFirst(ShapeContext& c) { return c.attr<std::string>("data_format") == "NCHW"; }

Status BiasAddShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape value, c.WithRankAtLeast(0, 2));
  WEIR_ASSIGN_OR_RETURN(PartialShape bias, c.WithRank(1, 1));
  if (value.known_rank()) {
    int axis = ChannelsFirst(c) ? 1 : value.rank() - 1;
    Result<Dim> channels = MergeDims(value[axis], bias[0]);
    if (!channels.ok()) {
      return InvalidArgument(fmt::format("cannot add a bias {} to {}", c.Describe(1), c.Describe(0)))
          .Detail(fmt::format("axis {} has size {}, the bias {} elements", axis, value[axis], bias[0]));
    }
    value[axis] = *channels;
  }
  c.set_output(0, std::move(value));
  return {};
}

Status BiasAddGradShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape g, c.WithRankAtLeast(0, 2));
  c.set_output(0, PartialShape({g.known_rank() ? g[ChannelsFirst(c) ? 1 : g.rank() - 1] : kUnknownDim}));
  return {};
}

Status TopKShapeOf(ShapeContext& c, std::optional<int64_t> k) {
  WEIR_ASSIGN_OR_RETURN(PartialShape s, c.WithRankAtLeast(0, 1));
  if (k && *k < 0) return InvalidArgument(fmt::format("is asked for the {} largest elements", *k));
  if (s.known_rank()) {
    Dim& last = s[s.rank() - 1];
    if (k && Known(last) && *k > last) {
      return InvalidArgument(fmt::format("is asked for the {} largest of the {} elements along the last axis of {}", *k, last, c.Describe(0)));
    }
    last = k ? *k : kUnknownDim;
  }
  c.set_output(0, s);
  c.set_output(1, std::move(s));
  return {};
}

Status TopKV2Shape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 1));
  auto k = KnownElements(c, 1);
  return TopKShapeOf(c, k && k->size() == 1 ? std::optional((*k)[0]) : std::nullopt);
}

Status InTopKShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape predictions, c.WithRank(0, 2));
  WEIR_ASSIGN_OR_RETURN(PartialShape targets, c.WithRank(1, 1));
  if (c.num_inputs() > 2) WEIR_RETURN_IF_ERROR(RequireScalar(c, 2));
  Result<Dim> batch = MergeDims(predictions[0], targets[0]);
  if (!batch.ok()) {
    return InvalidArgument(fmt::format("has predictions {} but targets {}", c.Describe(0), c.Describe(1)))
        .Detail(fmt::format("the batch differs: {} and {}", predictions[0], targets[0]));
  }
  c.set_output(0, PartialShape({*batch}));
  return {};
}

void AddSoftmax(OpRegistry& r) {
  r.Add("Softmax")
      .Input("logits: T").Output("softmax: T").Attr(kFloats)
      .Doc("exp(x_i) / Σ_j exp(x_j) along the last axis, computed from x - max(x). A row with NaN or +inf, or of nothing but -inf, is NaN.")
      .Shape(SoftmaxShape)
      .Gradient(SoftmaxGrad);
  r.Add("LogSoftmax")
      .Input("logits: T").Output("logsoftmax: T").Attr(kFloats)
      .Doc("x_i - log Σ_j exp(x_j) along the last axis, computed from x - max(x): the logarithm of Softmax without its loss of digits.")
      .Shape(SoftmaxShape)
      .Gradient(LogSoftmaxGrad);
  r.Add("SoftmaxCrossEntropyWithLogits")
      .Input("features: T").Input("labels: T").Output("loss: T").Output("backprop: T").Attr(kFloats)
      .Doc("loss[i] = -Σ_j labels[i,j] · log softmax(features[i])[j], and backprop = softmax(features) - labels, the gradient of the loss by "
           "features. features and labels are matrices, or broadcast to one. As in TensorFlow the gradient of backprop by labels is left out.")
      .Shape(CrossEntropyShape)
      .Gradient(CrossEntropyGrad);
  r.Add("SparseSoftmaxCrossEntropyWithLogits")
      .Input("features: T").Input("labels: Tlabels").Output("loss: T").Output("backprop: T").Attr(kFloats).Attr("Tlabels: {int32, int64} = int64")
      .Doc("loss[i] = -log softmax(features[i])[labels[i]], and backprop, its gradient by features [batch, classes]. A label outside "
           "[0, classes) is an error.")
      .Shape(SparseCrossEntropyShape)
      .Gradient(SparseCrossEntropyGrad);
  r.Add("L2Loss")
      .Input("t: T").Output("output: T").Attr(kFloats)
      .Doc("Half the sum of the squares of all elements, a scalar.")
      .Shape(ScalarShape)
      .Gradient(L2LossGrad);
}

void AddBias(OpRegistry& r) {
  r.Add("BiasAdd")
      .Input("value: T").Input("bias: T").Output("output: T").Attr(kNumbers).Attr(kFormat)
      .Doc("value plus the vector bias along the channel axis: the last axis, or axis 1 when data_format is NCHW. value has rank 2 at least.")
      .Shape(BiasAddShape)
      .Gradient(BiasAddGradFn);
  r.Add("BiasAddGrad")
      .Input("out_backprop: T").Output("output: T").Attr(kNumbers).Attr(kFormat)
      .Doc("The gradient of BiasAdd by its bias: out_backprop summed over all axes but the channel axis.")
      .Shape(BiasAddGradShape)
      .Gradient(BiasAddGradGrad);
  r.Add("BiasAddV1")
      .Input("value: T").Input("bias: T").Output("output: T").Attr(kNumbers)
      .Doc("value plus the vector bias along the last axis: BiasAdd's first form. value has rank 2 at least.")
      .Shape(BiasAddShape)
      .Gradient(BiasAddV1GradFn);
}

void AddTop(OpRegistry& r) {
  r.Add("TopK")
      .Input("input: T").Output("values: T").Output("indices: int32")
      .Attr("k: int >= 0").Attr("sorted: bool = true").Attr(kReals)
      .Doc("The k largest elements along the last axis, and where they stand, in descending order when sorted is set. Of equal elements the "
           "lower index comes first. TopKV2's first form, with k as an attribute.")
      .Shape([](ShapeContext& c) { return TopKShapeOf(c, c.attr<int64_t>("k")); })
      .Gradient(TopKGrad);
  r.Add("TopKV2")
      .Input("input: T").Input("k: Tk").Output("values: T").Output("indices: index_type")
      .Attr("sorted: bool = true").Attr(kReals).Attr("Tk: {int16, int32, int64} = int32").Attr("index_type: {int16, int32, int64} = int32")
      .Doc("The k largest elements along the last axis, and where they stand, in descending order when sorted is set. Of equal elements the "
           "lower index comes first. Values' gradient goes to the elements that were chosen.")
      .Shape(TopKV2Shape)
      .Gradient(TopKGrad);
  r.Add("InTopK")
      .Input("predictions: float").Input("targets: T").Output("precision: bool").Attr("k: int").Attr("T: {int32, int64} = int32")
      .Doc("Whether fewer than k classes of predictions[i] are above class targets[i], so that ties count in. False for a target that is no "
           "class, and for a row with a value that is not finite.")
      .Shape(InTopKShape)
      .NoGradient("its output is bool");
  r.Add("InTopKV2")
      .Input("predictions: float").Input("targets: T").Input("k: T").Output("precision: bool").Attr("T: {int32, int64} = int32")
      .Doc("Whether fewer than k classes of predictions[i] are above class targets[i], so that ties count in. False for a target that is no "
           "class, and for a row with a value that is not finite.")
      .Shape(InTopKShape)
      .NoGradient("its output is bool");
}

}  // namespace

void RegisterNnOps(OpRegistry& r) {
  AddSoftmax(r);
  AddBias(r);
  AddTop(r);
}

}  // namespace weir
