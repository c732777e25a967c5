// Rows of ArgMax and ArgMin.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> ArgRows() {
  return {
      {"ArgMax", {{2, 3}, Int(1)}},
      {"ArgMin", {{2, 3}, Int(0)}, {{"output_type", kInt32}}},
  };
}

}  // namespace weir::testing
