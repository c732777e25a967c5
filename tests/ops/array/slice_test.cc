// Rows of slices.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> SliceRows() {
  return {
      {"Slice", {{4, 3}, Ints({1, 0}), Ints({2, -1})}},
      {"StridedSlice", {{4, 5, 3}, Ints({1, 4, 0}), Ints({4, 0, 1}), Ints({2, -2, 1})},
       {{"shrink_axis_mask", 4}, {"end_mask", 2}}},
      {"StridedSlice", {{4, 3}, Ints({0, 0, 1}), Ints({0, 0, 3}), Ints({1, 1, 1})},
       {{"ellipsis_mask", 1}, {"new_axis_mask", 2}}},
      {"StridedSliceGrad", {Ints({4, 3}), Ints({1, 0}), Ints({3, 3}), Ints({1, 2}), {2, 2}}},
      // of no elements
      {"StridedSliceGrad", {Ints({4, 3}), Ints({1, 0}), Ints({1, 3}), Ints({1, 1}), {0, 3}}},
  };
}

}  // namespace weir::testing
