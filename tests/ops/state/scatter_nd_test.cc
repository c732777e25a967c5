// Rows of scatters into variables at positions of several numbers.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> ScatterNdRows() {
  std::vector<OpRow> rows;
  for (const char* kind : {"Update", "Add", "Sub", "Max", "Min"}) {
    const std::string op = std::string("ScatterNd") + kind;
    const In positions = IntMatrix({2, 2}, {2, 0, 3, 1}), row_numbers = IntMatrix({2, 1}, {2, 0});
    for (auto [name, variable] : {std::pair(op, Reference({4, 3})), std::pair("Resource" + op, Handle({4, 3}))}) {
      rows.push_back({name, {variable, row_numbers, {2, 3}}});
      rows.push_back({name, {variable, positions, In({2}, -9, 9)}});
      rows.push_back({name, {variable, IntMatrix({2, 1}, {7, 0}), {2, 3}}, {{"bad_indices_policy", "IGNORE"}}});
    }
  }
  return rows;
}

}  // namespace weir::testing
