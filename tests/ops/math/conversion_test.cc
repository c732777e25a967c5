// Rows of Cast.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> ConversionRows() {
  return {
      Rough(1e4, {"Cast", {{2, 3}}, {{"DstT", kFloat}}}),
      Swept("DstT", {"Cast", {Ints({1, 0, 3})}}),
  };
}

}  // namespace weir::testing
