#include "weir/ops/model/rnn_blocks.h"

#include <fmt/format.h>

#include "weir/ops/array/array.h"
#include "weir/ops/gather/gather.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/layers_internal.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

constexpr int kOutputs = 7, kMemory = 1, kOutput = 6;  // of LSTMBlockCell and BlockLSTM

LSTMOptions OptionsOf(LSTMBlockOptions o) {
  return {.forget_bias = o.forget_bias,
          .use_peepholes = o.use_peephole,
          .cell_clip = o.cell_clip,
          .initializer = std::move(o.initializer),
          .reuse = o.reuse,
          .name = std::move(o.name)};
}

LSTMBlockOptions Named(LSTMBlockOptions o) {
  if (o.name.empty()) o.name = "lstm_fused_cell";
  return o;
}

}  // namespace

LSTMBlockCell::LSTMBlockCell(int64_t units, LSTMBlockOptions o) : LSTMCell(units, OptionsOf(std::move(o))) {}

InputList LSTMBlockCell::WeightsBehind(InputList inputs) const {
  // Without peepholes the op does not read them.
  const Output none = ops::Zeros(*kernel_.builder(), {units_}, kernel_.dtype());
  inputs.push_back(kernel_);
  for (const Output& w : {peep_input_, peep_forget_, peep_output_}) inputs.push_back(o_.use_peepholes ? w : none);
  inputs.push_back(bias_);
  return inputs;
}

AttrMap LSTMBlockCell::attrs() const {
  return {{"forget_bias", static_cast<float>(o_.forget_bias)},
          {"cell_clip", static_cast<float>(o_.cell_clip.value_or(-1))},
          {"use_peephole", o_.use_peepholes}};
}

RnnCell::Step LSTMBlockCell::operator()(const Output& input, const Outputs& state) const {
  const OutputList step =
      MakeAll("LSTMBlockCell", WeightsBehind({input, state[0], state[1]}), attrs(), {}, kOutputs);
  return {step[kOutput], {step[kMemory], step[kOutput]}};
}

RnnCell::Step GRUBlockCell::operator()(const Output& input, const Outputs& state) const {
  const OutputList step = MakeAll(
      "GRUBlockCell", {input, state[0], gate_kernel_, candidate_kernel_, gate_bias_, candidate_bias_}, {}, {}, 4);
  return {step[3], {step[3]}};
}

// ---- all steps

LSTMBlockFusedCell::LSTMBlockFusedCell(int64_t units, LSTMBlockOptions o) : LSTMBlockCell(units, Named(std::move(o))) {}

RnnResult LSTMBlockFusedCell::operator()(const Input& inputs, const RnnOptions& o) {
  const RnnResult failed{{}, Outputs(2)};
  Builder* g = BuilderOfInput(inputs);
  if (!g) return failed;
  const Output x = inputs.output();
  const auto depth = KnownSize(x, -1, "LSTMBlockFusedCell");
  if (!depth) return failed;
  Build(*g, *depth, x.dtype());
  if (!g->status().ok()) return failed;
  const Output time = ops::ShapeOf(x)[0], batch = ops::ShapeOf(x)[1];
  const Outputs start = o.initial_state.empty() ? ZeroState(*g, batch, x.dtype()) : o.initial_state;
  if (start.size() != 2) {
    g->Fail(InvalidArgument(
        fmt::format("error[graph]: LSTMBlockFusedCell has an initial state of {} tensors, not 2", start.size())));
    return failed;
  }
  std::optional<Output> lengths;
  if (o.sequence_length) lengths = AsOutput(*g, *o.sequence_length, kInt32);
  const Output steps = ops::Cast(lengths ? ops::ReduceMax(*lengths) : time, kInt64);
  const OutputList all =
      MakeAll("BlockLSTM", WeightsBehind({steps, x, start[0], start[1]}), attrs(), {}, kOutputs);
  if (!lengths) return {all[kOutput], {all[kMemory][-1], all[kOutput][-1]}};
  // What comes after as many steps as a row has; the state at first is that after none.
  const Output last = ops::Stack({*lengths, Make("Range", {0, batch, 1})}, 1);
  auto after = [&](const Output& before, const Output& along) {
    return ops::GatherNd(ops::Concat({ops::ExpandDims(before, 0), along}, 0), last);
  };
  const Output alive = ops::Transpose(ops::SequenceMask(*lengths, {.maxlen = time}), {1, 0});
  const Output outputs = ops::Where(ops::ExpandDims(alive, -1), all[kOutput], ops::ZerosLike(all[kOutput]));
  return {outputs, {after(start[0], all[kMemory]), after(start[1], outputs)}};
}

}  // namespace weir
