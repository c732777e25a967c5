// The rows of the array family: the list of its topics.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> BasicRows();       // basic_test.cc
std::vector<OpRow> ShapeRows();       // shape_test.cc
std::vector<OpRow> JoinRows();        // join_test.cc
std::vector<OpRow> SliceRows();       // slice_test.cc
std::vector<OpRow> PadRows();         // pad_test.cc
std::vector<OpRow> LayoutRows();      // layout_test.cc
std::vector<OpRow> PositionRows();    // positions_test.cc
std::vector<OpRow> RollRows();        // roll_test.cc
std::vector<OpRow> BitcastRows();     // bitcast_test.cc
std::vector<OpRow> DequantizeRows();  // dequantize_test.cc

std::vector<OpRow> ArrayRows() {
  return Joined({BasicRows(), ShapeRows(), JoinRows(), SliceRows(), PadRows(), LayoutRows(), PositionRows(),
                 RollRows(), BitcastRows(), DequantizeRows()});
}

}  // namespace weir::testing
