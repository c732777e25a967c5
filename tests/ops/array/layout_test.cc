// Rows of ops that order elements anew.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> LayoutRows() {
  return {
      {"Transpose", {{2, 3, 4}, Ints({2, 0, 1})}},
      {"ConjugateTranspose", {{2, 3, 4}, Ints({2, 0, 1})}},
      {"ConjugateTranspose", {{2, 3, 5}, Ints({0, 1, 2})}},
      {"Reverse", {{2, 3}, Bools({2}, {true, false})}},
      {"ReverseV2", {{2, 3}, Ints({-1})}},
      {"ReverseSequence", {{3, 4, 2}, Ints({1, 4, 2})}, {{"seq_dim", 1}, {"batch_dim", 0}}},
      {"SpaceToBatchND", {{2, 4, 3, 2}, Ints({2, 2}), IntMatrix({2, 2}, {0, 0, 1, 0})}},
      {"BatchToSpaceND", {{8, 2, 2, 3}, Ints({2, 2}), IntMatrix({2, 2}, {0, 1, 1, 0})}},
      {"SpaceToBatch", {{2, 4, 3, 2}, IntMatrix({2, 2}, {0, 0, 1, 0})}, {{"block_size", 2}}},
      {"BatchToSpace", {{8, 2, 2, 3}, IntMatrix({2, 2}, {0, 1, 1, 0})}, {{"block_size", 2}}},
      {"DepthToSpace", {{2, 3, 2, 8}}, {{"block_size", 2}}},
      {"SpaceToDepth", {{2, 4, 6, 3}}, {{"block_size", 2}}},
  };
}

}  // namespace weir::testing
