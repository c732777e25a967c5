// Rows of OneHot and Where.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> PositionRows() {
  return {
      {"OneHot", {Ints({1, 0, 3}), Int(3), Elements({}, {2}), Elements({}, {-1})}},
      {"OneHot", {Ints({1, 0}), Int(3), Elements({}, {2}), Elements({}, {-1})}, {{"axis", 0}}},
      // of no elements
      {"OneHot", {Ints({}), Int(3), Elements({}, {2}), Elements({}, {-1})}},
      DataTellsShape({"Where", {{2, 3}}, {}}),
  };
}

}  // namespace weir::testing
