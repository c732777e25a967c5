// TensorDistance: how far two values are from one another, and where they first differ.
#pragma once

#include <cstdint>

#include "weir/graph/base/tensor.h"

namespace weir {

struct TensorDistance {
  int64_t different = 0;  // elements that are not equal; a NaN equals a NaN, and 0.0 equals -0.0
  int64_t first = -1;     // the first of them, counted row by row
  double max_abs = 0;     // the largest difference; infinite where the two are no finite numbers
  double relative = 0;    // that by the largest absolute value in `a`

  bool equal() const { return different == 0; }
};

// Of another dtype or shape all elements of `a` (at least one) differ infinitely, as strings and the like do that are
// not equal. Linear.
TensorDistance DistanceOf(const Tensor& a, const Tensor& b);

}  // namespace weir
