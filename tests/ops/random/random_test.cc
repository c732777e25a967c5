// The rows of the random family: the list of its topics.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> DrawRows();       // draws_test.cc
std::vector<OpRow> CandidateRows();  // candidates_test.cc

std::vector<OpRow> RandomRows() { return Joined({DrawRows(), CandidateRows()}); }

}  // namespace weir::testing
