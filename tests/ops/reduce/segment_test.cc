// Rows of segment sums and products.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> SegmentRows() {
  return {
      DataTellsShape({"SegmentSum", {{4, 3}, Ints({0, 0, 1, 3})}}),
      DataTellsShape({"SegmentProd", {{4, 3}, Ints({0, 0, 1, 3})}}),
      {"UnsortedSegmentProd", {{5, 3}, Ints({2, 0, 2, -1, 2}), Int(5)}},
      {"UnsortedSegmentProd", {{2, 3}, IntMatrix({2, 3}, {1, 0, 1, 2, 2, 0}), Int(3)}},
      {"UnsortedSegmentSum", {{4, 3}, Ints({2, 0, 2, -1}), Int(5)}},
      {"UnsortedSegmentSum", {{2, 3}, IntMatrix({2, 3}, {1, 0, 1, 2, 2, 0}), Int(3)}},
  };
}

}  // namespace weir::testing
