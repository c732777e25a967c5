// The rows of the state family: the list of its topics.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> ResourceRows();   // resource_test.cc
std::vector<OpRow> ReferenceRows();  // reference_test.cc
std::vector<OpRow> ScatterNdRows();  // scatter_nd_test.cc

std::vector<OpRow> StateRows() { return Joined({ResourceRows(), ReferenceRows(), ScatterNdRows()}); }

}  // namespace weir::testing
