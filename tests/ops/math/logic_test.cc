// Rows of comparisons, logic and tests of numbers.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> LogicRows() {
  std::vector<OpRow> rows = {
      {"IsNan", {{2, 3}}},
      {"IsInf", {{2, 3}}},
      {"IsFinite", {{2, 3}}},
      OfType(kBool, {"LogicalNot", {{2, 3}}}),
      OfType(kBool, {"LogicalAnd", {{2, 3}, {3}}}),
      OfType(kBool, {"LogicalOr", {{2, 3}, {3}}}),
      {"ApproximateEqual", {{2, 3}, {2, 3}}, {{"tolerance", 1.0f}}},
  };
  for (const char* op : {"Less", "LessEqual", "Greater", "GreaterEqual", "Equal", "NotEqual"}) {
    rows.push_back({op, {{2, 3}, {3}}});
    rows.push_back({op, {{2, 1, 3}, {4, 1}}});
  }
  return rows;
}

}  // namespace weir::testing
