#include "weir/ops/model/rnn.h"

#include <fmt/format.h>

#include "weir/ops/array/array.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/list/list.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/layers_internal.h"
#include "weir/ops/nn/nn.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

Output Activate(const Activation& activation, const Output& x) { return activation ? activation(x) : ops::Tanh(x); }

Output Clipped(const Output& x, std::optional<double> bound) {
  return bound ? ops::ClipByValue(x, -*bound, *bound) : x;
}

// Read once, before the loop.
Output Weights(Builder& g, const char* name, const Shape& shape, DType dtype, const Initializer& initializer) {
  return GetVariable(g, name, shape, {.dtype = dtype, .initializer = initializer}).Read();
}
Initializer Or(const Initializer& initializer, Initializer otherwise) {
  return initializer ? initializer : std::move(otherwise);
}

// [a, b] · kernel + bias.
Output Linear(const Output& a, const Output& b, const Output& kernel, const Output& bias) {
  return ops::BiasAdd(ops::MatMul(ops::Concat({a, b}, 1), kernel), bias);
}

}  // namespace

// ---- cells

Outputs RnnCell::ZeroState(At g, const Input& batch, DType dtype) const {
  Outputs state;
  for (int64_t size : state_sizes())
    state.push_back(ops::Zeros(g, ops::Stack({batch, g.builder->Constant(Tensor(static_cast<int32_t>(size)))}), dtype));
  return state;
}

void BasicRnnCell::Build(Builder& g, int64_t depth, DType dtype) {
  if (kernel_.valid()) return;
  auto scope = LayerScope(g, o_.name, "basic_rnn_cell", o_.reuse);
  kernel_ = Weights(g, "kernel", {depth + units_, units_}, dtype, o_.kernel_initializer);
  bias_ = Weights(g, "bias", {units_}, dtype, Or(o_.bias_initializer, ops::ZerosInitializer()));
}

RnnCell::Step BasicRnnCell::operator()(const Output& input, const Outputs& state) const {
  Output next = Activate(o_.activation, Linear(input, state[0], kernel_, bias_));
  return {next, {next}};
}

void LSTMCell::Build(Builder& g, int64_t depth, DType dtype) {
  if (kernel_.valid()) return;
  auto scope = LayerScope(g, o_.name, "lstm_cell", o_.reuse);
  kernel_ = Weights(g, "kernel", {depth + output_size(), 4 * units_}, dtype, o_.initializer);
  bias_ = Weights(g, "bias", {4 * units_}, dtype, ops::ZerosInitializer());
  if (o_.use_peepholes) {
    peep_forget_ = Weights(g, "w_f_diag", {units_}, dtype, o_.initializer);
    peep_input_ = Weights(g, "w_i_diag", {units_}, dtype, o_.initializer);
    peep_output_ = Weights(g, "w_o_diag", {units_}, dtype, o_.initializer);
  }
  if (o_.num_proj > 0) {
    auto projection = VariableScope(g, "projection");
    projection_ = Weights(g, "kernel", {units_, o_.num_proj}, dtype, o_.initializer);
  }
}

RnnCell::Step LSTMCell::operator()(const Output& input, const Outputs& state) const {
  const Output &memory = state[0], &output = state[1];
  OutputList gate = ops::Split(Linear(input, output, kernel_, bias_), 4, 1);
  Output in = gate[0], forget = gate[2] + o_.forget_bias, out = gate[3];
  if (o_.use_peepholes) in = in + peep_input_ * memory, forget = forget + peep_forget_ * memory;
  Output next = ops::Sigmoid(forget) * memory + ops::Sigmoid(in) * Activate(o_.activation, gate[1]);
  next = Clipped(next, o_.cell_clip);
  if (o_.use_peepholes) out = out + peep_output_ * next;
  Output result = ops::Sigmoid(out) * Activate(o_.activation, next);
  if (o_.num_proj > 0) result = Clipped(ops::MatMul(result, projection_), o_.proj_clip);
  return {result, {next, result}};
}

void GRUCell::Build(Builder& g, int64_t depth, DType dtype) {
  if (gate_kernel_.valid()) return;
  auto scope = LayerScope(g, o_.name, "gru_cell", o_.reuse);
  {
    auto gates = VariableScope(g, "gates");
    gate_kernel_ = Weights(g, "kernel", {depth + units_, 2 * units_}, dtype, o_.kernel_initializer);
    gate_bias_ = Weights(g, "bias", {2 * units_}, dtype, Or(o_.bias_initializer, ops::OnesInitializer()));
  }
  auto candidate = VariableScope(g, "candidate");
  candidate_kernel_ = Weights(g, "kernel", {depth + units_, units_}, dtype, o_.kernel_initializer);
  candidate_bias_ = Weights(g, "bias", {units_}, dtype, Or(o_.bias_initializer, ops::ZerosInitializer()));
}

RnnCell::Step GRUCell::operator()(const Output& input, const Outputs& state) const {
  OutputList gate = ops::Split(ops::Sigmoid(Linear(input, state[0], gate_kernel_, gate_bias_)), 2, 1);
  const Output &reset = gate[0], &update = gate[1];
  Output candidate =
      Activate(o_.activation, Linear(input, reset * state[0], candidate_kernel_, candidate_bias_));
  Output next = update * state[0] + (1.0 - update) * candidate;
  return {next, {next}};
}

std::vector<int64_t> MultiRnnCell::state_sizes() const {
  std::vector<int64_t> sizes;
  for (const auto& cell : cells_) {
    for (int64_t size : cell->state_sizes()) sizes.push_back(size);
  }
  return sizes;
}

void MultiRnnCell::Build(Builder& g, int64_t depth, DType dtype) {
  auto scope = VariableScope(g, "multi_rnn_cell");
  for (size_t i = 0; i < cells_.size(); ++i) {
    auto one = VariableScope(g, fmt::format("cell_{}", i));
    cells_[i]->Build(g, depth, dtype);
    depth = cells_[i]->output_size();
  }
}

RnnCell::Step MultiRnnCell::operator()(const Output& input, const Outputs& state) const {
  Step all{input, {}};
  size_t at = 0;
  for (const auto& cell : cells_) {
    Outputs mine;
    for (size_t n = cell->state_sizes().size(); n > 0; --n) mine.push_back(state[at++]);
    Step step = (*cell)(all.output, mine);
    all.output = step.output;
    for (const Output& s : step.state) all.state.push_back(s);
  }
  return all;
}

// ---- loops

namespace {

Output SwapBatchAndTime(const Output& x) { return ops::Transpose(x, {1, 0, 2}); }

RnnResult Failed(const RnnCell& cell) { return {{}, Outputs(cell.state_sizes().size())}; }

// x [time, batch, depth].
RnnResult AlongTime(Builder& g, const RnnCell& cell, const Output& x, const std::optional<Output>& lengths,
                    const Outputs& initial_state) {
  const size_t n = cell.state_sizes().size();
  Output shape = ops::ShapeOf(x), time = shape[0], batch = shape[1];
  Outputs start = initial_state.empty() ? cell.ZeroState(g, batch, x.dtype()) : initial_state;
  if (start.size() != n) {
    g.Fail(InvalidArgument(fmt::format("error[graph]: DynamicRnn has an initial state of {} tensors for a cell of {}",
                                       start.size(), n)));
    return Failed(cell);
  }
  Output steps = ops::TensorListFromTensor(x);
  // The static shape of a step, which TensorListGetItem alone would not know.
  const int64_t depth = x.shape()[2];
  InputList vars{g.Constant(Tensor(0)), ops::EmptyTensorList(g, x.dtype())};
  for (const Output& s : start) vars.push_back(s);
  auto more = [&](const Outputs& v) { return ops::Less(v[0], time); };
  auto step = [&](const Outputs& v) {
    Output input = ops::TensorListGetItem(steps, v[0], x.dtype(), {-1, depth});
    Outputs state(v.begin() + 2, v.end());
    RnnCell::Step made = cell(input, state);
    if (lengths) {
      Output alive = ops::ExpandDims(ops::Less(v[0], *lengths), 1);
      made.output = ops::Where(alive, made.output, ops::ZerosLike(made.output));
      for (size_t i = 0; i < n; ++i) made.state[i] = ops::Where(alive, made.state[i], state[i]);
    }
    Outputs next{v[0] + 1, ops::TensorListPushBack(v[1], made.output)};
    for (const Output& s : made.state) next.push_back(s);
    return next;
  };
  Outputs last = WhileLoop(g, more, step, vars);
  RnnResult result;
  result.outputs = ops::TensorListStack(last[1], x.dtype(), {-1, cell.output_size()});
  for (size_t i = 0; i < n; ++i) result.state.push_back(last[2 + i]);
  return result;
}

struct Sequence {
  Output x;  // [time, batch, depth]
  int64_t depth = 0;
  std::optional<Output> lengths;
};

std::optional<Sequence> SequenceOf(Builder& g, const Input& inputs, const RnnOptions& o, const char* who) {
  Sequence s;
  s.x = inputs.output();
  if (s.x.shape().rank() != 3) {
    g.Fail(InvalidArgument(fmt::format("error[shape]: {} wants inputs [batch, time, depth], not {}", who,
                                       s.x.shape().ToString())));
    return std::nullopt;
  }
  auto depth = KnownSize(s.x, -1, who);
  if (!depth) return std::nullopt;
  s.depth = *depth;
  if (!o.time_major) s.x = SwapBatchAndTime(s.x);
  if (o.sequence_length) s.lengths = AsOutput(g, *o.sequence_length, kInt32);
  return s;
}

RnnResult BatchMajor(RnnResult r, bool time_major) {
  if (!time_major && r.outputs.valid()) r.outputs = SwapBatchAndTime(r.outputs);
  return r;
}

// The steps of each row in reverse order, up to its length.
Output Reversed(const Sequence& s, const Output& x) {
  if (!s.lengths) return Make("ReverseV2", {x, {0}});
  return ops::ReverseSequence(x, *s.lengths, 0, 1);
}

}  // namespace

RnnResult DynamicRnn(RnnCell& cell, const Input& inputs, const RnnOptions& o) {
  Builder* g = BuilderOfInput(inputs);
  if (!g) return Failed(cell);
  auto scope = VariableScope(*g, o.scope.empty() ? "rnn" : o.scope);
  auto sequence = SequenceOf(*g, inputs, o, "DynamicRnn");
  if (!sequence) return Failed(cell);
  cell.Build(*g, sequence->depth, sequence->x.dtype());
  if (!g->status().ok()) return Failed(cell);
  return BatchMajor(AlongTime(*g, cell, sequence->x, sequence->lengths, o.initial_state), o.time_major);
}

BidirectionalResult BidirectionalRnn(RnnCell& forward, RnnCell& backward, const Input& inputs, const RnnOptions& o) {
  BidirectionalResult failed{Failed(forward), Failed(backward)};
  Builder* g = BuilderOfInput(inputs);
  if (!g) return failed;
  auto scope = VariableScope(*g, o.scope.empty() ? "bidirectional_rnn" : o.scope);
  auto sequence = SequenceOf(*g, inputs, o, "BidirectionalRnn");
  if (!sequence) return failed;
  BidirectionalResult both;
  {
    auto fw = VariableScope(*g, "fw");
    forward.Build(*g, sequence->depth, sequence->x.dtype());
    if (!g->status().ok()) return failed;
    both.forward = BatchMajor(AlongTime(*g, forward, sequence->x, sequence->lengths, {}), o.time_major);
  }
  auto bw = VariableScope(*g, "bw");
  backward.Build(*g, sequence->depth, sequence->x.dtype());
  if (!g->status().ok()) return failed;
  both.backward = AlongTime(*g, backward, Reversed(*sequence, sequence->x), sequence->lengths, {});
  if (both.backward.outputs.valid()) both.backward.outputs = Reversed(*sequence, both.backward.outputs);
  both.backward = BatchMajor(std::move(both.backward), o.time_major);
  return both;
}

}  // namespace weir
