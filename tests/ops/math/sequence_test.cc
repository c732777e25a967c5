// Rows of Range and LinSpace.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> SequenceRows() {
  return {
      {"Range", {Elements({}, {1}), Elements({}, {9}), Elements({}, {2})}},
      NeverEmpty({"LinSpace", {Elements({}, {-1}), Elements({}, {2}), Int(5)}}),
      {"Range", {Elements({}, {3}), Elements({}, {3}), Elements({}, {2})}},
  };
}

}  // namespace weir::testing
