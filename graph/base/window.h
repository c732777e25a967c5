// Sliding windows over images and volumes: what the attributes of convolution and pooling mean, and the sizes that
// follow.
//
// Shared by shape functions (which know sizes partly) and kernels (which know them all), so that the two cannot differ.
// Invariant: what ConvWindow and PoolWindow return has positive strides, dilations and windows below 2^31 and paddings
// in [0, 2^31), and lists that fit its attributes; a placed WindowAxis has sizes that came out of checked arithmetic.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/graph/base/attr.h"
#include "weir/graph/base/shape.h"
#include "weir/graph/base/status.h"

namespace weir {

enum class Padding { kSame, kValid, kExplicit };

// A window that slides along one spatial axis. Output o sees the inputs o·stride − before + t·dilation, t < window.
struct WindowAxis {
  const char* name = "height";
  Padding padding = Padding::kValid;
  int64_t window = 0;  // of convolution: set from the filter
  int64_t stride = 1, dilation = 1;
  int64_t before = 0, after = 0;  // given when kExplicit, else known when placed
  int64_t input = 0, output = 0;  // known when placed

  int64_t extent() const { return (window - 1) * dilation + 1; }
  // Sets input, output and the padding. Errors: an empty window, a window that does not fit.
  Status Place(int64_t input_size);
  // The output's size as far as the input's is known; symbols are kept where the size does not change.
  Result<Dim> OutputDim(Dim input_dim) const;
};

// Over images, or volumes, which have an axis more.
enum class Spatial { k2D, k3D };

// The depth of images: one plane.
inline constexpr WindowAxis kOnePlane{.name = "depth", .window = 1, .input = 1, .output = 1};

// What the window attributes of a node say, with the axes named by their layout.
struct SlidingWindow {
  Spatial spatial = Spatial::k2D;
  bool nchw = false;  // channels before the spatial axes: NCHW, NCDHW
  WindowAxis z = kOnePlane, y{.name = "height"}, x{.name = "width"};
  int64_t depth_window = 1;  // of pooling over channels: the window, and the stride

  int axes() const { return spatial == Spatial::k3D ? 3 : 2; }
  int rank() const { return axes() + 2; }
  int channel_axis() const { return nchw ? 1 : rank() - 1; }
  // Spatial axis i from the outermost on, and where the tensor has it.
  WindowAxis& axis(int i) { return i + 3 - axes() == 0 ? z : i + 3 - axes() == 1 ? y : x; }
  const WindowAxis& axis(int i) const { return const_cast<SlidingWindow*>(this)->axis(i); }
  int at(int i) const { return (nchw ? 2 : 1) + i; }
  // Sizes or dimensions in the layout's order, spatial ones from the outermost on.
  Dims Arrange(int64_t n, Dims spatial_sizes, int64_t c) const;
  // Places all axes over a tensor of these sizes.
  Status Place(const Dims& sizes);
  // The sizes of what comes of it, once it is placed.
  Dims Placed(int64_t n, int64_t c) const;
};

struct WindowAttrs {
  std::string padding, data_format;
  std::vector<int64_t> ksize, strides, dilations, explicit_paddings;
};

// From a ShapeContext, PrepareContext or Node.
template <class Context>
WindowAttrs ReadWindowAttrs(const Context& c) {
  auto list = [&](const char* name, const char* other = nullptr) {
    std::vector<int64_t> values = c.template attr<AttrList>(name).i;
    return values.empty() && other ? c.template attr<AttrList>(other).i : values;
  };
  return {c.template attr<std::string>("padding"),
          c.template attr<std::string>("data_format"),
          list("ksize", "ksizes"),
          list("strides"),
          list("dilations", "rates"),
          list("explicit_paddings")};
}

// The window of a convolution (its size is the filter's), of patches or of pooling. Errors go on after the node's name.
Result<SlidingWindow> ConvWindow(const WindowAttrs& attrs, Spatial spatial = Spatial::k2D);
Result<SlidingWindow> PatchWindow(const WindowAttrs& attrs);
Result<SlidingWindow> PoolWindow(const WindowAttrs& attrs, Spatial spatial = Spatial::k2D);

// "[1,2,2,1]"
std::string ListText(const std::vector<int64_t>& list);

}  // namespace weir
