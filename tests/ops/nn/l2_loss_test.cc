// Rows of L2Loss.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> L2LossRows() {
  return {
      {"L2Loss", {{2, 3}}},
  };
}

}  // namespace weir::testing
