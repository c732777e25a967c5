// Rows of pads, tiles and broadcasts.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> PadRows() {
  return {
      {"Tile", {{2, 3}, Ints({2, 3})}},
      {"Pad", {{2, 3}, IntMatrix({2, 2}, {1, 0, 0, 2})}},
      {"PadV2", {{2, 3}, IntMatrix({2, 2}, {1, 0, 0, 2}), Elements({}, {2})}},
      {"MirrorPad", {{3, 4}, IntMatrix({2, 2}, {1, 2, 0, 3})}, {{"mode", "REFLECT"}}},
      {"MirrorPad", {{3, 4}, IntMatrix({2, 2}, {1, 3, 0, 2})}, {{"mode", "SYMMETRIC"}}},
      {"MirrorPadGrad", {{6, 7}, IntMatrix({2, 2}, {1, 2, 0, 3})}, {{"mode", "REFLECT"}}},
      {"BroadcastTo", {{2, 1, 3}, Ints({2, 4, 3})}},
      // of no elements
      {"BroadcastTo", {{1, 3}, Ints({0, 3})}},
      {"MirrorPad", {{0, 4}, IntMatrix({2, 2}, {0, 0, 1, 1})}, {{"mode", "SYMMETRIC"}}},
      {"MirrorPadGrad", {{0, 6}, IntMatrix({2, 2}, {0, 0, 1, 1})}, {{"mode", "SYMMETRIC"}}},
  };
}

}  // namespace weir::testing
