// Building functions of pooling over images.
//
// Images are [batch, height, width, channels] (data_format "NHWC") or [batch, channels, height, width] ("NCHW"); ksize
// and strides have one number for each axis, in the layout's order. Padding "SAME" gives ceil(size / stride) outputs,
// "VALID" only windows inside the input, "EXPLICIT" what explicit_paddings says: (before, after) for each axis.
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

}  // namespace weir::ops
