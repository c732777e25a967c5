// Recurrent networks by TF1's names (tf.nn.rnn_cell, tf.nn.dynamic_rnn): cells, and loops that take them along time.
//
//   LSTMCell cell(128);
//   RnnResult rnn = DynamicRnn(cell, x, {.sequence_length = lengths});    // x [batch, time, depth]
//   Output last = rnn.state[1];                                           // [batch, 128]
//
// A cell's variables are called as TensorFlow calls them (`rnn/lstm_cell/kernel`), so that its checkpoints fit.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weir/ops/model/layers.h"
#include "weir/ops/model/sequences.h"

namespace weir {

// One step of a recurrent network. The state is one tensor or several, each [batch, size].
class RnnCell {
 public:
  struct Step {
    Output output;
    Outputs state;
  };

  virtual ~RnnCell() = default;
  virtual std::vector<int64_t> state_sizes() const = 0;
  virtual int64_t output_size() const = 0;
  // Makes the cell's variables, for inputs [batch, depth], in the current variable scope; those that it has made before
  // it keeps. The loops call it before they begin.
  virtual void Build(Builder& g, int64_t depth, DType dtype) = 0;
  // Of a cell that is built.
  virtual Step operator()(const Output& input, const Outputs& state) const = 0;

  // A state of zeros for a batch of this size, an int32 scalar.
  Outputs ZeroState(At g, const Input& batch, DType dtype = kFloat) const;
};

struct CellOptions {
  Activation activation = {};  // tanh
  Initializer kernel_initializer = {}, bias_initializer = {};
  Reuse reuse = Reuse::kInherit;
  std::string name = {};       // by the kind of cell unless told: "lstm_cell", …
};

// output = state' = activation([input, state] · kernel + bias).
class BasicRnnCell : public RnnCell {
 public:
  explicit BasicRnnCell(int64_t units, CellOptions o = {}) : units_(units), o_(std::move(o)) {}
  std::vector<int64_t> state_sizes() const override { return {units_}; }
  int64_t output_size() const override { return units_; }
  void Build(Builder& g, int64_t depth, DType dtype) override;
  Step operator()(const Output& input, const Outputs& state) const override;

 private:
  int64_t units_;
  CellOptions o_;
  Output kernel_, bias_;
};

struct LSTMOptions {
  Activation activation = {};  // tanh
  double forget_bias = 1;
  bool use_peepholes = false;
  std::optional<double> cell_clip = {};  // bounds of the memory
  int64_t num_proj = 0;                  // of another size than the memory: the output is projected to it
  std::optional<double> proj_clip = {};
  Initializer initializer = {};
  Reuse reuse = Reuse::kInherit;
  std::string name = {};                 // "lstm_cell"; TensorFlow's BasicLSTMCell is "basic_lstm_cell"
};
// Long short-term memory (Hochreiter and Schmidhuber 1997; Sak et al. 2014 with peepholes and projection); the gates in
// TensorFlow's order: input, new memory, forget, output. State: {memory c, output h}.
class LSTMCell : public RnnCell {
 public:
  explicit LSTMCell(int64_t units, LSTMOptions o = {}) : units_(units), o_(std::move(o)) {}
  std::vector<int64_t> state_sizes() const override { return {units_, output_size()}; }
  int64_t output_size() const override { return o_.num_proj > 0 ? o_.num_proj : units_; }
  void Build(Builder& g, int64_t depth, DType dtype) override;
  Step operator()(const Output& input, const Outputs& state) const override;

 protected:
  int64_t units_;
  LSTMOptions o_;
  Output kernel_, bias_, projection_, peep_input_, peep_forget_, peep_output_;
};

// Gated recurrent unit (Cho et al. 2014): state' = u · state + (1 - u) · candidate.
class GRUCell : public RnnCell {
 public:
  explicit GRUCell(int64_t units, CellOptions o = {}) : units_(units), o_(std::move(o)) {}
  std::vector<int64_t> state_sizes() const override { return {units_}; }
  int64_t output_size() const override { return units_; }
  void Build(Builder& g, int64_t depth, DType dtype) override;
  Step operator()(const Output& input, const Outputs& state) const override;

 protected:
  int64_t units_;
  CellOptions o_;
  Output gate_kernel_, gate_bias_, candidate_kernel_, candidate_bias_;
};

// Cells on top of each other; the state is theirs, one after the other.
class MultiRnnCell : public RnnCell {
 public:
  explicit MultiRnnCell(std::vector<std::shared_ptr<RnnCell>> cells) : cells_(std::move(cells)) {}
  std::vector<int64_t> state_sizes() const override;
  int64_t output_size() const override { return cells_.empty() ? 0 : cells_.back()->output_size(); }
  void Build(Builder& g, int64_t depth, DType dtype) override;
  Step operator()(const Output& input, const Outputs& state) const override;

 private:
  std::vector<std::shared_ptr<RnnCell>> cells_;
};

struct RnnOptions {
  std::optional<Input> sequence_length = {};  // int32 [batch]; all of it unless told
  Outputs initial_state = {};                 // zeros unless told
  bool time_major = false;                    // inputs and outputs are [time, batch, depth]
  std::string scope = {};                     // "rnn"
};
struct RnnResult {
  Output outputs;  // [batch, time, output_size]; zeros behind a row's length
  Outputs state;   // after a row's last step
};
// tf.nn.dynamic_rnn: the cell along the time of `inputs` [batch, time, depth], whose depth is known, as a While.
RnnResult DynamicRnn(RnnCell& cell, const Input& inputs, const RnnOptions& o = {});

struct BidirectionalResult {
  RnnResult forward, backward;
};
// tf.nn.bidirectional_dynamic_rnn: one cell from the first step to the last, the other from the last to the first.
// Initial states are both zeros; outputs and options as of DynamicRnn. Scope "bidirectional_rnn".
BidirectionalResult BidirectionalRnn(RnnCell& forward, RnnCell& backward, const Input& inputs,
                                     const RnnOptions& o = {});

}  // namespace weir
