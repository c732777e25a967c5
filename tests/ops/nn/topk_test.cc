// Rows of TopK and InTopK.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> TopKRows() {
  return {
      {"TopK", {{2, 5}}, {{"k", 3}}},
      {"TopKV2", {{2, 5}, Int(3)}},
      {"InTopK", {Floats({2, 3}, {1, 3, 2, 5, 4, 6}), Elements({2}, {2, 1})}, {{"k", 2}}},
      {"InTopKV2", {Floats({2, 3}, {1, 3, 2, 5, 4, 6}), Elements({2}, {2, 1}), Elements({}, {2})}},
      {"InTopK", {Floats({0, 3}, {}), Elements({0}, {})}, {{"k", 2}}},
      {"InTopKV2", {Floats({0, 3}, {}), Elements({0}, {}), Elements({}, {2})}},
  };
}

}  // namespace weir::testing
