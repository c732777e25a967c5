// Rows of activations, with their gradient ops.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> ActivationRows() {
  return {
      {"Relu", {{2, 3}}},
      {"Relu6", {In({2, 3}, -3, 9)}},
      {"LeakyRelu", {{2, 3}}, {{"alpha", 0.3f}}},
      {"Elu", {{2, 3}}},
      {"Selu", {{2, 3}}},
      {"Softplus", {{2, 3}}},
      {"Softsign", {{2, 3}}},
      {"ReluGrad", {{2, 3}, {2, 3}}},
      {"Relu6Grad", {{2, 3}, In({2, 3}, -3, 9)}},
      {"LeakyReluGrad", {{2, 3}, {2, 3}}, {{"alpha", 0.3f}}},
      {"SoftplusGrad", {{2, 3}, {2, 3}}},
      {"SoftsignGrad", {{2, 3}, {2, 3}}},
      {"EluGrad", {{2, 3}, In({2, 3}, -0.9, 2)}},
      {"SeluGrad", {{2, 3}, In({2, 3}, -0.9, 2)}},
  };
}

}  // namespace weir::testing
