// Rows of MatrixBandPart.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> MatrixBandRows() {
  return {
      {"MatrixBandPart", {{2, 3, 4}, Int(1), Int(0)}},
      {"MatrixBandPart", {{4, 3}, Long(-1), Long(1)}},
  };
}

}  // namespace weir::testing
