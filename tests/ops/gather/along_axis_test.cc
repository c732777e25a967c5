// Rows of Gather.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> AlongAxisRows() {
  return {
      {"Gather", {{4, 3}, Ints({2, 0, 2})}},
      {"GatherV2", {{4, 3}, Ints({2, 0, 2}), Int(0)}},
      {"GatherV2", {{2, 3, 4}, IntMatrix({2, 2}, {1, 0, 2, 2}), Int(1)}, {{"batch_dims", 1}}},
  };
}

}  // namespace weir::testing
