// Layers: a variable scope, the variables in it, and the ops around them. What a layer must know (the size that its
// kernel has) it asks of the input's static shape.
#include "weir/ops/layers.h"

#include <fmt/format.h>

#include "weir/ops/array_ops.h"
#include "weir/ops/conv_ops.h"
#include "weir/ops/gather_ops.h"
#include "weir/ops/math_ops.h"
#include "weir/ops/matrix_ops.h"
#include "weir/ops/moving_average.h"
#include "weir/ops/nn_ops.h"
#include "weir/ops/random_ops.h"
#include "weir/ops/reduction_ops.h"

namespace weir {

namespace {

// The shape as a tensor: constant where it is known.
Output ShapeOf(const Output& x) {
  auto known = x.shape().ToShape();
  if (!known) return ops::ShapeOf(x);
  std::vector<int32_t> sizes(known->dims().begin(), known->dims().end());
  return x.builder()->Constant(Tensor::Vector(sizes));
}

// The size of `axis`, which a layer's variables depend on; nullopt, with an error kept, when it is not known.
std::optional<int64_t> KnownSize(const Output& x, int axis, const char* layer) {
  if (!x.valid()) return std::nullopt;
  if (x.shape().known_rank()) {
    auto at = NormalizeAxis(axis, x.shape().rank());
    if (at && Known(x.shape()[*at])) return x.shape()[*at];
  }
  x.builder()->Fail(
      InvalidArgument(fmt::format("error[shape]: layer {} needs to know size {} of its input '{}', which is {}", layer,
                                  axis, x.name(), x.shape().ToString()))
          .Help("give the placeholder a shape, or reshape"));
  return std::nullopt;
}

// A layer's input must come from a graph: literals have none.
Builder* BuilderOfInput(const Input& inputs) { return inputs.output().valid() ? inputs.builder() : nullptr; }

Builder::Guard LayerScope(Builder& b, const std::string& name, const char* default_name, Reuse reuse) {
  return VariableScope(b, name.empty() ? default_name : name, {.reuse = reuse, .unique = name.empty()});
}

std::string Upper(std::string s) {
  for (char& c : s) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return s;
}

bool ChannelsFirst(const std::string& data_format) { return data_format == "channels_first"; }

std::vector<int64_t> PerAxis(layers::Size2D s, bool channels_first) {
  if (channels_first) return {1, 1, s.height, s.width};
  return {1, s.height, s.width, 1};
}

}  // namespace

// ---- dropout and regularisers

namespace ops {

Output Dropout(Input x, Input keep_prob, const DropoutOptions& o) {
  Builder* b = BuilderOfInput(x);
  if (!b) return {};
  auto at = b->At(x.loc());
  auto scope = b->NameScope(o.name.empty() ? "dropout" : o.name);
  Input shape = o.noise_shape ? *o.noise_shape : Input(ShapeOf(x.output()));
  Output uniform = RandomUniform(*b, shape, {.dtype = x.dtype(), .seed = o.seed});
  Output kept = Floor(Add(uniform, keep_prob));
  return Make("Mul", {Make("RealDiv", {x, keep_prob}), kept}, {}, {.name = b->scope()});
}

Regularizer L1Regularizer(double scale) {
  return [=](Output w) { return Multiply(ReduceSum(Abs(w)), scale, {.name = "l1_regularizer"}); };
}

Regularizer L2Regularizer(double scale) {
  return [=](Output w) { return Multiply(L2Loss(w), scale, {.name = "l2_regularizer"}); };
}

Regularizer L1L2Regularizer(double scale_l1, double scale_l2) {
  return [=](Output w) { return Add(L1Regularizer(scale_l1)(w), L2Regularizer(scale_l2)(w), {.name = "l1_l2_regularizer"}); };
}

}  // namespace ops

namespace layers {

namespace {

template <class Options>
Variable Kernel(At g, const char* name, const Shape& shape, DType dtype, const Options& o) {
  return GetVariable(g, name, shape, {dtype, o.kernel_initializer, o.trainable, o.kernel_regularizer});
}

template <class Options>
Variable Bias(At g, int64_t n, DType dtype, const Options& o) {
  Initializer zeros = o.bias_initializer ? o.bias_initializer : ops::ZerosInitializer();
  return GetVariable(g, "bias", {n}, {dtype, zeros, o.trainable, o.bias_regularizer});
}

Output Activate(const Activation& activation, Output x) { return activation ? activation(x) : x; }

// x [..., in] · kernel, over the last axis, for ranks above 2.
Output MatMulLastAxis(const Output& x, const Variable& kernel, int64_t in, int64_t units) {
  if (x.shape().rank() == 2) return ops::MatMul(x, kernel);
  Output rows = ops::Reshape(x, {-1, in});
  Output leading = ops::StridedSlice(ShapeOf(x), {0}, {-1}, {1});
  Output shape = ops::Concat({leading, Input({Literal(units)})}, 0);
  return ops::Reshape(ops::MatMul(rows, kernel), shape);
}

}  // namespace

Output Dense(Input inputs, int64_t units, const DenseOptions& o, Loc loc) {
  Builder* b = BuilderOfInput(inputs);
  if (!b) return {};
  const Output& x = inputs.output();
  auto at = b->At(loc);
  auto scope = LayerScope(*b, o.name, "dense", o.reuse);
  auto in = KnownSize(x, -1, "Dense");
  if (!in) return {};
  Variable kernel = Kernel(*b, "kernel", {*in, units}, x.dtype(), o);
  Output y = MatMulLastAxis(x, kernel, *in, units);
  if (o.use_bias) y = ops::BiasAdd(y, Bias(*b, units, x.dtype(), o));
  return Activate(o.activation, y);
}

Output Conv2D(Input inputs, int64_t filters, Size2D kernel_size, const Conv2DOptions& o, Loc loc) {
  Builder* b = BuilderOfInput(inputs);
  if (!b) return {};
  const Output& x = inputs.output();
  auto at = b->At(loc);
  auto scope = LayerScope(*b, o.name, "conv2d", o.reuse);
  bool first = ChannelsFirst(o.data_format);
  auto in = KnownSize(x, first ? 1 : -1, "Conv2D");
  if (!in) return {};
  std::string format = first ? "NCHW" : "NHWC";
  Variable kernel = Kernel(*b, "kernel", {kernel_size.height, kernel_size.width, *in, filters}, x.dtype(), o);
  Output y = ops::Conv2D(x, kernel,
                         {.strides = PerAxis(o.strides, first),
                          .padding = Upper(o.padding),
                          .data_format = format,
                          .dilations = PerAxis(o.dilation_rate, first)});
  if (o.use_bias) y = ops::BiasAdd(y, Bias(*b, filters, x.dtype(), o), {.data_format = format});
  return Activate(o.activation, y);
}

namespace {

ops::PoolOptions PoolOptionsOf(Size2D pool_size, Size2D strides, const Pooling2DOptions& o) {
  bool first = ChannelsFirst(o.data_format);
  return {.ksize = PerAxis(pool_size, first), .strides = PerAxis(strides, first), .padding = Upper(o.padding),
          .data_format = first ? "NCHW" : "NHWC"};
}

}  // namespace

Output MaxPooling2D(Input inputs, Size2D pool_size, Size2D strides, const Pooling2DOptions& o) {
  Builder* b = BuilderOfInput(inputs);
  if (!b) return {};
  auto scope = b->NameScope(o.name.empty() ? "max_pooling2d" : o.name);
  return ops::MaxPool(inputs, PoolOptionsOf(pool_size, strides, o));
}

Output AveragePooling2D(Input inputs, Size2D pool_size, Size2D strides, const Pooling2DOptions& o) {
  Builder* b = BuilderOfInput(inputs);
  if (!b) return {};
  auto scope = b->NameScope(o.name.empty() ? "average_pooling2d" : o.name);
  return ops::AvgPool(inputs, PoolOptionsOf(pool_size, strides, o));
}

Output Flatten(Input inputs, const Name& name) {
  Builder* b = BuilderOfInput(inputs);
  if (!b) return {};
  auto at = b->At(inputs.loc());
  auto scope = b->NameScope(name.name.empty() ? "flatten" : name.name);
  const PartialShape& shape = inputs.output().shape();
  int64_t rest = 1;
  bool known = shape.known_rank() && shape.rank() > 0;
  for (int i = 1; known && i < shape.rank(); ++i) known = Known(shape[i]) && CheckedMul(rest, shape[i], &rest);
  if (known && rest > 0) return ops::Reshape(inputs, {-1, rest});
  // Unknown sizes beyond the batch: the batch's is asked for.
  Output batch = ops::StridedSlice(ops::ShapeOf(inputs), {0}, {1}, {1});
  return ops::Reshape(inputs, ops::Concat({batch, Input({Literal(-1)})}, 0));
}

Output Dropout(Input inputs, double rate, const DropoutOptions& o) {
  Builder* b = BuilderOfInput(inputs);
  if (!b) return {};
  if (!(rate >= 0 && rate < 1)) {
    b->Fail(InvalidArgument(fmt::format("error[attr]: dropout rate {} is outside [0, 1)", rate)));
    return {};
  }
  auto scope = b->NameScope(o.name.empty() ? "dropout" : o.name);
  if (!o.training || rate == 0) return ops::Identity(inputs);
  return ops::Dropout(inputs, 1 - rate, {o.noise_shape, o.seed, {}});
}

Output Embedding(Input ids, int64_t input_dim, int64_t output_dim, const EmbeddingOptions& o, Loc loc) {
  Builder* b = BuilderOfInput(ids);
  if (!b) return {};
  auto at = b->At(loc);
  auto scope = LayerScope(*b, o.name, "embedding", o.reuse);
  Initializer uniform = ops::RandomUniformInitializer({.minval = -0.05, .maxval = 0.05});
  Variable table = GetVariable(
      *b, "embeddings", {input_dim, output_dim},
      {o.dtype, o.embeddings_initializer ? o.embeddings_initializer : uniform, o.trainable, o.embeddings_regularizer});
  return table.Gather(ids, {.name = "embedding_lookup"});
}

// ---- batch normalisation

namespace {

struct BatchNorm {
  Variable gamma, beta, mean, variance;
  int64_t channels = 0;
};

BatchNorm MakeBatchNorm(Builder& b, const Output& x, int64_t channels, const BatchNormalizationOptions& o) {
  DType dtype = x.dtype() == kHalf || x.dtype() == kBfloat16 ? kFloat : x.dtype();
  auto variable = [&](const char* name, const Initializer& own, const Initializer& other, bool trainable,
                      const Regularizer& r = {}) {
    return GetVariable(b, name, {channels}, {dtype, own ? own : other, trainable, r});
  };
  Initializer zeros = ops::ZerosInitializer(), ones = ops::OnesInitializer();
  BatchNorm n;
  n.channels = channels;
  if (o.scale) n.gamma = variable("gamma", o.gamma_initializer, ones, o.trainable, o.gamma_regularizer);
  if (o.center) n.beta = variable("beta", o.beta_initializer, zeros, o.trainable, o.beta_regularizer);
  n.mean = variable("moving_mean", o.moving_mean_initializer, zeros, false);
  n.variance = variable("moving_variance", o.moving_variance_initializer, ones, false);
  return n;
}

// The variable's value, or what takes its place.
Output ValueOr(const Variable& v, Builder& b, int64_t channels, DType dtype, double value) {
  return v.valid() ? v.Read() : ops::FilledTensor(b, {channels}, dtype, value, "Const");
}

void UpdateAverages(Builder& b, const BatchNorm& n, const Output& mean, const Output& variance, double momentum) {
  auto& updates = OperationCollection(b, collection::kUpdateOps);
  updates.push_back(ops::AssignMovingAverage(n.mean, mean, momentum));
  updates.push_back(ops::AssignMovingAverage(n.variance, variance, momentum));
}

// Images: one fused op.
Output FusedNormalize(Builder& b, const Output& x, const BatchNorm& n, bool channels_first,
                      const BatchNormalizationOptions& o) {
  DType dtype = n.mean.dtype();
  Output gamma = ValueOr(n.gamma, b, n.channels, dtype, 1), beta = ValueOr(n.beta, b, n.channels, dtype, 0);
  ops::FusedBatchNormOptions options{.epsilon = static_cast<float>(o.epsilon),
                                     .data_format = channels_first ? "NCHW" : "NHWC",
                                     .is_training = o.training};
  if (!o.training) return ops::FusedBatchNorm(x, gamma, beta, n.mean, n.variance, options).y;
  ops::FusedBatchNormOutputs out = ops::FusedBatchNorm(x, gamma, beta, options);
  UpdateAverages(b, n, out.mean, out.variance, o.momentum);
  return out.y;
}

// Of any rank, by basic ops.
Output Normalize(Builder& b, const Output& x, const BatchNorm& n, int axis, const BatchNormalizationOptions& o) {
  int rank = x.shape().rank();
  std::vector<int32_t> others, broadcast(rank, 1);
  for (int i = 0; i < rank; ++i) {
    if (i != axis) others.push_back(i);
  }
  broadcast[axis] = static_cast<int32_t>(n.channels);
  auto shaped = [&](const Output& v) { return axis == rank - 1 ? v : ops::Reshape(v, broadcast); };
  Output mean, variance;
  if (!o.training) {
    mean = n.mean.Read(), variance = n.variance.Read();
  } else {
    Output kept = ops::ReduceMean(x, others, {.keepdims = true});
    variance = ops::Reshape(
        ops::ReduceMean(ops::SquaredDifference(x, ops::StopGradient(kept)), others, {.keepdims = true}), {n.channels});
    mean = ops::Reshape(kept, {n.channels});
    UpdateAverages(b, n, mean, variance, o.momentum);
  }
  Output inverse = ops::Rsqrt(variance + o.epsilon);
  if (n.gamma.valid()) inverse = inverse * n.gamma;
  Output shift = -(mean * inverse);
  if (n.beta.valid()) shift = n.beta - mean * inverse;
  return x * shaped(inverse) + shaped(shift);
}

}  // namespace

Output BatchNormalization(Input inputs, const BatchNormalizationOptions& o, Loc loc) {
  Builder* b = BuilderOfInput(inputs);
  if (!b) return {};
  const Output& x = inputs.output();
  auto at = b->At(loc);
  auto scope = LayerScope(*b, o.name, "batch_normalization", o.reuse);
  auto channels = KnownSize(x, o.axis, "BatchNormalization");
  if (!channels) return {};
  int axis = *NormalizeAxis(o.axis, x.shape().rank());
  BatchNorm n = MakeBatchNorm(*b, x, *channels, o);
  if (!n.mean.valid() || !n.variance.valid()) return {};
  if (x.shape().rank() == 4 && (axis == 3 || axis == 1) && x.dtype() != kDouble) {
    return FusedNormalize(*b, x, n, axis == 1, o);
  }
  return ops::Cast(Normalize(*b, ops::Cast(x, n.mean.dtype()), n, axis, o), x.dtype());
}

}  // namespace layers
}  // namespace weir
