// What the kernels of pooling share: their shapes and attributes as windows over images.
#pragma once

#include <limits>

#include "weir/runtime/cpu/windows.h"
#include "weir/runtime/kernel.h"

namespace weir::kernels {

// How the op is told its window: over images or volumes; its sizes and strides by attributes, or by inputs `sizes` and
// the next, whose values are needed.
struct PoolForm {
  Spatial spatial = Spatial::k2D;
  int sizes = -1;
};

// From concrete shapes of what is pooled and what comes of it; `pooled` is checked. Both must have elements.
Result<PoolProblem> MakePoolProblem(PrepareContext& c, const PoolForm& form, const Shape& input, const Shape& pooled);

// Bands of the images' rows, for gradients.
Bands BandsOf(const PoolProblem& p);

// What an output row costs, roughly.
double PoolRowNs(const PoolProblem& p);

// The lowest finite number.
template <class T>
T Lowest() {
  if constexpr (std::is_same_v<T, Half>) {
    return Half::FromBits(0xfbff);
  } else if constexpr (std::is_same_v<T, BFloat16>) {
    return BFloat16::FromBits(0xff7f);
  } else {
    return std::numeric_limits<T>::lowest();
  }
}
template <class T>
bool Greater(T a, T b) {
  return Wide<T>(a) > Wide<T>(b);
}

}  // namespace weir::kernels
