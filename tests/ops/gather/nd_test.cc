// Rows of GatherNd and ScatterNd.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> NdRows() {
  return {
      {"GatherNd", {{4, 3}, IntMatrix({2, 2}, {2, 0, 3, 1})}},
      {"GatherNd", {{4, 3}, IntMatrix({3, 1}, {2, 0, 2})}},
      {"ScatterNd", {IntMatrix({3, 1}, {2, 0, 2}), {3, 4}, Ints({5, 4})}},
      {"ScatterNd", {IntMatrix({0, 1}, {}), {0, 4}, Ints({5, 4})}},
  };
}

}  // namespace weir::testing
