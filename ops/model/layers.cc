// Layers: a variable scope, the variables in it, and the ops around them. What a layer must know (the size that its
// kernel has) it asks of the input's static shape.
#include "weir/ops/model/layers_internal.h"

#include <fmt/format.h>

#include "weir/ops/array/array.h"
#include "weir/ops/conv/conv.h"
#include "weir/ops/model/control_flow.h"
#include "weir/ops/gather/gather.h"
#include "weir/ops/math/math.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/nn/nn.h"
#include "weir/ops/pool/pool.h"
#include "weir/ops/random/random.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

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

Builder::Guard LayerScope(Builder& b, const std::string& name, const char* default_name, Reuse reuse) {
  return VariableScope(b, name.empty() ? default_name : name, {.reuse = reuse, .unique = name.empty()});
}

namespace {

// The shape as a tensor: constant where it is known.
Output ShapeOf(const Output& x) {
  auto known = x.shape().ToShape();
  if (!known) return ops::ShapeOf(x);
  std::vector<int32_t> sizes(known->dims().begin(), known->dims().end());
  return x.builder()->Constant(Tensor::Vector(sizes));
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
  return [=](Output w) {
    return Add(L1Regularizer(scale_l1)(w), L2Regularizer(scale_l2)(w), {.name = "l1_l2_regularizer"});
  };
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

Output Conv1D(Input inputs, int64_t filters, int64_t kernel_size, const Conv1DOptions& o, Loc loc) {
  Builder* b = BuilderOfInput(inputs);
  if (!b) return {};
  const Output& x = inputs.output();
  auto at = b->At(loc);
  auto scope = LayerScope(*b, o.name, "conv1d", o.reuse);
  bool first = ChannelsFirst(o.data_format);
  auto in = KnownSize(x, first ? 1 : -1, "Conv1D");
  if (!in) return {};
  Variable kernel = Kernel(*b, "kernel", {kernel_size, *in, filters}, x.dtype(), o);
  Output y = ops::Conv1D(x, kernel,
                         {.stride = o.strides,
                          .padding = Upper(o.padding),
                          .data_format = first ? "NCW" : "NWC",
                          .dilation = o.dilation_rate});
  // BiasAdd's formats go by the axis of the channels alone.
  if (o.use_bias) y = ops::BiasAdd(y, Bias(*b, filters, x.dtype(), o), {.data_format = first ? "NCHW" : "NHWC"});
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

namespace {

// A shape without symbols, which mean nothing in an attribute.
PartialShape KnownSizes(PartialShape s) {
  for (int i = 0; s.known_rank() && i < s.rank(); ++i) {
    if (!Known(s[i])) s[i] = kUnknownDim;
  }
  return s;
}

PartialShape NoiseShape(Builder& b, const Output& shape) {
  auto sizes = shape.valid() ? ConstantInts(b.graph(), shape.endpoint()) : std::nullopt;
  return sizes ? PartialShape(*sizes) : PartialShape::Unknown();
}

// Dropout where `training` holds, else the input. What is drawn and divided by stands in branches, so that the stream
// of random numbers moves on while training only; the input does not, so that its gradient needs none of a branch.
Output DropoutWhere(Builder& b, const Input& inputs, double keep_prob, const DropoutOptions& o) {
  auto at = b.At(inputs.loc());
  const Output& x = inputs.output();
  Output shape = o.noise_shape ? AsOutput(b, *o.noise_shape, kInt32) : ShapeOf(x);
  // Seeds and states go by full names, and bodies have scopes of their own.
  const std::string random = b.UniqueName("random_uniform");
  auto [seed, seed2] = ops::RandomSeeds(b, random, o.seed);
  Output keep = ops::FilledTensor(b, {}, x.dtype(), keep_prob, "keep_prob"), one = ops::OnesLike(keep);
  Outputs kept = Cond(
      o.training.fed(),
      [&, seed = seed, seed2 = seed2]() -> Outputs {
        Output uniform = Make("RandomUniform", {shape}, {{"dtype", x.dtype()}, {"seed", seed}, {"seed2", seed2}},
                              {.name = random + "/"});
        return {ops::Floor(uniform + keep), keep};
      },
      [&]() -> Outputs {
        return {ops::Fill(b, shape, one), one};
      });
  if (kept.size() != 2 || !kept[0].valid()) return {};
  // Said, as a branch's results are not looked into, so that plans are static; and of the result, whose symbols it
  // keeps.
  PartialShape mask = KnownSizes(o.noise_shape ? NoiseShape(b, shape) : x.shape());
  Graph& g = b.mutable_graph();
  const NodeId branch = kept[0].endpoint().node;
  b.Fail(g.SetAttr(branch, "output_shapes", AttrList{.shape = {mask, PartialShape::Scalar()}}));
  b.Fail(g.SetOutputType(branch, 0, {x.dtype(), mask}));
  b.Fail(g.SetOutputType(branch, 1, {x.dtype(), PartialShape::Scalar()}));
  Output y = Make("Mul", {Make("RealDiv", {x, kept[1]}), kept[0]}, {}, {.name = b.scope()});
  if (y.valid()) b.Fail(g.SetOutputType(y.endpoint().node, 0, {x.dtype(), x.shape()}));
  return y;
}

}  // namespace

Output Dropout(Input inputs, double rate, const DropoutOptions& o) {
  Builder* b = BuilderOfInput(inputs);
  if (!b) return {};
  if (!(rate >= 0 && rate < 1)) {
    b->Fail(InvalidArgument(fmt::format("error[attr]: dropout rate {} is outside [0, 1)", rate)));
    return {};
  }
  auto scope = b->NameScope(o.name.empty() ? "dropout" : o.name);
  if (!o.training.ever() || rate == 0) return ops::Identity(inputs);
  if (o.training.fed().valid()) return DropoutWhere(*b, inputs, 1 - rate, o);
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

}  // namespace layers
}  // namespace weir
