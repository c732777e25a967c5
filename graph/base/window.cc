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
Status SetExplicitPaddings(const std::vector<int64_t>& pads, Window2D* w) {
  if (pads.size() != 8) {
    return InvalidArgument(
        fmt::format("has padding EXPLICIT and {} values in explicit_paddings, but needs 8", pads.size()));
  }
  for (int64_t p : pads) {
    if (p < 0 || p > kMaxSize) {
      return InvalidArgument(fmt::format("has explicit_paddings = {}; none may be negative", ListText(pads)));
    }
  }
  int c = 2 * w->channel_axis(), y = 2 * w->y_axis(), x = 2 * w->x_axis();
  if (pads[0] || pads[1] || pads[c] || pads[c + 1]) {
    return InvalidArgument(
        fmt::format("has explicit_paddings = {}; batch and channels cannot be padded", ListText(pads)));
  }
  w->y.before = pads[y], w->y.after = pads[y + 1];
  w->x.before = pads[x], w->x.after = pads[x + 1];
  return {};
}

Result<Window2D> CommonWindow(const WindowAttrs& a) {
  Window2D w;
  if (!a.data_format.empty() && a.data_format != "NHWC" &&
      a.data_format != "NCHW") {  // ops without the attribute know NHWC only
    return InvalidArgument(fmt::format("has unsupported data_format '{}'", a.data_format)).Help("use NHWC or NCHW");
  }
  w.nchw = a.data_format == "NCHW";
  WEIR_ASSIGN_OR_RETURN(Padding padding, ParsePadding(a.padding));
  w.y.padding = w.x.padding = padding;
  WEIR_RETURN_IF_ERROR(CheckList("strides", a.strides, 4));
  w.y.stride = a.strides[w.y_axis()], w.x.stride = a.strides[w.x_axis()];
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

Result<Dim> WindowAxis::OutputDim(Dim input_dim) const {
  if (Known(input_dim)) {
    WindowAxis placed = *this;
    WEIR_RETURN_IF_ERROR(placed.Place(input_dim));
    return placed.output;
  }
  bool unchanged = stride == 1 && (padding == Padding::kSame || (window > 0 && extent() == before + after + 1));
  return unchanged ? input_dim : kUnknownDim;
}

Result<Window2D> ConvWindow(const WindowAttrs& a) {
  WEIR_ASSIGN_OR_RETURN(Window2D w, CommonWindow(a));
  WEIR_RETURN_IF_ERROR(CheckList("dilations", a.dilations, 4));
  w.y.dilation = a.dilations[w.y_axis()], w.x.dilation = a.dilations[w.x_axis()];
  for (int axis : {0, w.channel_axis()}) {
    if (a.strides[axis] != 1 || a.dilations[axis] != 1) {
      return InvalidArgument(fmt::format("has strides {} and dilations {}; both must be 1 along batch and channels",
                                         ListText(a.strides), ListText(a.dilations)));
    }
  }
  return w;
}

Result<Window2D> PoolWindow(const WindowAttrs& a) {
  WEIR_ASSIGN_OR_RETURN(Window2D w, CommonWindow(a));
  WEIR_RETURN_IF_ERROR(CheckList("ksize", a.ksize, 4));
  int channel = w.channel_axis();
  if (a.ksize[0] != 1 || a.strides[0] != 1) {
    return InvalidArgument(
        fmt::format("has ksize {} and strides {}; cannot pool over the batch", ListText(a.ksize), ListText(a.strides)));
  }
  w.y.window = a.ksize[w.y_axis()], w.x.window = a.ksize[w.x_axis()];
  w.depth_window = a.ksize[channel];
  if (a.strides[channel] != w.depth_window) {
    return InvalidArgument(fmt::format("has ksize {} and strides {}; over channels the two must be equal",
                                       ListText(a.ksize), ListText(a.strides)));
  }
  if (w.depth_window > 1 && (w.y.window > 1 || w.x.window > 1)) {
    return InvalidArgument(
        fmt::format("has ksize {}; can pool over space or over channels, not both", ListText(a.ksize)));
  }
  for (const WindowAxis* axis : {&w.y, &w.x}) {
    if (axis->before >= axis->window || axis->after >= axis->window) {
      return InvalidArgument(fmt::format("has paddings {} and {} along {}, which must be smaller than the window {}",
                                         axis->before, axis->after, axis->name, axis->window));
    }
  }
  return w;
}

}  // namespace weir
