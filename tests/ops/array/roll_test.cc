// Rows of Roll.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> RollRows() {
  return {
      {"Roll", {{3, 4}, Int(1), Int(0)}},
      {"Roll", {{3, 4}, Ints({1, -6, 2}), Ints({0, -1, 1})}},
      {"Roll", {{2, 3, 4}, Longs({4, 1}), Ints({1, 0})}},
      {"Roll", {{5}, Long(INT64_MIN + 1), Long(0)}},
      {"Roll", {{3, 4}, Ints({}), Ints({})}},
  };
}

}  // namespace weir::testing
