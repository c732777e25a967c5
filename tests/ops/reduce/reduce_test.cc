// Rows of reductions, scans and segment sums.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

const std::vector<OpRow>& ReductionRows() {
  static const std::vector<OpRow> rows = [] {
    std::vector<OpRow> r = {
        {"Prod", {In({2, 3}, 0.5, 2), Ints({1})}},
        {"Prod", {In({2, 3, 4}, 0.5, 2), Ints({0, -1})}, {{"keep_dims", true}}},
        OfType(kBool, {"All", {{2, 3}, Ints({1})}}),
        OfType(kBool, {"Any", {{2, 3}, Int(-1)}, {{"keep_dims", true}}}),
        {"ArgMax", {{2, 3}, Int(1)}},
        {"ArgMin", {{2, 3}, Int(0)}, {{"output_type", kInt32}}},
        {"L2Loss", {{2, 3}}},
        {"Cumsum", {{2, 3}, Int(1)}},
        {"Cumsum", {{2, 3}, Int(0)}, {{"exclusive", true}, {"reverse", true}}},
        {"Cumprod", {In({2, 3}, 0.5, 2), Int(1)}},
        {"Cumprod", {In({2, 3}, 0.5, 2), Int(-1)}, {{"exclusive", true}, {"reverse", true}}},
        DataTellsShape({"SegmentSum", {{4, 3}, Ints({0, 0, 1, 3})}}),
        DataTellsShape({"SegmentProd", {{4, 3}, Ints({0, 0, 1, 3})}}),
        {"UnsortedSegmentProd", {{5, 3}, Ints({2, 0, 2, -1, 2}), Int(5)}},
        {"UnsortedSegmentProd", {{2, 3}, IntMatrix({2, 3}, {1, 0, 1, 2, 2, 0}), Int(3)}},
        {"UnsortedSegmentSum", {{4, 3}, Ints({2, 0, 2, -1}), Int(5)}},
        {"UnsortedSegmentSum", {{2, 3}, IntMatrix({2, 3}, {1, 0, 1, 2, 2, 0}), Int(3)}},
    };
    for (const char* op : {"Sum", "Mean", "Max", "Min", "EuclideanNorm"}) {
      r.push_back({op, {{2, 3}, Ints({1})}});
      r.push_back({op, {{2, 3, 4}, Ints({0, -1})}, {{"keep_dims", true}}});
      r.push_back({op, {{2, 3}, Ints({0, 1})}});
    }
    return r;
  }();
  return rows;
}

}  // namespace weir::testing
