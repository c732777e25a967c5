// Rows of the sparse segment ops and their gradient ops.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> SparseSegmentRows() {
  std::vector<OpRow> rows;
  for (const std::string kind : {"Sum", "Mean", "SqrtN"}) {
    const std::string op = "SparseSegment" + kind;
    const In indices = Ints({3, 0, 3, 1}), ids = Ints({0, 0, 0, 2});
    rows.push_back(DataTellsShape({op, {{5, 3}, indices, ids}}));
    rows.push_back(DataTellsShape({op, {{5}, Longs({3, 0, 3, 1}), ids}, {{"sparse_gradient", true}}}));
    rows.push_back({op + "WithNumSegments", {{5, 3}, indices, ids, Int(4)}});
    rows.push_back({op + "WithNumSegments", {{5, 3}, indices, ids, Long(3)}, {{"sparse_gradient", true}}});
    rows.push_back({op + "Grad", {{3, 2}, indices, Ints({2, 0, 0, 2}), Int(5)}});
    rows.push_back(DataTellsShape({op + "GradV2", {{3, 2}, indices, Longs({2, 0, 0, 2}), Int(5)}}));
  }
  return rows;
}

}  // namespace weir::testing
