// Rows of BiasAdd and its gradient.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> BiasRows() {
  return {
      {"BiasAdd", {{2, 3, 4}, {4}}},
      {"BiasAdd", {{2, 3, 4}, {3}}, {{"data_format", "NCHW"}}},
      {"BiasAddV1", {{2, 3}, {3}}},
      {"BiasAddGrad", {{2, 3, 4}}},
      {"BiasAddGrad", {{2, 3, 4}}, {{"data_format", "NCHW"}}},
  };
}

}  // namespace weir::testing
