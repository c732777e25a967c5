// Rows of softmax.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> SoftmaxRows() {
  return {
      {"Softmax", {{2, 3}}},
      {"LogSoftmax", {{2, 3}}},
  };
}

}  // namespace weir::testing
