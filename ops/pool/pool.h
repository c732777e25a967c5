// Building functions of pooling over images and volumes, and of dilation.
//
// Images are [batch, height, width, channels] (data_format "NHWC") or [batch, channels, height, width] ("NCHW"); ksize
// and strides have one number for each axis, in the layout's order. Padding "SAME" gives ceil(size / stride) outputs,
// "VALID" only windows inside the input, "EXPLICIT" what explicit_paddings says: (before, after) for each axis.
// Volumes are [batch, depth, height, width, channels] ("NDHWC") or [batch, channels, depth, height, width] ("NCDHW").
#pragma once

#include <string>
#include <vector>

#include "weir/graph/builder.h"

namespace weir::ops {

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
  return MakeAll("MaxPoolWithArgmax", {value}, {{"ksize", o.ksize}, {"strides", o.strides}, {"padding", o.padding}},
                 {.name = o.name}, 2);
}
// The mean of each window's elements, those that lie in the input. Floating types.
inline Output AvgPool(const Input& value, const PoolOptions& o = {}) {
  return Make("AvgPool", {value}, o.Attrs(), {.name = o.name});
}

struct Pool3DOptions {
  std::vector<int64_t> ksize = {1, 2, 2, 2, 1};
  std::vector<int64_t> strides = {1, 2, 2, 2, 1};
  std::string padding = "VALID";  // or "SAME"
  std::string data_format = "NDHWC";
  std::string name = {};

  AttrMap Attrs() const {
    return {{"ksize", ksize}, {"strides", strides}, {"padding", padding}, {"data_format", data_format}};
  }
};

// The largest element of each window of a volume, and the mean of those that lie in it. Half, bfloat16 or float;
// AvgPool3D also double.
inline Output MaxPool3D(const Input& input, const Pool3DOptions& o = {}) {
  return Make("MaxPool3D", {input}, o.Attrs(), {.name = o.name});
}
inline Output AvgPool3D(const Input& input, const Pool3DOptions& o = {}) {
  return Make("AvgPool3D", {input}, o.Attrs(), {.name = o.name});
}

struct DilationOptions {
  std::vector<int64_t> strides = {1, 1, 1, 1};
  std::vector<int64_t> rates = {1, 1, 1, 1};  // distances of the filter's elements in the input
  std::string padding = "VALID";              // or "SAME"
  std::string name = {};
};
// The greyscale dilation of images in NHWC by a filter [height, width, channels]: the largest sum of an element of each
// window and the filter's at that place. All real number types.
inline Output Dilation2D(const Input& input, const Input& filter, const DilationOptions& o = {}) {
  return Make("Dilation2D", {input, filter}, {{"strides", o.strides}, {"rates", o.rates}, {"padding", o.padding}},
              {.name = o.name});
}

}  // namespace weir::ops
