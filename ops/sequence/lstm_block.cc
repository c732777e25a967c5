// LSTMBlockCell, BlockLSTM, BlockLSTMV2 and their …Grad: an LSTM's step, and its steps along time, in one op.
//
// Of the input x [batch,inputs], the state (cs, h) [batch,units] and the weights w [inputs + units, 4 * units]:
//
//   gates = [x, h] w + b                      in the order i, ci, f, o; of BlockLSTMV2 i, f, ci, o
//   i, f  = sigmoid(gate [+ cs * wci, wcf]),  f after its bias was added
//   cs    = ci * i + cs * f                   ci = tanh(gate); clipped to ±cell_clip where that is positive
//   o     = sigmoid(gate [+ cs * wco])
//   h     = co * o                            co = tanh(cs)
//
// [ ]: with use_peephole. The …Grad ops take no notice of the clipping, as TensorFlow's.
#include <fmt/format.h>

#include <algorithm>

#include "weir/graph/expand.h"
#include "weir/graph/gradients.h"
#include "weir/ops/array/array.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/list/list.h"
#include "weir/ops/math/math.h"
#include "weir/ops/nn/nn.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/ops/registry.h"
#include "weir/ops/sequence/block_shapes.h"
#include "weir/ops/sequence/loop.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

constexpr int kOutputs = 7;  // of a step, in the order of Activations
constexpr int kCs = 1, kH = 6;

// What a step computes, [batch,units] each; of all steps, [time,batch,units].
struct Activations {
  Output i, cs, f, o, ci, co, h;

  static Activations From(const std::vector<Output>& v, size_t at = 0) {
    return {v[at], v[at + 1], v[at + 2], v[at + 3], v[at + 4], v[at + 5], v[at + 6]};
  }
  std::vector<Output> List() const { return {i, cs, f, o, ci, co, h}; }
};

struct Peephole {
  Output wci, wcf, wco;  // [units]
};

struct StepGradient {
  Output cs_prev, gates, di, df, d_o;
};

// The cell, as attributes say.
struct LstmCell {
  bool forget_second = false;  // the order of gates is i, f, ci, o
  bool peephole = false;
  float forget_bias = 0, clip = 0;

  static LstmCell Of(const Node& n) {
    LstmCell cell;
    cell.forget_second = n.op().ends_with("V2");
    cell.peephole = n.attr<bool>("use_peephole");
    if (n.def()->FindAttr("forget_bias")) cell.forget_bias = n.attr<float>("forget_bias");
    if (n.def()->FindAttr("cell_clip")) cell.clip = n.attr<float>("cell_clip");
    return cell;
  }

  Activations Step(const Output& gates, const Output& cs_prev, const Peephole& p) const {
    const OutputList gate = ops::Split(gates, 4, 1);
    Activations a;
    Output f = gate[forget_second ? 1 : 2], i = gate[0], o = gate[3];
    if (forget_bias != 0) f = f + static_cast<double>(forget_bias);
    if (peephole) i = i + cs_prev * p.wci, f = f + cs_prev * p.wcf;
    a.i = ops::Sigmoid(i), a.f = ops::Sigmoid(f);
    a.ci = ops::Tanh(gate[forget_second ? 2 : 1]);
    a.cs = a.i * a.ci + a.f * cs_prev;
    if (clip > 0) a.cs = ops::ClipByValue(a.cs, -static_cast<double>(clip), static_cast<double>(clip));
    if (peephole) o = o + a.cs * p.wco;
    a.o = ops::Sigmoid(o);
    a.co = ops::Tanh(a.cs);
    a.h = a.o * a.co;
    return a;
  }

  StepGradient StepBack(const Activations& a, const Output& cs_prev, const Peephole& p, const Output& cs_grad,
                        const Output& h_grad) const {
    StepGradient g;
    g.d_o = a.o * (1.0 - a.o) * h_grad * a.co;
    Output dcs = (1.0 - a.co * a.co) * h_grad * a.o + cs_grad;
    if (peephole) dcs = dcs + g.d_o * p.wco;
    const Output dci = (1.0 - a.ci * a.ci) * dcs * a.i;
    g.df = a.f * (1.0 - a.f) * dcs * cs_prev;
    g.di = a.i * (1.0 - a.i) * dcs * a.ci;
    g.cs_prev = dcs * a.f;
    if (peephole) g.cs_prev = g.cs_prev + g.di * p.wci + g.df * p.wcf;
    g.gates = ops::Concat({g.di, forget_second ? g.df : dci, forget_second ? dci : g.df, g.d_o}, 1);
    return g;
  }
};

constexpr int kCellRanks[] = {2, 2, 2, 2, 1, 1, 1, 1, 2};     // x, the state, w, wci, wcf, wco, b; activations
constexpr int kBlockRanks[] = {0, 3, 2, 2, 2, 1, 1, 1, 1, 3};  // behind seq_len_max the same

// From `first` on: all but h, which gradients do not need.
Activations ActivationsOf(const std::vector<Output>& in, size_t first) {
  std::vector<Output> all(in.begin() + static_cast<std::ptrdiff_t>(first), in.end());
  all.resize(kH), all.emplace_back();
  return Activations::From(all);
}

// The rows of `w` for the input, and for the state.
struct Weights {
  Output of_input, of_state;
  Weights(const Output& w, const Output& x) {
    const Output inputs = ops::ShapeOf(x)[-1];
    of_input = w[{{_, inputs}}], of_state = w[{{inputs, _}}];
  }
};

Output AsRows(const Output& x) {  // [time,batch,n] to [time * batch,n]
  return ops::Reshape(x, ops::Stack({-1, ops::ShapeOf(x)[-1]}));
}

// What `rows` [time * batch,n] are along the time and batch of `x`.
Output AlongTime(const Output& rows, const Output& x) {
  return ops::Reshape(rows, ops::Concat({ops::ShapeOf(x)[{{_, 2}}], ops::ShapeOf(rows)[{{1, _}}]}, 0));
}

// ---- the step

Status ExpandCell(ExpandContext& c) {
  const LstmCell cell = LstmCell::Of(c.node());
  const std::vector<Output> in = InputsOfRanks(c, kCellRanks);
  const Output gates = ops::BiasAdd(ops::MatMul(ops::Concat({in[0], in[2]}, 1), in[3]), in[7]);
  const std::vector<Output> made = cell.Step(gates, in[1], {in[4], in[5], in[6]}).List();
  for (int k = 0; k < kOutputs; ++k) c.set(k, made[static_cast<size_t>(k)]);
  return c.builder().status();
}

// Sums over all rows, or zeros without peepholes: the gradients by wci, wcf and wco, from output `first` on.
void SetPeepholeGradients(ExpandContext& c, int first, const LstmCell& cell, const Peephole& p, const StepGradient& g,
                          const Output& cs_prev, const Output& cs) {
  if (!cell.peephole) {
    c.set(first, ops::ZerosLike(p.wci)), c.set(first + 1, ops::ZerosLike(p.wcf));
    c.set(first + 2, ops::ZerosLike(p.wco));
    return;
  }
  c.set(first, ops::ReduceSum(g.di * cs_prev, {0}));
  c.set(first + 1, ops::ReduceSum(g.df * cs_prev, {0}));
  c.set(first + 2, ops::ReduceSum(g.d_o * cs, {0}));
}

Status ExpandCellGrad(ExpandContext& c) {
  const LstmCell cell = LstmCell::Of(c.node());
  const std::vector<Output> in = InputsOfRanks(c, kCellRanks);
  const Peephole peephole{in[4], in[5], in[6]};
  const Activations a = ActivationsOf(in, 8);
  const StepGradient g = cell.StepBack(a, in[1], peephole, in[14], in[15]);
  c.set(0, g.cs_prev), c.set(1, g.gates);
  SetPeepholeGradients(c, 2, cell, peephole, g, in[1], a.cs);
  return c.builder().status();
}

// ---- along time

// The number of steps of a node of all of them, as a loop wants it. What is not within [0, time] asks for a step too
// many, which is an error.
Output NumSteps(const Output& seq_len_max, const Output& x) {
  const Output time = ops::ShapeOf(x, kInt64)[0];
  const Output fits = ops::GreaterEqual(seq_len_max, int64_t{0}) && ops::LessEqual(seq_len_max, time);
  return ops::Cast(ops::Where(fits, seq_len_max, time + int64_t{1}), kInt32);
}

struct LstmInputs {
  Output seq_len_max, x, cs_prev, h_prev, w;
  Peephole peephole;
  Output b;

  static LstmInputs From(const std::vector<Output>& v) {
    return {v[0], v[1], v[2], v[3], v[4], {v[5], v[6], v[7]}, v[8]};
  }
};

// The loop's variables: a list of each output, then the state, then what stays.
Result<Activations> AllSteps(Builder& b, const LstmCell& cell, const LstmInputs& in) {
  const DType dtype = in.x.dtype();
  const Weights w(in.w, in.x);
  const Output from_input = AlongTime(ops::MatMul(AsRows(in.x), w.of_input), in.x);
  const Output shape = ops::ShapeOf(in.cs_prev), time = ops::ShapeOf(in.x)[0];
  std::vector<Output> vars;
  for (int k = 0; k < kOutputs; ++k) vars.push_back(ops::TensorListReserve(shape, time, dtype));
  vars.insert(vars.end(), {in.cs_prev, in.h_prev, from_input, w.of_state, in.b, in.peephole.wci, in.peephole.wcf,
                           in.peephole.wco});
  const auto step = [&](const Output& i, const std::vector<Output>& v) {
    const Output *state = &v[kOutputs], *stays = state + 2;
    const Output gates = ops::BiasAdd(stays[0][i] + ops::MatMul(state[1], stays[1]), stays[2]);
    const Activations a = cell.Step(gates, state[0], {stays[3], stays[4], stays[5]});
    const std::vector<Output> made = a.List();
    std::vector<Output> after = v;
    for (size_t k = 0; k < made.size(); ++k) after[k] = ops::TensorListSetItem(v[k], i, made[k]);
    after[kOutputs] = a.cs, after[kOutputs + 1] = a.h;
    return after;
  };
  WEIR_ASSIGN_OR_RETURN(const OutputList last,
                        LoopOver(b, {0, NumSteps(in.seq_len_max, in.x)}, vars, "block_lstm_step", step));
  std::vector<Output> all;
  for (int k = 0; k < kOutputs; ++k) all.push_back(ops::TensorListStack(last[k], dtype, shape));
  return Activations::From(all);
}

Status ExpandBlock(ExpandContext& c) {
  WEIR_ASSIGN_OR_RETURN(const Activations all,
                        AllSteps(c.builder(), LstmCell::Of(c.node()), LstmInputs::From(InputsOfRanks(c, kBlockRanks))));
  const std::vector<Output> made = all.List();
  for (int k = 0; k < kOutputs; ++k) c.set(k, made[static_cast<size_t>(k)]);
  return c.builder().status();
}

// The gradients by the gates of all steps [time,batch,4 * units], and those by the first state.
struct BackwardSteps {
  Output gates, di, df, d_o, cs_prev, h_prev;
};

// From the last step to the first. The loop's variables: the gradients by the state, lists, then what stays.
Result<BackwardSteps> AllStepsBack(Builder& b, const LstmCell& cell, const LstmInputs& in, const Activations& all,
                                   const Output& cs_before, const Output& cs_grad, const Output& h_grad,
                                   const Output& steps) {
  const DType dtype = in.x.dtype();
  const Output shape = ops::ShapeOf(in.cs_prev), time = ops::ShapeOf(in.x)[0];
  const Output w = Weights(in.w, in.x).of_state;
  std::vector<Output> vars{ops::ZerosLike(in.cs_prev), ops::ZerosLike(in.h_prev),
                           ops::TensorListReserve(ops::Stack({shape[0], ops::ShapeOf(in.w)[1]}), time, dtype)};
  const int lists = cell.peephole ? 3 : 0;  // di, df, do
  for (int k = 0; k < lists; ++k) vars.push_back(ops::TensorListReserve(shape, time, dtype));
  const std::vector<Output> made = all.List();
  vars.insert(vars.end(), {w, in.peephole.wci, in.peephole.wcf, in.peephole.wco, cs_before, cs_grad, h_grad});
  vars.insert(vars.end(), made.begin(), made.begin() + kH);
  const auto step = [&](const Output& i, const std::vector<Output>& v) {
    const Output* stays = &v[static_cast<size_t>(3 + lists)];
    std::vector<Output> now;
    for (int k = 0; k < kH; ++k) now.push_back(stays[7 + k][i]);
    now.emplace_back();
    const StepGradient g = cell.StepBack(Activations::From(now), stays[4][i], {stays[1], stays[2], stays[3]},
                                         stays[5][i] + v[0], stays[6][i] + v[1]);
    std::vector<Output> after = v;
    after[0] = g.cs_prev, after[1] = ops::MatMul(g.gates, stays[0], {.transpose_b = true});
    after[2] = ops::TensorListSetItem(v[2], i, g.gates);
    const Output by_gate[] = {g.di, g.df, g.d_o};
    for (int k = 0; k < lists; ++k) after[3 + k] = ops::TensorListSetItem(v[3 + k], i, by_gate[k]);
    return after;
  };
  WEIR_ASSIGN_OR_RETURN(const OutputList last,
                        LoopOver(b, {steps - 1, -1, -1}, vars, "block_lstm_step_back", step));
  BackwardSteps back;
  back.cs_prev = last[0], back.h_prev = last[1];
  back.gates = ops::TensorListStack(last[2], dtype, ops::Stack({shape[0], ops::ShapeOf(in.w)[1]}));
  if (lists == 0) return back;
  back.di = ops::TensorListStack(last[3], dtype, shape), back.df = ops::TensorListStack(last[4], dtype, shape);
  back.d_o = ops::TensorListStack(last[5], dtype, shape);
  return back;
}

Status ExpandBlockGrad(ExpandContext& c) {
  Builder& b = c.builder();
  const LstmCell cell = LstmCell::Of(c.node());
  const std::vector<Output> given = InputsOfRanks(c, kBlockRanks);
  const LstmInputs in = LstmInputs::From(given);
  const Activations all = ActivationsOf(given, 9);
  const Output steps = NumSteps(in.seq_len_max, in.x);
  // What the steps began with.
  auto before = [](const Output& first, const Output& later) {
    return ops::Concat({ops::ExpandDims(first, 0), later}, 0);
  };
  const Output cs_before = before(in.cs_prev, all.cs);
  WEIR_ASSIGN_OR_RETURN(const BackwardSteps back,
                        AllStepsBack(b, cell, in, all, cs_before, given[16], given[17], steps));
  // Steps that were not made have no gradient, whatever their input is.
  auto made = [&](const Output& x) { return x[{{_, steps}}]; };
  const Output gates = AsRows(made(back.gates));
  c.set(0, AlongTime(ops::MatMul(AsRows(back.gates), Weights(in.w, in.x).of_input, {.transpose_b = true}), in.x));
  c.set(1, back.cs_prev), c.set(2, back.h_prev);
  const Output xh = AsRows(ops::Concat({made(in.x), made(before(in.h_prev, given[9 + kH]))}, 2));
  c.set(3, ops::MatMul(xh, gates, {.transpose_a = true}));
  StepGradient by_gate;
  if (cell.peephole) by_gate.di = AsRows(made(back.di)), by_gate.df = AsRows(made(back.df)),
                     by_gate.d_o = AsRows(made(back.d_o));
  SetPeepholeGradients(c, 4, cell, in.peephole, by_gate, AsRows(made(cs_before)), AsRows(made(all.cs)));
  c.set(7, ops::ReduceSum(gates, {0}));
  return b.status();
}

// TensorFlow's gradient, where nothing but cs and h is read; else that of the steps.
Status BlockGradient(GradContext& c) {
  Builder& b = c.builder();
  std::vector<Output> in, grads;
  for (int k = 0; k < 9; ++k) in.push_back(c.input(k));
  std::vector<int> read;
  for (int k = 0; k < kOutputs; ++k) {
    if (c.has_grad(k)) read.push_back(k);
  }
  if (std::all_of(read.begin(), read.end(), [](int k) { return k == kCs || k == kH; })) {
    InputList all(in);
    for (int k = 0; k < kOutputs; ++k) all.push_back(c.output(k));
    all.push_back(c.grad(kCs)), all.push_back(c.grad(kH));
    const OutputList made = MakeAll(c.op().ends_with("V2") ? "BlockLSTMGradV2" : "BlockLSTMGrad", all,
                                    c.attrs({"use_peephole"}));
    for (int k = 1; k < 9; ++k) c.set(k, made[k - 1]);
    return b.status();
  }
  for (Output& x : in) x = ops::Identity(x);  // one value may be several inputs
  WEIR_ASSIGN_OR_RETURN(const Activations all, AllSteps(b, LstmCell::Of(c.node()), LstmInputs::From(in)));
  GradientOptions options;
  options.unconnected = GradientOptions::kZero;
  std::vector<Output> ys;
  for (int k : read) ys.push_back(all.List()[static_cast<size_t>(k)]), options.grad_ys.push_back(c.grad(k));
  WEIR_ASSIGN_OR_RETURN(const std::vector<Grad> by, GradientsOf(b, ys, {in.begin() + 1, in.end()}, options));
  for (int k = 1; k < 9; ++k) c.set(k, by[static_cast<size_t>(k - 1)]);
  return b.status();
}

// ---- declarations

// The weights that peepholes read, from input `first` on; what nobody reads may have any shape.
Status RequirePeephole(const ShapeContext& c, int first, Dim units) {
  if (!c.attr<bool>("use_peephole")) return {};
  for (int i = first; i < first + 3; ++i) WEIR_RETURN_IF_ERROR(RequireShape(c, i, {units}));
  return {};
}

// x (input `x`, of this rank) and what is read of the inputs from cs_prev to wco behind it fit together: [batch,units].
Result<PartialShape> StateOf(const ShapeContext& c, int x, int rank) {
  WEIR_ASSIGN_OR_RETURN(const PartialShape input, c.WithRank(x, rank));
  WEIR_ASSIGN_OR_RETURN(PartialShape state, c.WithRank(x + 1, 2));
  WEIR_ASSIGN_OR_RETURN(const PartialShape w, c.WithRank(x + 3, 2));
  if (!Known(state[1]) && Known(w[1])) state[1] = w[1] / 4;
  if (const auto batch = MergeDims(state[0], input[rank - 2]); batch.ok()) state[0] = *batch;
  const Dim units = state[1];
  for (int i : {x + 1, x + 2}) WEIR_RETURN_IF_ERROR(RequireShape(c, i, {input[rank - 2], units}));
  WEIR_RETURN_IF_ERROR(RequireShape(c, x + 3, {AddDims(input[rank - 1], units), MulDims(units, 4)}));
  WEIR_RETURN_IF_ERROR(RequirePeephole(c, x + 4, units));
  return state;
}

Status CellShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(const PartialShape state, StateOf(c, 0, 2));
  WEIR_RETURN_IF_ERROR(RequireShape(c, 7, {MulDims(state[1], 4)}));
  for (int k = 0; k < kOutputs; ++k) c.set_output(k, state);
  return {};
}

Status CellGradShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(const PartialShape state, c.WithRank(1, 2));
  WEIR_RETURN_IF_ERROR(RequirePeephole(c, 4, state[1]));
  for (int i = 8; i < 16; ++i) {
    if (i != 8 + kCs || c.attr<bool>("use_peephole")) WEIR_RETURN_IF_ERROR(RequireShape(c, i, state));
  }
  c.set_output(0, state), c.set_output(1, {state[0], MulDims(state[1], 4)});
  const bool peephole = c.attr<bool>("use_peephole");
  for (int k = 0; k < 3; ++k) c.set_output(2 + k, peephole ? PartialShape{state[1]} : c.input(4 + k));
  return {};
}

// The steps' outputs [time,batch,units].
Result<PartialShape> StepsOf(const ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 0));
  WEIR_ASSIGN_OR_RETURN(const PartialShape state, StateOf(c, 1, 3));
  WEIR_ASSIGN_OR_RETURN(const PartialShape x, c.WithRank(1, 3));
  const Dim time = x[0];
  const auto steps = c.scalar(0);
  if (steps && (*steps < 0 || (Known(time) && *steps > time)))
    return InvalidArgument(fmt::format("cannot take seq_len_max = {} steps of {}", *steps, c.Describe(1)));
  return PartialShape{time, state[0], state[1]};
}

Status BlockShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(const PartialShape steps, StepsOf(c));
  WEIR_RETURN_IF_ERROR(RequireShape(c, 8, {MulDims(steps[2], 4)}));
  for (int k = 0; k < kOutputs; ++k) c.set_output(k, steps);
  return {};
}

Status BlockGradShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(const PartialShape steps, StepsOf(c));
  for (int i = 9; i < 18; ++i) WEIR_RETURN_IF_ERROR(RequireShape(c, i, steps));
  for (int k = 0; k < 7; ++k) c.set_output(k, c.input(1 + k));
  c.set_output(7, {MulDims(steps[2], 4)});
  return {};
}

OpDef& AddWeights(OpDef& op) {
  for (const char* input : {"x", "cs_prev", "h_prev", "w", "wci", "wcf", "wco", "b"})
    op.Input(std::string(input) + ": T");
  return op;
}

constexpr const char* kActivations[kOutputs] = {"i", "cs", "f", "o", "ci", "co", "h"};

OpDef& AddOutputs(OpDef& op) {
  for (const char* name : kActivations) op.Output(std::string(name) + ": T");
  return op;
}

// What a gradient is given: the first `count` outputs, and the gradients by cs and h.
OpDef& AddGiven(OpDef& op, int count) {
  for (int k = 0; k < count; ++k) op.Input(std::string(kActivations[k]) + ": T");
  return op.Input("cs_grad: T").Input("h_grad: T");
}

// The attributes of a forward op, or of a gradient.
OpDef& AddAttrs(OpDef& op, bool forward) {
  return op.Attr(forward ? "use_peephole: bool = false" : "use_peephole: bool").Attr("T: {half, float}");
}

}  // namespace

void RegisterLstmBlockOps(OpRegistry& r) {
  AddAttrs(AddOutputs(AddWeights(r.Add("LSTMBlockCell")))
               .Attr("forget_bias: float = 1.0").Attr("cell_clip: float = 3.0"), true)
      .Doc("A step of an LSTM: of x [batch,inputs] and the state cs_prev, h_prev [batch,units] with the weights w "
           "[inputs + units,4 * units] and b [4 * units], whose columns are the gates i, ci, f, o, and, if "
           "use_peephole, wci, wcf, wco [units]. forget_bias is added to gate f; the new cs is clipped to cell_clip "
           "where that is positive. Gives gates and states, [batch,units] each.")
      .Shape(CellShape)
      .Composed(ExpandCell);
  AddAttrs(AddGiven(AddWeights(r.Add("LSTMBlockCellGrad")), kH).Output("cs_prev_grad: T").Output("dicfo: T")
               .Output("wci_grad: T").Output("wcf_grad: T").Output("wco_grad: T"), false)
      .Doc("Gradients of LSTMBlockCell by cs_prev, by the gates before their functions [batch,4 * units] and by wci, "
           "wcf, wco, from those by cs and h and from what it gave. The clipping of cs is passed over.")
      .Shape(CellGradShape)
      .Composed(ExpandCellGrad);
  for (const char* version : {"", "V2"}) {
    const bool first = !*version;
    OpDef& forward =
        AddOutputs(AddWeights(r.Add(std::string("BlockLSTM") + version).Input("seq_len_max: int64")));
    if (first) forward.Attr("forget_bias: float = 1.0");
    AddAttrs(forward.Attr(first ? "cell_clip: float = 3.0" : "cell_clip: float = 0.0"), true)
        .Doc(first ? "The first seq_len_max steps of an LSTM along x [time,batch,inputs], each as LSTMBlockCell makes "
                     "them. Gives gates and states of all steps [time,batch,units]; behind the last step they are 0."
                   : "As BlockLSTM, but the gates are i, f, ci, o, and nothing is added to f.")
        .Shape(BlockShape)
        .Composed(ExpandBlock)
        .Gradient(BlockGradient);
    OpDef& backward =
        AddGiven(AddWeights(r.Add(std::string("BlockLSTMGrad") + version).Input("seq_len_max: int64")), kOutputs);
    for (const char* name : {"x", "cs_prev", "h_prev", "w", "wci", "wcf", "wco", "b"})
      backward.Output(std::string(name) + "_grad: T");
    AddAttrs(backward, false)
        .Doc(std::string("Gradients of BlockLSTM") + version + " by its inputs, from those by cs and h and from what "
             "it gave. The clipping of cs is passed over.")
        .Shape(BlockGradShape)
        .Composed(ExpandBlockGrad);
  }
}

}  // namespace weir
