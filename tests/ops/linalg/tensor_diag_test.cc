// Rows of Diag and DiagPart.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> TensorDiagRows() {
  return {
      {"Diag", {{3}}},
      {"Diag", {{2, 3}}},
      {"DiagPart", {{3, 3}}},
      {"DiagPart", {{2, 3, 2, 3}}},
  };
}

}  // namespace weir::testing
