// Rows of LRN and its gradient op.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> LrnRows() {
  return {
      {"LRN", {{2, 2, 2, 4}}, {{"depth_radius", 1}}},
      ByConvention({1, 2}, {"LRNGrad", {{1, 2, 2, 4}, {1, 2, 2, 4}, {1, 2, 2, 4}}}),
  };
}

}  // namespace weir::testing
