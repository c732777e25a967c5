// Recurrent cells whose step, or all of whose steps, are one op (tf.contrib.rnn): the numbers and the variables of
// those in rnn.h, in fewer nodes.
//
//   LSTMBlockFusedCell lstm(128);
//   RnnResult rnn = lstm(x);    // x [time, batch, depth]
#pragma once

#include "weir/ops/model/rnn.h"

namespace weir {

struct LSTMBlockOptions {
  double forget_bias = 1;
  bool use_peephole = false;
  std::optional<double> cell_clip = {};  // bounds of the memory, of which gradients take no notice
  Initializer initializer = {};
  Reuse reuse = Reuse::kInherit;
  std::string name = {};  // "lstm_cell"; of a fused cell "lstm_fused_cell"
};

// A step is a LSTMBlockCell node: half or float.
class LSTMBlockCell : public LSTMCell {
 public:
  explicit LSTMBlockCell(int64_t units, LSTMBlockOptions o = {});
  Step operator()(const Output& input, const Outputs& state) const override;

 protected:
  // Inputs of the op with those from w on behind them, and its attributes.
  InputList WeightsBehind(InputList inputs) const;
  AttrMap attrs() const;
};

// All steps are one BlockLSTM node: half or float.
class LSTMBlockFusedCell : private LSTMBlockCell {
 public:
  explicit LSTMBlockFusedCell(int64_t units, LSTMBlockOptions o = {});
  // inputs [time, batch, depth], of a known depth; initial_state and sequence_length as of DynamicRnn, whose other
  // options do not count. Outputs [time, batch, units], zeros behind a row's length; the state after a row's last step.
  RnnResult operator()(const Input& inputs, const RnnOptions& o = {});
};

// A step is a GRUBlockCell node: float. The activation is tanh.
class GRUBlockCell : public GRUCell {
 public:
  explicit GRUBlockCell(int64_t units, CellOptions o = {}) : GRUCell(units, std::move(o)) {}
  Step operator()(const Output& input, const Outputs& state) const override;
};

}  // namespace weir
