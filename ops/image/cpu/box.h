// Boxes by two corners, [y1, x1, y2, x2] in any order, and how much two of them overlap.
#pragma once

#include <algorithm>

#include "weir/runtime/cpu/wide.h"

namespace weir::kernels {

// What T holds of a number: half precision rounds after each operation.
template <class T>
float Rounded(float v) {
  return float(T(v));
}

// The area that two boxes share, in parts of the area that they cover together; 0 for boxes without area.
template <class T>
float Overlap(const T* a, const T* b) {
  auto low = [](const T* box, int i) { return std::min(float(box[i]), float(box[i + 2])); };
  auto high = [](const T* box, int i) { return std::max(float(box[i]), float(box[i + 2])); };
  auto area = [&](const T* box) {
    return Rounded<T>(Rounded<T>(high(box, 0) - low(box, 0)) * Rounded<T>(high(box, 1) - low(box, 1)));
  };
  auto common = [&](int i) {
    return std::max(Rounded<T>(std::min(high(a, i), high(b, i)) - std::max(low(a, i), low(b, i))), 0.0f);
  };
  const float area_a = area(a), area_b = area(b);
  if (area_a <= 0 || area_b <= 0) return 0;
  const float shared = Rounded<T>(common(0) * common(1));
  return Rounded<T>(shared / Rounded<T>(Rounded<T>(area_a + area_b) - shared));
}

}  // namespace weir::kernels
