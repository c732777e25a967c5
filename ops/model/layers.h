// Layers by TF1's names (tf.layers): thin functions that make variables and the ops around them.
//
//   Output h = layers::Dense(x, 128, {.activation = ops::Relu});
//   Output logits = layers::Dense(layers::Dropout(h, 0.5, {.training = true}), 10);
//
// A layer opens a variable scope named after itself (`dense`, `dense_1`, …; a name of your own stays and can be
// reused), so that its variables are called as tf.layers calls them: `dense/kernel`, `dense/bias`. Trainable ones join
// the collection of trainable variables, regularisers' results the regularization losses, and moving averages the
// update ops.
#pragma once

#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "weir/ops/model/variables.h"

namespace weir {

// A function of the output: ops::Relu and the like, or anything that is called with an Output and gives one.
class Activation {
 public:
  Activation() = default;
  Activation(Output (*op)(Input, const Name&)) {  // NOLINT
    if (op) fn_ = [op](Output x) { return op(x, {}); };
  }
  template <class F>
    requires std::is_invocable_r_v<Output, F, Output>
  Activation(F fn) : fn_(std::move(fn)) {}  // NOLINT

  explicit operator bool() const { return bool(fn_); }
  Output operator()(const Output& x) const { return fn_(x); }

 private:
  std::function<Output(Output)> fn_;
};
using Regularizer = std::function<Output(Output)>;

namespace ops {

struct DropoutOptions {
  std::optional<Input> noise_shape = {};  // an int32 vector that broadcasts to x's shape: which elements go together
  std::optional<int64_t> seed = {};
  std::string name = {};
};
// Each element is x / keep_prob with probability keep_prob (a number or a scalar), else 0:
// x / keep_prob · floor(keep_prob + uniform).
Output Dropout(Input x, Input keep_prob, const DropoutOptions& o = {});

// Regularisers: functions of a variable's value to a scalar.
Regularizer L1Regularizer(double scale);  // scale · Σ|w|
Regularizer L2Regularizer(double scale);  // scale · Σw²/2
Regularizer L1L2Regularizer(double scale_l1, double scale_l2);

}  // namespace ops

namespace layers {

// Whether a layer trains: true or false, or a scalar bool Output (a placeholder) that tells it run by run.
class Training {
 public:
  template <std::same_as<bool> B> Training(B training) : always_(training) {}  // NOLINT
  Training(Output training) : fed_(training) {}                                // NOLINT
  bool always() const { return always_; }
  const Output& fed() const { return fed_; }  // invalid when a bool was given
  bool ever() const { return always_ || fed_.valid(); }

 private:
  bool always_ = false;
  Output fed_;
};

struct DenseOptions {
  Activation activation = {};
  bool use_bias = true;
  Initializer kernel_initializer = {};  // Glorot's uniform one
  Initializer bias_initializer = {};    // zeros
  Regularizer kernel_regularizer = {}, bias_regularizer = {};
  bool trainable = true;
  Reuse reuse = Reuse::kInherit;
  std::string name = {};
};
// activation(x · kernel + bias): [..., in] to [..., units]. The last size must be known.
Output Dense(Input inputs, int64_t units, const DenseOptions& o = {}, Loc loc = Loc::Current());

// One number for both directions, or two.
struct Size2D {
  int64_t height, width;
  Size2D(int64_t n) : height(n), width(n) {}                  // NOLINT
  Size2D(int64_t h, int64_t w) : height(h), width(w) {}
};

struct Conv2DOptions {
  Size2D strides = 1;
  std::string padding = "valid";             // or "same"
  std::string data_format = "channels_last"; // or "channels_first"
  Size2D dilation_rate = 1;
  Activation activation = {};
  bool use_bias = true;
  Initializer kernel_initializer = {}, bias_initializer = {};
  Regularizer kernel_regularizer = {}, bias_regularizer = {};
  bool trainable = true;
  Reuse reuse = Reuse::kInherit;
  std::string name = {};
};
// activation(convolution + bias) of [batch, height, width, channels], kernel [height, width, channels, filters].
Output Conv2D(Input inputs, int64_t filters, Size2D kernel_size, const Conv2DOptions& o = {}, Loc loc = Loc::Current());

struct Conv1DOptions {
  int64_t strides = 1;
  std::string padding = "valid";              // or "same"
  std::string data_format = "channels_last";  // or "channels_first"
  int64_t dilation_rate = 1;
  Activation activation = {};
  bool use_bias = true;
  Initializer kernel_initializer = {}, bias_initializer = {};
  Regularizer kernel_regularizer = {}, bias_regularizer = {};
  bool trainable = true;
  Reuse reuse = Reuse::kInherit;
  std::string name = {};
};
// activation(convolution + bias) of [batch, width, channels], kernel [width, channels, filters].
Output Conv1D(Input inputs, int64_t filters, int64_t kernel_size, const Conv1DOptions& o = {},
              Loc loc = Loc::Current());

struct Pooling2DOptions {
  std::string padding = "valid";
  std::string data_format = "channels_last";
  std::string name = {};
};
// The largest, or the mean, of each window.
Output MaxPooling2D(Input inputs, Size2D pool_size, Size2D strides, const Pooling2DOptions& o = {});
Output AveragePooling2D(Input inputs, Size2D pool_size, Size2D strides, const Pooling2DOptions& o = {});
inline Output MaxPooling(Input inputs, Size2D pool_size, Size2D strides, const Pooling2DOptions& o = {}) {
  return MaxPooling2D(std::move(inputs), pool_size, strides, o);
}

// [batch, …] to [batch, product of the others].
Output Flatten(Input inputs, const Name& name = {});

struct DropoutOptions {
  Training training = false;  // false: the input as it is, and no random number is drawn
  std::optional<Input> noise_shape = {};
  std::optional<int64_t> seed = {};
  std::string name = {};
};
// Drops a part `rate` of the elements and scales the others up.
Output Dropout(Input inputs, double rate = 0.5, const DropoutOptions& o = {});

struct BatchNormalizationOptions {
  int axis = -1;  // of the channels: the last, or 1
  double momentum = 0.99, epsilon = 1e-3;
  bool center = true, scale = true;
  Initializer beta_initializer = {}, gamma_initializer = {}, moving_mean_initializer = {},
              moving_variance_initializer = {};
  Regularizer beta_regularizer = {}, gamma_regularizer = {};
  Training training =
      false;  // normalise by the batch's statistics and move the averages (update ops), else by the averages
  bool trainable = true;
  Reuse reuse = Reuse::kInherit;
  std::string name = {};
};
// (x - mean) / sqrt(variance + epsilon) · gamma + beta, channel by channel. While training the two updates of the
// moving averages join the collection "update_ops": run them with the training step, as control dependencies of
// Minimize. Where a fed `training` is false they leave the averages as they are.
Output BatchNormalization(Input inputs, const BatchNormalizationOptions& o = {}, Loc loc = Loc::Current());

struct LayerNormOptions {
  std::vector<int> axes = {-1};  // over which each example is normalised; their sizes must be known
  double epsilon = 1e-3;
  bool center = true, scale = true;
  Initializer beta_initializer = {}, gamma_initializer = {};  // zeros, ones
  Regularizer beta_regularizer = {}, gamma_regularizer = {};
  bool trainable = true;
  Reuse reuse = Reuse::kInherit;
  std::string name = {};
};
// (x - mean) / sqrt(variance + epsilon) · gamma + beta of each example by itself; gamma and beta have the sizes of
// `axes`.
Output LayerNorm(Input inputs, const LayerNormOptions& o = {}, Loc loc = Loc::Current());

struct EmbeddingOptions {
  Initializer embeddings_initializer = {};  // uniform over ±0.05
  Regularizer embeddings_regularizer = {};
  DType dtype = kFloat;
  bool trainable = true;
  Reuse reuse = Reuse::kInherit;
  std::string name = {};
};
// Rows of a table [input_dim, output_dim]: ids of shape s to s + [output_dim]. The gradient is sparse.
Output Embedding(Input ids, int64_t input_dim, int64_t output_dim, const EmbeddingOptions& o = {},
                 Loc loc = Loc::Current());

}  // namespace layers
}  // namespace weir
