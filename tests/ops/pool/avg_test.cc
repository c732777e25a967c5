// Rows of AvgPool and its gradient op.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> AvgPoolRows() {
  return {
      {"AvgPool", {{1, 4, 5, 2}}, Pooling({1, 2, 3, 1}, {1, 2, 1, 1}, "SAME")},
      {"AvgPoolGrad", {Ints({1, 4, 5, 2}), {1, 2, 5, 2}}, Pooling({1, 2, 3, 1}, {1, 2, 1, 1}, "SAME")},
      // of no elements
      {"AvgPoolGrad", {Ints({0, 4, 5, 2}), {0, 2, 5, 2}}, Pooling({1, 2, 3, 1}, {1, 2, 1, 1}, "SAME")},
  };
}

}  // namespace weir::testing
