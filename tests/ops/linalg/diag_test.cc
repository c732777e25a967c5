// Rows of what makes, takes and sets diagonals.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> MatrixDiagRows() {
  return {
      {"MatrixDiag", {{2, 3}}},
      {"MatrixDiag", {{3}}},
      // The padding has no gradient, as in TensorFlow.
      ByConvention({4}, {"MatrixDiagV2", {{2, 3}, Int(1), Int(-1), Int(-1), Elements({}, {7})}}),
      ByConvention({4}, {"MatrixDiagV2", {{2, 3, 3}, Ints({-1, 1}), Int(3), Int(4), Elements({}, {1})}}),
      ByConvention({4}, {"MatrixDiagV3", {{2, 3}, Int(-2), Int(-1), Int(3), Elements({}, {7})}}),
      ByConvention({4}, {"MatrixDiagV3", {{2, 3, 3}, Ints({-1, 1}), Int(-1), Int(-1), Elements({}, {0})}}),
      ByConvention({4}, {"MatrixDiagV3",
                         {{2, 4, 3}, Ints({-2, 1}), Int(5), Int(3), Elements({}, {7})},
                         {{"align", "LEFT_RIGHT"}}}),
      {"MatrixDiagPart", {{2, 3, 4}}},
      {"MatrixDiagPart", {{4, 3}}},
      ByConvention({2}, {"MatrixDiagPartV2", {{2, 3, 4}, Ints({-1, 2}), Elements({}, {7})}}),
      ByConvention({2}, {"MatrixDiagPartV3", {{2, 3, 4}, Int(-1), Elements({}, {0})}}),
      ByConvention({2}, {"MatrixDiagPartV3", {{2, 3, 4}, Ints({-2, 1}), Elements({}, {7})}}),
      ByConvention({2},
                   {"MatrixDiagPartV3", {{4, 3}, Ints({-2, -1}), Elements({}, {7})}, {{"align", "RIGHT_RIGHT"}}}),
      {"MatrixSetDiag", {{2, 3, 4}, {2, 3}}},
      {"MatrixSetDiagV2", {{2, 3, 4}, {2, 2}, Int(2)}},
      {"MatrixSetDiagV2", {{0, 3, 4}, {0, 2}, Int(2)}},
      {"MatrixSetDiagV3", {{2, 3, 4}, {2, 4, 3}, Ints({-2, 1})}},
      {"MatrixSetDiagV3", {{3, 4}, {3, 3}, Ints({1, 3})}, {{"align", "LEFT_LEFT"}}},
  };
}

}  // namespace weir::testing
