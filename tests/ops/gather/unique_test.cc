// Rows of Unique and ListDiff.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> UniqueRows() {
  return {
      DataTellsShape({"Unique", {Elements({5}, {2, 1, 2, 3, 1})}, {}}),
      DataTellsShape({"ListDiff", {Elements({5}, {2, 1, 4, 3, 1}), Elements({2}, {1, 4})}, {}}),
  };
}

}  // namespace weir::testing
