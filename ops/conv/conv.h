// Building functions of convolution, pooling and normalisation over images.
//
// Images are [batch, height, width, channels] (data_format "NHWC") or [batch, channels, height, width] ("NCHW"); strides,
// dilations and ksize have one number for each axis, in the layout's order. Padding "SAME" gives ceil(size / stride)
// outputs, "VALID" only windows inside the input, "EXPLICIT" what explicit_paddings says: (before, after) for each axis.
#pragma once

#include <string>
#include <vector>

#include "weir/graph/builder.h"

namespace weir::ops {

struct ConvOptions {
  std::vector<int64_t> strides = {1, 1, 1, 1};
  std::string padding = "VALID";
  std::vector<int64_t> explicit_paddings = {};
  std::string data_format = "NHWC";
  std::vector<int64_t> dilations = {1, 1, 1, 1};
  std::string name = {};

  AttrMap Attrs() const {
    return {{"strides", strides},
            {"padding", padding},
            {"explicit_paddings", explicit_paddings},
            {"data_format", data_format},
            {"dilations", dilations}};
  }
};

// Convolution of images by a filter [height, width, channels / groups, out channels]. Floating types and int32.
inline Output Conv2D(const Input& input, const Input& filter, const ConvOptions& o = {}) {
  return Make("Conv2D", {input, filter}, o.Attrs(), {.name = o.name});
}
// The gradient of Conv2D by its input of shape `input_sizes` (int32 [4]), also known as deconvolution.
inline Output Conv2DBackpropInput(const Input& input_sizes, const Input& filter, const Input& out_backprop,
                                  const ConvOptions& o = {}) {
  return Make("Conv2DBackpropInput", {input_sizes, filter, out_backprop}, o.Attrs(), {.name = o.name});
}
// The same by tf.nn.conv2d_transpose's name and order of arguments.
inline Output Conv2DTranspose(const Input& value, const Input& filter, const Input& output_shape,
                              const ConvOptions& o = {}) {
  return Conv2DBackpropInput(output_shape, filter, value, o);
}
// The gradient of Conv2D by its filter of shape `filter_sizes` (int32 [4]).
inline Output Conv2DBackpropFilter(const Input& input, const Input& filter_sizes, const Input& out_backprop,
                                   const ConvOptions& o = {}) {
  return Make("Conv2DBackpropFilter", {input, filter_sizes, out_backprop}, o.Attrs(), {.name = o.name});
}
// Each channel convolved by filters of its own [height, width, channels, multiplier]: channels · multiplier outputs.
inline Output DepthwiseConv2dNative(const Input& input, const Input& filter, const ConvOptions& o = {}) {
  return Make("DepthwiseConv2dNative", {input, filter}, o.Attrs(), {.name = o.name});
}
inline Output DepthwiseConv2d(const Input& input, const Input& filter, const ConvOptions& o = {}) {
  return DepthwiseConv2dNative(input, filter, o);
}

struct Conv1DOptions {
  int64_t stride = 1;
  std::string padding = "VALID";    // or SAME
  std::string data_format = "NWC";  // or NCW
  int64_t dilation = 1;
  std::string name = {};
};
// Convolution of sequences [batch, width, channels] (NCW: [batch, channels, width]) by a filter [width, channels, out
// channels]: a Conv2D of images of height 1.
Output Conv1D(Input value, Input filters, const Conv1DOptions& o = {});

struct PoolOptions {
  std::vector<int64_t> ksize = {1, 2, 2, 1};
  std::vector<int64_t> strides = {1, 2, 2, 1};
  std::string padding = "VALID";
  std::vector<int64_t> explicit_paddings = {};  // of MaxPool only
  std::string data_format = "NHWC";
  std::string name = {};

  AttrMap Attrs() const {
    return {{"ksize", ksize}, {"strides", strides}, {"padding", padding}, {"data_format", data_format}};
  }
};

// The largest element of each window. All number types.
inline Output MaxPool(const Input& value, const PoolOptions& o = {}) {
  AttrMap attrs = o.Attrs();
  attrs["explicit_paddings"] = o.explicit_paddings;
  return Make("MaxPool", {value}, std::move(attrs), {.name = o.name});
}
// The same of images in NHWC, and where each maximum lies in its image, counted in elements (int64).
inline OutputList MaxPoolWithArgmax(const Input& value, const PoolOptions& o = {}) {
  return MakeAll("MaxPoolWithArgmax", {value}, {{"ksize", o.ksize}, {"strides", o.strides}, {"padding", o.padding}}, {.name = o.name}, 2);
}
// The mean of each window's elements, those that lie in the input. Floating types.
inline Output AvgPool(const Input& value, const PoolOptions& o = {}) {
  return Make("AvgPool", {value}, o.Attrs(), {.name = o.name});
}

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
// training, else with the given ones. mean and variance of the result are the given ones moved by exponential_avg_factor
// towards the batch's (1: the batch's own), which takes `mean` and `variance` [channels] unless it is 1.
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
              {{"depth_radius", o.depth_radius}, {"bias", o.bias}, {"alpha", o.alpha}, {"beta", o.beta}}, {.name = o.name});
}

}  // namespace weir::ops
