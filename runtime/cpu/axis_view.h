// A tensor seen along one of its axes, for kernels that work along it.
#pragma once

#include <cstdint>

#include "weir/graph/base/shape.h"

namespace weir::kernels {

// A tensor seen along one axis: [outer, size, inner].
struct AxisView {
  int64_t outer = 1, size = 0, inner = 1;

  static AxisView Of(const Shape& s, int axis) {  // counts are 0 where any is: nothing overflows
    AxisView v;
    if (s.num_elements() == 0) return {0, 0, 0};
    for (int i = 0; i < axis; ++i) v.outer *= s[i];
    v.size = s[axis];
    for (int i = axis + 1; i < s.rank(); ++i) v.inner *= s[i];
    return v;
  }
};

}  // namespace weir::kernels
