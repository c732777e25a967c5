// Rows of Select and ClipByValue.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> ChoiceRows() {
  return {
      {"Select", {Bools({2, 3}, {true, false, true, true, false, false}), {2, 3}, {2, 3}}},
      {"Select", {Bools({2}, {true, false}), {2, 3}, {2, 3}}},
      {"SelectV2", {Bools({2, 1}, {true, false}), {2, 3}, {3}}},
      ByConvention({1, 2}, {"ClipByValue", {{2, 3}, Elements({}, {-1}), Elements({}, {1})}}),
  };
}

}  // namespace weir::testing
