// Rows of the TensorScatter ops.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> TensorScatterRows() {
  std::vector<OpRow> rows;
  for (const char* op : {"TensorScatterUpdate", "TensorScatterAdd", "TensorScatterSub", "TensorScatterMin",
                         "TensorScatterMax", "ScatterNdNonAliasingAdd"}) {
    rows.push_back({op, {In({4, 3}, -1, 1), IntMatrix({2, 1}, {2, 0}), {2, 3}}});
    rows.push_back({op, {In({4, 3}, -1, 1), IntMatrix({2, 2}, {2, 0, 3, 1}), {2}}});
    rows.push_back({op, {In({3, 2}, -1, 1), IntMatrix({2, 1}, {5, 1}), {2, 2}}, {{"bad_indices_policy", "IGNORE"}}});
  }
  for (const char* op : {"TensorScatterAdd", "TensorScatterSub", "TensorScatterMin", "TensorScatterMax"})
    rows.push_back({op, {In({4, 3}, -1, 1), IntMatrix({3, 1}, {2, 0, 2}), {3, 3}}});
  return rows;
}

}  // namespace weir::testing
