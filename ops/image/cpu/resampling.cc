#include "weir/ops/image/cpu/resampling.h"

#include <fmt/format.h>

#include <array>
#include <limits>

namespace weir::kernels {

ResizeAxis::ResizeAxis(int64_t image, int64_t resized, bool align_corners, bool half_pixels)
    : image(image), resized(resized), half_pixels(half_pixels) {
  const bool corners = align_corners && resized > 1 && image > 1;
  scale = corners ? float(image - 1) / float(resized - 1) : float(image) / float(resized);
}

Result<ResizeProblem> MakeResizeProblem(const PrepareContext& c, const Shape& images, const Shape& resized) {
  auto unfit = [&](const char* why) {
    return InvalidArgument(fmt::format("cannot resize {} to {}: {}", images.ToString(), resized.ToString(), why));
  };
  if (images.rank() != 4 || resized.rank() != 4) return unfit("both need 4 axes");
  if (images[0] != resized[0] || images[3] != resized[3]) return unfit("batches or channels differ");
  for (const Shape* s : {&images, &resized}) {
    for (int axis : {1, 2}) {
      if ((*s)[axis] <= 0) return unfit("sizes must be positive");
      if ((*s)[axis] > std::numeric_limits<int32_t>::max()) return unfit("sizes must be below 2^31");
    }
  }
  const bool align = c.attr<bool>("align_corners"), half = c.attr<bool>("half_pixel_centers");
  return ResizeProblem{images[0], images[3], ResizeAxis(images[1], resized[1], align, half),
                       ResizeAxis(images[2], resized[2], align, half), align};
}

template <>
Taps<kLinear> TapsOf<kLinear>(const ResizeAxis& axis, int64_t i) {
  const float at = axis.At(i), first = std::floor(at), part = at - first;
  return {{axis.Bound(int64_t(first)), axis.Bound(int64_t(std::ceil(at)))}, {1.0f - part, part}};
}

namespace {

// TensorFlow looks the cubic kernel up in a table of so many steps from one pixel to the next.
constexpr int64_t kSteps = 1024;

// The kernel by steps from a pixel: of the two pixels near a place (first), and of those beyond them (second).
// Keys, "Cubic convolution interpolation for digital image processing", 1981.
using CubicTable = std::array<std::pair<float, float>, kSteps + 1>;
CubicTable MakeCubicTable(double a) {
  CubicTable table;
  for (int64_t i = 0; i <= kSteps; ++i) {
    float x = float(i) * 1.0f / float(kSteps);
    table[i].first = float(((a + 2) * x - (a + 3)) * x * x + 1);
    x += 1.0f;
    table[i].second = float(((a * x - 5 * a) * x + 8 * a) * x - 4 * a);
  }
  return table;
}

const CubicTable& CubicTableFor(bool half_pixels) {
  static const CubicTable sharp = MakeCubicTable(-0.75), keys = MakeCubicTable(-0.5);
  return half_pixels ? keys : sharp;
}

// What lies beyond the border gets no weight, the others share it.
void DropOutside(int64_t first, Taps<kCubic>* taps) {
  float sum = 0;
  for (int k = 0; k < kCubic; ++k) {
    if (taps->at[k] != first + k) taps->weight[k] = 0;
    sum += taps->weight[k];
  }
  if (std::abs(sum) < 1000 * std::numeric_limits<float>::min()) return;
  const float share = 1.0f / sum;
  for (float& w : taps->weight) w *= share;
}

}  // namespace

template <>
Taps<kCubic> TapsOf<kCubic>(const ResizeAxis& axis, int64_t i) {
  const float at = axis.At(i);
  const int64_t whole = int64_t(std::floor(at));
  const int64_t step = std::clamp<int64_t>(std::lrint((at - float(whole)) * float(kSteps)), 0, kSteps);
  const CubicTable& table = CubicTableFor(axis.half_pixels);
  Taps<kCubic> taps;
  for (int k = 0; k < kCubic; ++k) taps.at[k] = axis.Bound(whole - 1 + k);
  taps.weight[0] = table[step].second, taps.weight[1] = table[step].first;
  taps.weight[2] = table[kSteps - step].first, taps.weight[3] = table[kSteps - step].second;
  if (axis.half_pixels) DropOutside(whole - 1, &taps);
  return taps;
}

int64_t NearestPixel(const ResizeAxis& axis, bool align_corners, int64_t i) {
  const float at = axis.half_pixels ? (float(i) + 0.5f) * axis.scale : float(i) * axis.scale;
  return axis.Bound(int64_t(align_corners ? std::round(at) : std::floor(at)));
}

}  // namespace weir::kernels
