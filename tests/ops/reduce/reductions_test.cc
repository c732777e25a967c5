// Rows of sums, means, products, extremes, norms; All and Any.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> ReductionRows() {
  std::vector<OpRow> rows = {
      {"Prod", {In({2, 3}, 0.5, 2), Ints({1})}},
      {"Prod", {In({2, 3, 4}, 0.5, 2), Ints({0, -1})}, {{"keep_dims", true}}},
      OfType(kBool, {"All", {{2, 3}, Ints({1})}}),
      OfType(kBool, {"Any", {{2, 3}, Int(-1)}, {{"keep_dims", true}}}),
  };
  for (const char* op : {"Sum", "Mean", "Max", "Min", "EuclideanNorm"}) {
    rows.push_back({op, {{2, 3}, Ints({1})}});
    rows.push_back({op, {{2, 3, 4}, Ints({0, -1})}, {{"keep_dims", true}}});
    rows.push_back({op, {{2, 3}, Ints({0, 1})}});
  }
  return rows;
}

}  // namespace weir::testing
