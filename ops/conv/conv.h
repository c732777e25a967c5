// Building functions of convolution over images and volumes.
//
// Images are [batch, height, width, channels] (data_format "NHWC") or [batch, channels, height, width] ("NCHW");
// strides and dilations have one number for each axis, in the layout's order. Padding "SAME" gives ceil(size / stride)
// outputs, "VALID" only windows inside the input, "EXPLICIT" what explicit_paddings says: (before, after) for each
// axis. Volumes are [batch, depth, height, width, channels] ("NDHWC") or [batch, channels, depth, height, width]
// ("NCDHW").
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

struct Conv3DOptions {
  std::vector<int64_t> strides = {1, 1, 1, 1, 1};
  std::string padding = "VALID";  // or "SAME"
  std::string data_format = "NDHWC";
  std::vector<int64_t> dilations = {1, 1, 1, 1, 1};
  std::string name = {};

  AttrMap Attrs() const {
    return {{"strides", strides}, {"padding", padding}, {"data_format", data_format}, {"dilations", dilations}};
  }
};
// Convolution of volumes by a filter [depth, height, width, channels / groups, out channels]. Floating types.
inline Output Conv3D(const Input& input, const Input& filter, const Conv3DOptions& o = {}) {
  return Make("Conv3D", {input, filter}, o.Attrs(), {.name = o.name});
}
// Its gradient by an input of shape `output_shape` (int32 or int64 [5]), by tf.nn.conv3d_transpose's name and order of
// arguments.
inline Output Conv3DTranspose(const Input& value, const Input& filter, const Input& output_shape,
                              const Conv3DOptions& o = {}) {
  return Make("Conv3DBackpropInputV2", {output_shape, filter, value}, o.Attrs(), {.name = o.name});
}

struct PatchOptions {
  std::vector<int64_t> strides = {1, 1, 1, 1};
  std::vector<int64_t> rates = {1, 1, 1, 1};  // distances of a patch's pixels in the images
  std::string padding = "VALID";              // or "SAME"
  std::string name = {};
};
// The windows of images in NHWC side by side, [batch, out height, out width, sizes[1] · sizes[2] · channels]. Numbers
// and bool.
inline Output ExtractImagePatches(const Input& images, const std::vector<int64_t>& sizes, const PatchOptions& o = {}) {
  AttrMap attrs{{"ksizes", sizes}, {"strides", o.strides}, {"rates", o.rates}, {"padding", o.padding}};
  return Make("ExtractImagePatches", {images}, std::move(attrs), {.name = o.name});
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

}  // namespace weir::ops
