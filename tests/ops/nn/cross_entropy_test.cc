// Rows of cross-entropies.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> CrossEntropyRows() {
  return {
      ByConvention({1}, {"SoftmaxCrossEntropyWithLogits", {{2, 3}, Elements({2, 3}, {0.2, 0.5, 0.3, 0.1, 0.1, 0.8})}}),
      {"SparseSoftmaxCrossEntropyWithLogits", {{2, 3}, Ints({2, 0})}},
      {"SparseSoftmaxCrossEntropyWithLogits", {{0, 3}, Ints({})}},
  };
}

}  // namespace weir::testing
