// Rows of matrix products.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> MatMulRows() {
  return {
      {"MatMul", {{2, 3}, {3, 4}}},
      {"MatMul", {{3, 2}, {4, 3}}, {{"transpose_a", true}, {"transpose_b", true}}},
      {"BatchMatMul", {{2, 3, 4}, {2, 4, 5}}},
      {"BatchMatMul", {{2, 4, 3}, {2, 5, 4}}, {{"adj_x", true}, {"adj_y", true}}},
      {"BatchMatMulV2", {{2, 1, 3, 4}, {5, 4, 3}}},
      {"BatchMatMulV2", {{4, 3}, {2, 5, 4}}, {{"adj_x", true}, {"adj_y", true}}},
  };
}

}  // namespace weir::testing
