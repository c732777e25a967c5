// The rows of the pool family: the list of its topics.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> MaxPoolRows();   // max_test.cc
std::vector<OpRow> AvgPoolRows();   // avg_test.cc
std::vector<OpRow> DilationRows();  // dilation_test.cc

std::vector<OpRow> PoolRows() { return Joined({MaxPoolRows(), AvgPoolRows(), DilationRows()}); }

}  // namespace weir::testing
