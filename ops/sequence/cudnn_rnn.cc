// CudnnRNN, CudnnRNNV2, CudnnRNNV3 and their …Backprop…: recurrent layers as cuDNN computes them, here by loops. The
// equations are those of the cuDNN API reference on cudnnRNNMode_t. Backprop differentiates what forward builds; of the
// forward run it needs the dropout masks alone, which is what `reserve_space` holds.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "weir/graph/expand.h"
#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/ops/array/array.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/list/list.h"
#include "weir/ops/math/math.h"
#include "weir/ops/registry.h"
#include "weir/ops/sequence/cudnn.h"
#include "weir/ops/sequence/loop.h"

namespace weir {

namespace {

struct Weights {
  std::optional<Output> w;  // [gates * units, inputs]; none where the input is skipped
  Output r, bw, br;         // [gates * units, units], [gates * units] each
};

struct State {
  Output h, c;  // [batch, units]; c of an LSTM
};

// The layers, over tensors of this graph. Sequences are [time, batch, …].
class Layers {
 public:
  Layers(Builder& b, const CudnnRnn& rnn, Output params, std::optional<Output> lengths)
      : b_(b), rnn_(rnn), params_(std::move(params)), lengths_(std::move(lengths)) {}

  // One direction of one layer. The states are changed to the last ones.
  Result<Output> Run(int64_t part, const Output& x, State& state) {
    const bool backward = part % rnn_.directions == 1;
    WEIR_ASSIGN_OR_RETURN(Output y, Sweep(part, backward ? Reversed(x) : x, state));
    return backward ? Reversed(y) : y;
  }

 private:
  Weights WeightsOf(int64_t part) const {
    const int64_t rows = rnn_.gates * rnn_.units, inputs = rnn_.inputs_of(part);
    int64_t at = rnn_.matrices_of(part);
    Weights weights;
    if (rnn_.has_input_matrices(part)) {
      weights.w = CudnnPart(params_, at, rows * inputs, {rows, inputs});
      at += rows * inputs;
    }
    weights.r = CudnnPart(params_, at, rows * rnn_.units, {rows, rnn_.units});
    weights.bw = CudnnPart(params_, rnn_.biases_of(part), rows, {rows});
    weights.br = CudnnPart(params_, rnn_.biases_of(part) + rows, rows, {rows});
    return weights;
  }

  Output Reversed(const Output& x) const {
    return lengths_ ? ops::ReverseSequence(x, *lengths_, 0, 1) : ops::Reverse(x, {0});
  }

  // What the input gives to all gates at all times, [time, batch, gates * units].
  Output FromInput(const Weights& weights, int64_t part, const Output& x) const {
    if (!weights.w)
      return ops::Add(ops::Tile(x, Tensor::Vector(std::vector<int32_t>{1, 1, static_cast<int32_t>(rnn_.gates)})),
                      weights.bw);
    const Output rows = ops::Reshape(x, Tensor::Vector(std::vector<int64_t>{-1, rnn_.inputs_of(part)}));
    const Output product = ops::Add(ops::MatMul(rows, *weights.w, {.transpose_b = true}), weights.bw);
    const Output sizes = ops::Concat({ops::Slice(ops::ShapeOf(x), {0}, {2}),
                                      Tensor::Vector(std::vector<int32_t>{
                                          static_cast<int32_t>(rnn_.gates * rnn_.units)})}, 0);
    return ops::Reshape(product, sizes);
  }

  // A time step: `x`, [batch, gates * units], is what comes from the input.
  State Step(const Output& x, const State& s, const Output& r, const Output& br) const {
    const Output own = ops::Add(ops::MatMul(s.h, r, {.transpose_b = true}), br);
    switch (rnn_.cell) {
      case CudnnCell::kRelu: return {ops::Relu(x + own), {}};
      case CudnnCell::kTanh: return {ops::Tanh(x + own), {}};
      case CudnnCell::kLstm: {
        OutputList gate = ops::Split(x + own, 4, 1);  // i, f, c, o
        const Output c = ops::Sigmoid(gate[1]) * s.c + ops::Sigmoid(gate[0]) * ops::Tanh(gate[2]);
        return {ops::Sigmoid(gate[3]) * ops::Tanh(c), c};
      }
      case CudnnCell::kGru: break;
    }
    OutputList in = ops::Split(x, 3, 1), mine = ops::Split(own, 3, 1);  // r, z, h
    const Output reset = ops::Sigmoid(in[0] + mine[0]), update = ops::Sigmoid(in[1] + mine[1]);
    const Output fresh = ops::Tanh(in[2] + reset * mine[2]);
    return {fresh + update * (s.h - fresh), {}};
  }

  // From the first time to the last, as a For: the variables are the outputs so far and the state, then what stays.
  Result<Output> Sweep(int64_t part, const Output& x, State& state) {
    const Weights weights = WeightsOf(part);
    const Output from_input = FromInput(weights, part, x), shape = ops::ShapeOf(state.h);
    const Output time = ops::Reshape(ops::Slice(ops::ShapeOf(x), {0}, {1}), Tensor::Vector(std::vector<int32_t>{}));
    const DType dtype = x.dtype();
    const bool has_c = rnn_.cell == CudnnCell::kLstm;
    std::vector<Output> vars{ops::TensorListReserve(shape, time, dtype), state.h};
    if (has_c) vars.push_back(state.c);
    const size_t first = vars.size();
    vars.insert(vars.end(), {ops::TensorListFromTensor(from_input), weights.r, weights.br});
    if (lengths_) vars.push_back(*lengths_);
    const auto step = [&](const Output& i, const std::vector<Output>& v) { return Next(i, v, first); };
    WEIR_ASSIGN_OR_RETURN(const OutputList last, LoopOver(b_, {0, time}, vars, "cudnn_rnn_step", step));
    state.h = last[1];
    if (has_c) state.c = last[2];
    return ops::TensorListStack(last[0], dtype, shape);
  }

  // The variables after time `i`; from the `first` on they stay.
  std::vector<Output> Next(const Output& i, const std::vector<Output>& vars, size_t first) const {
    const Output* stays = &vars[first];
    State before{vars[1], first > 2 ? vars[2] : Output()};
    const Output x = ops::TensorListGetItem(stays[0], i, before.h.dtype());
    State after = Step(x, before, stays[1], stays[2]);
    Output y = after.h;
    if (lengths_) {
      const Output goes_on = ops::ExpandDims(ops::Less(i, stays[3]), 1);
      y = ops::Where(goes_on, after.h, ops::ZerosLike(after.h));
      after.h = ops::Where(goes_on, after.h, before.h);
      if (before.c.valid()) after.c = ops::Where(goes_on, after.c, before.c);
    }
    std::vector<Output> next = vars;
    next[0] = ops::TensorListSetItem(vars[0], i, y), next[1] = after.h;
    if (before.c.valid()) next[2] = after.c;
    return next;
  }

  Builder& b_;
  const CudnnRnn& rnn_;
  const Output params_;
  const std::optional<Output> lengths_;
};

// ---- whole

struct Given {
  CudnnRnn rnn;
  bool time_major = true;
  float dropout = 0;
  Output input, h, c, params;      // as the node has them
  std::optional<Output> lengths;
};
struct Made {
  Output output, h, c, masks;  // as the node has them; masks [layers - 1, time, batch, outputs], if there is dropout
};

bool HasInput(const Node& n, const char* name) {
  const auto& inputs = n.def()->inputs();
  return std::any_of(inputs.begin(), inputs.end(), [&](const ArgDef& a) { return a.name == name; });
}

Result<Given> GivenTo(ExpandContext& c) {
  WEIR_ASSIGN_OR_RETURN(CudnnRnn rnn, CudnnRnn::Of(c.node()));
  Given g{.rnn = rnn, .input = c.input(0), .h = c.input(1), .c = c.input(2), .params = c.input(3)};
  if (HasInput(c.node(), "sequence_lengths")) g.lengths = c.input(4), g.time_major = c.attr<bool>("time_major");
  g.dropout = c.attr<float>("dropout");
  if (!(g.dropout >= 0 && g.dropout < 1))
    return InvalidArgument(fmt::format("has a dropout of {}; it is a rate from 0 to below 1", g.dropout));
  const PartialShape &input = g.input.shape(), &h = g.h.shape();
  auto size = [](const PartialShape& s, int i) { return s.rank() == 3 && Known(s[i]) ? s[i] : -1; };
  const int64_t parts = size(h, g.time_major ? 0 : 1);
  g.rnn.units = size(h, 2), g.rnn.inputs = size(input, 2);
  if (parts < 0 || g.rnn.units < 0 || g.rnn.inputs < 0) {
    return InvalidArgument(fmt::format("wants an input [time,batch,inputs] and an input_h [layers,batch,units] of "
                                       "which layers, units and inputs are known, not {} and {}",
                                       input.ToString(), h.ToString()));
  }
  if (parts % rnn.directions != 0) return InvalidArgument("is bidirectional, and has an odd number of states");
  g.rnn.layers = parts / rnn.directions;
  WEIR_RETURN_IF_ERROR(g.rnn.SetInputMode(c.attr<std::string>("input_mode")));
  const PartialShape& params = g.params.shape();
  if (params.rank() == 1 && Known(params[0]) && params[0] != g.rnn.size()) {
    return InvalidArgument(fmt::format("has {} params; {} layers of {} units and {} inputs have {}", params[0],
                                       g.rnn.layers, g.rnn.units, g.rnn.inputs, g.rnn.size()));
  }
  return g;
}

Output Swapped(const Output& x) { return ops::Transpose(x, {1, 0, 2}); }

// `mask_of` gives what the output of a layer is multiplied by; invalid: nothing.
Result<Made> Forward(Builder& b, const Given& g, const std::function<Output(int64_t, const Output&)>& mask_of) {
  const CudnnRnn& rnn = g.rnn;
  const bool has_c = rnn.cell == CudnnCell::kLstm;
  auto by_time = [&](const Output& x) { return g.time_major ? x : Swapped(x); };
  Output x = by_time(g.input);
  OutputList h = ops::Unstack(by_time(g.h), rnn.parts()), c;
  if (has_c) c = ops::Unstack(by_time(g.c), rnn.parts());
  Layers layers(b, rnn, g.params, g.lengths);
  Made made;
  InputList masks, last_h, last_c;
  for (int64_t layer = 0; layer < rnn.layers; ++layer) {
    InputList directions;
    for (int64_t d = 0; d < rnn.directions; ++d) {
      const int64_t part = layer * rnn.directions + d;
      State state{h[static_cast<size_t>(part)], has_c ? c[static_cast<size_t>(part)] : Output()};
      WEIR_ASSIGN_OR_RETURN(Output y, layers.Run(part, x, state));
      directions.push_back(y), last_h.push_back(state.h);
      if (has_c) last_c.push_back(state.c);
    }
    x = directions.size() == 1 ? directions[0].output() : ops::Concat(directions, 2);
    const Output mask = layer + 1 < rnn.layers ? mask_of(layer, x) : Output();
    if (!mask.valid()) continue;
    masks.push_back(mask);
    x = x * mask;
  }
  made.output = by_time(x), made.h = by_time(ops::Stack(last_h));
  made.c = has_c ? by_time(ops::Stack(last_c)) : Output();
  if (!masks.empty()) made.masks = ops::Stack(masks);
  WEIR_RETURN_IF_ERROR(b.status());
  return made;
}

Output Empty(Builder& b, DType dtype) { return b.Constant(Tensor::Zeros(dtype, {0})); }

Status ExpandForward(ExpandContext& c) {
  Builder& b = c.builder();
  WEIR_ASSIGN_OR_RETURN(const Given g, GivenTo(c));
  const bool drops = g.dropout > 0 && c.attr<bool>("is_training");
  auto mask_of = [&](int64_t layer, const Output& x) {
    if (!drops) return Output();
    // Each layer's numbers are other ones.
    Output uniform = b.Add("RandomUniform", {ops::ShapeOf(x)},
                           {{"dtype", x.dtype()}, {"seed", c.attr<int64_t>("seed")},
                            {"seed2", c.attr<int64_t>("seed2") + layer}});
    const double scale = 1.0 / (1.0 - static_cast<double>(g.dropout));
    return ops::Cast(ops::GreaterEqual(uniform, static_cast<double>(g.dropout)), x.dtype()) * scale;
  };
  WEIR_ASSIGN_OR_RETURN(const Made made, Forward(b, g, mask_of));
  const DType dtype = g.input.dtype();
  c.set(0, made.output), c.set(1, made.h);
  c.set(2, made.c.valid() ? made.c : b.Constant(Tensor::Zeros(dtype, {})));
  c.set(3, made.masks.valid() ? ops::Reshape(made.masks, {-1}) : Empty(b, dtype));
  if (c.num_outputs() > 4) c.set(4, Empty(b, kInt8));
  return b.status();
}

Status ExpandBackward(ExpandContext& c) {
  Builder& b = c.builder();
  WEIR_ASSIGN_OR_RETURN(Given g, GivenTo(c));
  const int outputs = g.lengths ? 5 : 4;  // output, output_h, output_c; then their gradients; then reserve_space
  const Output reserve = c.input(outputs + 6);
  // One value may be several inputs.
  for (Output* x : {&g.input, &g.h, &g.c, &g.params}) *x = ops::Identity(*x);
  auto mask_of = [&](int64_t layer, const Output& x) {
    if (g.dropout <= 0) return Output();
    const Output sizes = ops::Concat({Tensor::Vector(std::vector<int32_t>{static_cast<int32_t>(g.rnn.layers - 1)}),
                                      ops::ShapeOf(x)}, 0);
    return ops::Reshape(reserve, sizes)[static_cast<int>(layer)];
  };
  WEIR_ASSIGN_OR_RETURN(const Made made, Forward(b, g, mask_of));
  std::vector<Output> ys{made.output, made.h}, xs{g.input, g.h, g.params};
  GradientOptions options;
  options.grad_ys = {c.input(outputs + 3), c.input(outputs + 4)}, options.unconnected = GradientOptions::kZero;
  if (made.c.valid()) ys.push_back(made.c), xs.push_back(g.c), options.grad_ys.push_back(c.input(outputs + 5));
  WEIR_ASSIGN_OR_RETURN(const std::vector<Grad> gradients, GradientsOf(b, ys, xs, options));
  c.set(0, gradients[0].ToDense()), c.set(1, gradients[1].ToDense()), c.set(3, gradients[2].ToDense());
  c.set(2, made.c.valid() ? gradients[3].ToDense() : ops::ZerosLike(g.c));
  return b.status();
}

// ---- declarations

Status ForwardShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape output, c.WithRank(0, 3));
  WEIR_ASSIGN_OR_RETURN(const PartialShape h, c.WithRank(1, 3));
  WEIR_RETURN_IF_ERROR(c.WithRank(3, 1).status());
  const bool lstm = c.attr<std::string>("rnn_mode") == "lstm";
  if (lstm) WEIR_RETURN_IF_ERROR(c.WithRank(2, 3).status());
  const int64_t directions = c.attr<std::string>("direction") == "bidirectional" ? 2 : 1;
  output[2] = Known(h[2]) ? h[2] * directions : kUnknownDim;
  c.set_output(0, output), c.set_output(1, h);
  c.set_output(2, lstm ? c.input(2) : PartialShape::Scalar());
  c.set_output(3, {None});
  if (c.num_outputs() > 4) c.set_output(4, {None});
  return {};
}

Status BackwardShape(ShapeContext& c) {
  for (int i = 0; i < 4; ++i) c.set_output(i, c.input(i));
  return {};
}

}  // namespace

void RegisterCudnnRnnOps(OpRegistry& r) {
  for (int version : {1, 2, 3}) {
    const std::string suffix = version == 1 ? "" : fmt::format("V{}", version);
    auto add = [&](const std::string& op) -> OpDef& {
      OpDef& def = r.Add(op + suffix).Input("input: T").Input("input_h: T").Input("input_c: T").Input("params: T");
      if (version == 3) def.Input("sequence_lengths: int32");
      return def;
    };
    auto finish = [&](OpDef& def, bool forward) -> OpDef& {
      AddCudnnAttrs(def);
      if (version == 3) def.Attr("num_proj: int = 0");
      if (forward) def.Attr("is_training: bool = true");
      if (version == 3) def.Attr("time_major: bool = true");
      return def.Stateful();
    };
    OpDef& forward = add("CudnnRNN").Output("output: T").Output("output_h: T").Output("output_c: T")
                         .Output("reserve_space: T");
    if (version > 1) forward.Output("host_reserved: int8");
    finish(forward, true)
        .Doc("Recurrent layers over `input` [time,batch,inputs] from the states `input_h` and, of an LSTM, `input_c` "
             "[layers * directions,batch,units]; their weights are one vector, `params` (CudnnRNNParamsToCanonical). "
             "Gives the last layer's outputs [time,batch,units * directions], the last states, and the dropout masks. "
             "With sequence_lengths [batch], outputs behind a sequence's end are 0, and its last states those there. "
             "If not time_major, batch comes first in all of them.")
        .Shape(ForwardShape)
        .Composed(ExpandForward);
    OpDef& backward = add("CudnnRNNBackprop");
    for (const char* given : {"output", "output_h", "output_c", "output_backprop", "output_h_backprop",
                              "output_c_backprop", "reserve_space"})
      backward.Input(std::string(given) + ": T");
    if (version > 1) backward.Input("host_reserved: int8");
    backward.Output("input_backprop: T").Output("input_h_backprop: T").Output("input_c_backprop: T")
        .Output("params_backprop: T");
    finish(backward, false)
        .Doc("Gradients of CudnnRNN by its inputs, from those by its outputs and from the masks that it gave.")
        .Shape(BackwardShape)
        .Composed(ExpandBackward);
  }
}

}  // namespace weir
