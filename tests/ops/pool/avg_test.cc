// Rows of AvgPool and its gradient op.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> AvgPoolRows() {
  return {
      {"AvgPool", {{1, 4, 5, 2}}, Pooling({1, 2, 3, 1}, {1, 2, 1, 1}, "SAME")},
      {"AvgPoolGrad", {Ints({1, 4, 5, 2}), {1, 2, 5, 2}}, Pooling({1, 2, 3, 1}, {1, 2, 1, 1}, "SAME")},
      {"AvgPool3D", {{1, 3, 4, 5, 2}}, Pooling({1, 2, 2, 3, 1}, {1, 1, 2, 1, 1}, "SAME")},
      {"AvgPool3D", {{2, 2, 4, 3, 5}}, Pooling({1, 1, 2, 2, 3}, {1, 1, 2, 1, 1}, "VALID", {{"data_format", "NCDHW"}})},
      {"AvgPool3DGrad", {Ints({1, 3, 4, 5, 2}), {1, 3, 2, 5, 2}}, Pooling({1, 2, 2, 3, 1}, {1, 1, 2, 1, 1}, "SAME")},
      // of no elements
      {"AvgPool3DGrad", {Ints({0, 3, 4, 5, 2}), {0, 3, 2, 5, 2}}, Pooling({1, 2, 2, 3, 1}, {1, 1, 2, 1, 1}, "SAME")},
      {"AvgPoolGrad", {Ints({0, 4, 5, 2}), {0, 2, 5, 2}}, Pooling({1, 2, 3, 1}, {1, 2, 1, 1}, "SAME")},
  };
}

}  // namespace weir::testing
