// Rows of Unique and ListDiff.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> UniqueRows() {
  return {
      DataTellsShape({"Unique", {Elements({5}, {2, 1, 2, 3, 1})}, {}}),
      DataTellsShape({"UniqueWithCounts", {Elements({5}, {2, 1, 2, 3, 1})}, {{"out_idx", kInt64}}}),
      DataTellsShape({"UniqueV2", {Elements({3, 2}, {1, 2, 3, 4, 1, 2}), Ints({0})}, {}}),
      DataTellsShape({"UniqueV2", {Elements({2, 3, 2}, {1, 2, 3, 4, 1, 2, 5, 6, 7, 8, 5, 6}), Longs({-2})}, {}}),
      DataTellsShape({"UniqueV2", {Elements({3}, {2, 1, 2}), Ints({})}, {}}),
      DataTellsShape({"UniqueWithCountsV2", {Elements({3, 2}, {1, 2, 3, 4, 1, 4}), Ints({1})}, {}}),
      DataTellsShape({"ListDiff", {Elements({5}, {2, 1, 4, 3, 1}), Elements({2}, {1, 4})}, {}}),
  };
}

}  // namespace weir::testing
