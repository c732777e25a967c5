// Where the pixels of a resized image lie in the image, as TensorFlow computes it: in float. What the kernels of
// resizing and of its gradients share.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "weir/runtime/cpu/patches.h"
#include "weir/runtime/kernel.h"

namespace weir::kernels {

struct ResizeAxis {
  int64_t image = 0, resized = 0;
  bool half_pixels = false;
  float scale = 1;

  ResizeAxis() = default;
  ResizeAxis(int64_t image, int64_t resized, bool align_corners, bool half_pixels);
  // Where pixel i of the resized image lies.
  float At(int64_t i) const { return half_pixels ? (float(i) + 0.5f) * scale - 0.5f : float(i) * scale; }
  // `i` within the image.
  int64_t Bound(int64_t i) const { return std::clamp<int64_t>(i, 0, image - 1); }
};

// Images [n, y.image, x.image, c] and the same resized.
struct ResizeProblem {
  int64_t n = 0, c = 0;
  ResizeAxis y, x;
  bool align_corners = false;

  int64_t image_row() const { return x.image * c; }
  int64_t resized_row() const { return x.resized * c; }
};

// From concrete shapes. Errors: sizes that are 0 or do not fit 32 bits, batches or channels that differ.
Result<ResizeProblem> MakeResizeProblem(const PrepareContext& c, const Shape& images, const Shape& resized);

// The pixels along one axis that a pixel of the resized image is made of, and their shares.
template <int kTaps>
struct Taps {
  int64_t at[kTaps];
  float weight[kTaps];
};
inline constexpr int kLinear = 2, kCubic = 4;

template <int kTaps>
Taps<kTaps> TapsOf(const ResizeAxis& axis, int64_t i);

// A phase before the main one that leaves the taps of all rows, behind them those of all columns, in the workspace.
template <int kTaps>
Status TapsBefore(PrepareContext& c, const ResizeProblem& p) {
  WorkspaceLayout layout;
  const int64_t rows = p.y.resized, columns = p.x.resized;
  layout.Add(rows + columns, sizeof(Taps<kTaps>));
  WEIR_RETURN_IF_ERROR(layout.Set(c));
  c.Before(rows + columns, 10, [y = p.y, x = p.x, rows](RunArgs& a) {
    auto* taps = a.workspace<Taps<kTaps>>();
    for (int64_t i = a.begin; i < a.end; ++i) taps[i] = i < rows ? TapsOf<kTaps>(y, i) : TapsOf<kTaps>(x, i - rows);
  });
  return {};
}

// The pixel that is nearest to pixel i of the resized image.
int64_t NearestPixel(const ResizeAxis& axis, bool align_corners, int64_t i);

}  // namespace weir::kernels
