// Rows of Cross.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> CrossRows() {
  return {
      {"Cross", {{2, 3}, {2, 3}}},
      {"Cross", {{3}, {3}}},
      {"Cross", {{0, 3}, {0, 3}}},
  };
}

}  // namespace weir::testing
