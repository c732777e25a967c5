// Rows of ops that join and split.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> JoinRows() {
  return {
      {"Concat", {Int(1), {2, 3}, {2, 4}}},
      {"ConcatV2", {{2, 3}, {2, 4}, Int(-1)}},
      {"ConcatV2", {{2, 3}, {1, 3}, {4, 3}, Int(0)}},
      {"Split", {Int(1), {2, 6}}, {{"num_split", 3}}},
      {"SplitV", {{2, 6}, Ints({2, -1, 3}), Int(1)}, {{"num_split", 3}}},
      {"Pack", {{2, 3}, {2, 3}}, {{"axis", 1}}},
      {"Unpack", {{2, 3}}, {{"num", 3}, {"axis", -1}}},
  };
}

}  // namespace weir::testing
