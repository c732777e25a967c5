// Building functions that normalise: channels of images, each example by itself, vectors.
//
// Images are [batch, height, width, channels] (data_format "NHWC") or [batch, channels, height, width] ("NCHW"). Float
// means half, bfloat16, float or double.
#pragma once

#include <string>

#include "weir/graph/builder.h"
#include "weir/ops/reduce/reduce.h"

namespace weir::ops {

struct FusedBatchNormOptions {
  float epsilon = 0.001f;
  std::string data_format = "NHWC";
  bool is_training = true;
  float exponential_avg_factor = 1.0f;
  std::string name = {};
};
struct FusedBatchNormOutputs {
  Output y, mean, variance;  // normalised images; running statistics [channels]
};

// y = (x - mean) / sqrt(variance + epsilon) · scale + offset, channel by channel: with the batch's own statistics when
// training, else with the given ones. mean and variance of the result are the given ones moved by
// exponential_avg_factor towards the batch's (1: the batch's own), which takes `mean` and `variance` [channels] unless
// it is 1.
inline FusedBatchNormOutputs FusedBatchNorm(const Input& x, const Input& scale, const Input& offset, const Input& mean,
                                            const Input& variance, const FusedBatchNormOptions& o = {}) {
  auto out = MakeAll("FusedBatchNormV3", {x, scale, offset, mean, variance},
                     {{"epsilon", o.epsilon},
                      {"data_format", o.data_format},
                      {"is_training", o.is_training},
                      {"exponential_avg_factor", o.exponential_avg_factor}},
                     {.name = o.name});
  return {out[0], out[1], out[2]};
}
inline FusedBatchNormOutputs FusedBatchNorm(const Input& x, const Input& scale, const Input& offset,
                                            const FusedBatchNormOptions& o = {}) {
  Tensor none = Tensor::Of<float>({0}, {});
  return FusedBatchNorm(x, scale, offset, none, none, o);
}

struct LRNOptions {
  int64_t depth_radius = 5;
  float bias = 1, alpha = 1, beta = 0.5f;
  std::string name = {};
};
// x / (bias + alpha · Σ x²)^beta, the sum over the channels within depth_radius. Of [batch, height, width, channels].
inline Output LRN(const Input& input, const LRNOptions& o = {}) {
  return Make("LRN", {input},
              {{"depth_radius", o.depth_radius}, {"bias", o.bias}, {"alpha", o.alpha}, {"beta", o.beta}},
              {.name = o.name});
}

struct MomentsResult {
  Output mean, variance;  // of x's dtype; 16-bit floats are summed in float
};
// The mean of x over `axes` and the mean of the squared differences from it. Float.
MomentsResult Moments(Input x, const Axes& axes, const ReduceOptions& o = {});

struct LayerNormOptions {
  Axes axes = {-1};  // over which mean and variance are taken, each example by itself
  double epsilon = 1e-3;
  std::string name = {};
};
// (x - mean) / sqrt(variance + epsilon) · gamma + beta; gamma and beta broadcast with x (numbers, or a vector for the
// last axis). Float; 16-bit floats are computed in float. With variables of its own: layers::LayerNorm.
Output LayerNorm(Input x, Input gamma = 1.0, Input beta = 0.0, const LayerNormOptions& o = {});

struct L2NormalizeOptions {
  double epsilon = 1e-12;
  std::string name = {};
};
// x / sqrt(max(Σ x², epsilon)), the sum over `axes`. Float.
Output L2Normalize(Input x, const Axes& axes, const L2NormalizeOptions& o = {});

}  // namespace weir::ops
