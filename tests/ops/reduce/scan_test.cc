// Rows of running sums and products.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> ScanRows() {
  return {
      {"Cumsum", {{2, 3}, Int(1)}},
      {"Cumsum", {{2, 3}, Int(0)}, {{"exclusive", true}, {"reverse", true}}},
      {"Cumprod", {In({2, 3}, 0.5, 2), Int(1)}},
      {"Cumprod", {In({2, 3}, 0.5, 2), Int(-1)}, {{"exclusive", true}, {"reverse", true}}},
  };
}

}  // namespace weir::testing
