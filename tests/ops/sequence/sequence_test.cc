// The rows of the sequence family: the list of its topics.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> BlockRows();  // block_test.cc
std::vector<OpRow> CtcRows();    // ctc_test.cc

std::vector<OpRow> SequenceOpRows() { return Joined({BlockRows(), CtcRows()}); }

}  // namespace weir::testing
