// Sliding windows: see window.h. The sizes are TensorFlow's (GetWindowedOutputSize); what TensorFlow leaves to chance
// (windows of no element) is an error here.
#include "weir/graph/base/window.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace weir {
namespace {

constexpr int64_t kMaxSize = std::numeric_limits<int32_t>::max();

Status CheckList(const char* name, const std::vector<int64_t>& list, size_t want) {
  if (list.size() != want)
    return InvalidArgument(fmt::format("has {} values in {}, but needs {}", list.size(), name, want));
  for (int64_t v : list) {
    if (v <= 0 || v > kMaxSize) {
      return InvalidArgument(fmt::format("has {} = {}; each must be positive", name, ListText(list)));
    }
  }
  return {};
}

Result<Padding> ParsePadding(const std::string& text) {
  if (text == "SAME") return Padding::kSame;
  if (text == "VALID") return Padding::kValid;
  if (text == "EXPLICIT") return Padding::kExplicit;
  return InvalidArgument(fmt::format("has unknown padding '{}'", text)).Help("use SAME, VALID or EXPLICIT");
}

// Eight numbers, (before, after) an axis in the layout's order.
Status SetExplicitPaddings(const std::vector<int64_t>& pads, SlidingWindow* w) {
  if (pads.size() != 8) {
    return InvalidArgument(
        fmt::format("has padding EXPLICIT and {} values in explicit_paddings, but needs 8", pads.size()));
  }
  for (int64_t p : pads) {
    if (p < 0 || p > kMaxSize) {
      return InvalidArgument(fmt::format("has explicit_paddings = {}; none may be negative", ListText(pads)));
    }
  }
  int c = 2 * w->channel_axis(), y = 2 * w->at(0), x = 2 * w->at(1);
  if (pads[0] || pads[1] || pads[c] || pads[c + 1]) {
    return InvalidArgument(
        fmt::format("has explicit_paddings = {}; batch and channels cannot be padded", ListText(pads)));
  }
  w->y.before = pads[y], w->y.after = pads[y + 1];
  w->x.before = pads[x], w->x.after = pads[x + 1];
  return {};
}

Result<SlidingWindow> CommonWindow(const WindowAttrs& a, Spatial spatial) {
  SlidingWindow w{.spatial = spatial};
  const bool volumes = spatial == Spatial::k3D;
  const std::string last = volumes ? "NDHWC" : "NHWC", first = volumes ? "NCDHW" : "NCHW";
  if (!a.data_format.empty() && a.data_format != last && a.data_format != first) {  // without it the channels are last
    return InvalidArgument(fmt::format("has unsupported data_format '{}'", a.data_format))
        .Help(fmt::format("use {} or {}", last, first));
  }
  w.nchw = a.data_format == first;
  WEIR_ASSIGN_OR_RETURN(Padding padding, ParsePadding(a.padding));
  WEIR_RETURN_IF_ERROR(CheckList("strides", a.strides, static_cast<size_t>(w.rank())));
  for (int i = 0; i < w.axes(); ++i) w.axis(i).padding = padding, w.axis(i).stride = a.strides[w.at(i)];
  if (padding == Padding::kExplicit) {
    WEIR_RETURN_IF_ERROR(SetExplicitPaddings(a.explicit_paddings, &w));
  } else if (!a.explicit_paddings.empty()) {
    return InvalidArgument(fmt::format("has explicit_paddings but padding {}", a.padding))
        .Help("set padding to EXPLICIT");
  }
  return w;
}

}  // namespace

std::string ListText(const std::vector<int64_t>& list) { return fmt::format("[{}]", fmt::join(list, ",")); }

Status WindowAxis::Place(int64_t input_size) {
  if (window <= 0) return InvalidArgument(fmt::format("has a window of no element along {}", name));
  input = input_size;
  if (padding == Padding::kSame) {
    output = input / stride + (input % stride != 0);
    int64_t needed = output == 0 ? 0 : std::max<int64_t>((output - 1) * stride - input + extent(), 0);
    before = needed / 2, after = needed - before;
    return {};
  }
  if (padding == Padding::kValid) before = after = 0;
  int64_t padded;
  if (!CheckedAdd(input, before + after, &padded)) return InvalidArgument(fmt::format("has too large a {}", name));
  // Why not below 0: TensorFlow's quotient truncates, so that a window up to 2·stride − 1 larger than the input fits
  // nowhere and gives an empty output, and only a larger one is an error.
  int64_t room = padded - extent() + stride;
  if (room <= -stride) {
    std::string dilated = dilation > 1 ? fmt::format(" ({} dilated by {})", window, dilation) : "";
    std::string with = before + after > 0 ? fmt::format(" (padded to {})", padded) : "";
    return InvalidArgument(fmt::format("cannot fit a window of {} {}{} into an input of {}{}", name, extent(), dilated,
                                       input, with))
        .Help("padding SAME lets windows reach beyond the input");
  }
  output = room / stride;
  return {};
}

Dims SlidingWindow::Arrange(int64_t n, Dims spatial_sizes, int64_t c) const {
  spatial_sizes.insert(nchw ? spatial_sizes.begin() : spatial_sizes.end(), c);
  spatial_sizes.insert(spatial_sizes.begin(), n);
  return spatial_sizes;
}

Status SlidingWindow::Place(const Dims& sizes) {
  for (int i = 0; i < axes(); ++i) WEIR_RETURN_IF_ERROR(axis(i).Place(sizes[static_cast<size_t>(at(i))]));
  return {};
}

Dims SlidingWindow::Placed(int64_t n, int64_t c) const {
  Dims outputs;
  for (int i = 0; i < axes(); ++i) outputs.push_back(axis(i).output);
  return Arrange(n, std::move(outputs), c);
}

Result<Dim> WindowAxis::OutputDim(Dim input_dim) const {
  if (Known(input_dim)) {
    WindowAxis placed = *this;
    WEIR_RETURN_IF_ERROR(placed.Place(input_dim));
    return placed.output;
  }
  bool unchanged = stride == 1 && (padding == Padding::kSame || (window > 0 && extent() == before + after + 1));
  return unchanged ? input_dim : kUnknownDim;
}

Result<SlidingWindow> ConvWindow(const WindowAttrs& a, Spatial spatial) {
  WEIR_ASSIGN_OR_RETURN(SlidingWindow w, CommonWindow(a, spatial));
  WEIR_RETURN_IF_ERROR(CheckList("dilations", a.dilations, static_cast<size_t>(w.rank())));
  for (int i = 0; i < w.axes(); ++i) w.axis(i).dilation = a.dilations[w.at(i)];
  for (int axis : {0, w.channel_axis()}) {
    if (a.strides[axis] != 1 || a.dilations[axis] != 1) {
      return InvalidArgument(fmt::format("has strides {} and dilations {}; both must be 1 along batch and channels",
                                         ListText(a.strides), ListText(a.dilations)));
    }
  }
  return w;
}

Result<SlidingWindow> PatchWindow(const WindowAttrs& a) {
  WEIR_ASSIGN_OR_RETURN(SlidingWindow w, ConvWindow(a));
  WEIR_RETURN_IF_ERROR(CheckList("ksizes", a.ksize, 4));
  if (a.ksize[0] != 1 || a.ksize[3] != 1) {
    return InvalidArgument(fmt::format("has ksizes {}; they must be 1 along batch and channels", ListText(a.ksize)));
  }
  w.y.window = a.ksize[1], w.x.window = a.ksize[2];
  return w;
}

Result<SlidingWindow> PoolWindow(const WindowAttrs& a, Spatial spatial) {
  WEIR_ASSIGN_OR_RETURN(SlidingWindow w, CommonWindow(a, spatial));
  WEIR_RETURN_IF_ERROR(CheckList("ksize", a.ksize, static_cast<size_t>(w.rank())));
  int channel = w.channel_axis();
  if (a.ksize[0] != 1 || a.strides[0] != 1) {
    return InvalidArgument(
        fmt::format("has ksize {} and strides {}; cannot pool over the batch", ListText(a.ksize), ListText(a.strides)));
  }
  int64_t widest = 1;
  for (int i = 0; i < w.axes(); ++i) {
    w.axis(i).window = a.ksize[w.at(i)];
    widest = std::max(widest, w.axis(i).window);
  }
  w.depth_window = a.ksize[channel];
  if (a.strides[channel] != w.depth_window) {
    return InvalidArgument(fmt::format("has ksize {} and strides {}; over channels the two must be equal",
                                       ListText(a.ksize), ListText(a.strides)));
  }
  if (w.depth_window > 1 && widest > 1) {
    return InvalidArgument(
        fmt::format("has ksize {}; can pool over space or over channels, not both", ListText(a.ksize)));
  }
  for (int i = 0; i < w.axes(); ++i) {
    const WindowAxis& axis = w.axis(i);
    if (axis.before >= axis.window || axis.after >= axis.window) {
      return InvalidArgument(fmt::format("has paddings {} and {} along {}, which must be smaller than the window {}",
                                         axis.before, axis.after, axis.name, axis.window));
    }
  }
  return w;
}

}  // namespace weir
