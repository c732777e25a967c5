// Rows of arithmetic on two inputs that broadcast, and AddN.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> BinaryRows() {
  std::vector<OpRow> rows = {
      {"Pow", {In({2, 3}, 0.5, 2), In({3}, 0.4, 2)}},
      {"Atan2", {{2, 3}, In({3}, 0.5, 2)}},
      {"Xlogy", {{2, 3}, In({3}, 0.5, 2)}},
      {"Xlog1py", {{2, 3}, In({3}, -0.5, 2)}},
      {"Xdivy", {{2, 3}, In({3}, 0.5, 2)}},
      {"DivNoNan", {{2, 3}, In({3}, 0.5, 2)}},
      {"MulNoNan", {{2, 3}, In({3}, 0.5, 2)}},
      {"AddN", {{2, 3}, {2, 3}, {2, 3}}},
      {"AddN", {{2, 3}}},
  };
  for (const char* op : {"Add", "AddV2", "Sub", "Mul", "Maximum", "Minimum", "SquaredDifference"}) {
    rows.push_back({op, {{2, 3}, {3}}});
    rows.push_back({op, {{2, 1, 3}, {4, 1}}});
  }
  for (const char* op : {"Div", "RealDiv", "FloorDiv", "TruncateDiv", "Mod", "FloorMod", "TruncateMod"}) {
    rows.push_back({op, {In({2, 3}, 2, 7), In({3}, 1.2, 2)}});
  }
  return rows;
}

}  // namespace weir::testing
