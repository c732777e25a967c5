// The rows of the random family: the list of its topics.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> DrawRows();         // draws_test.cc
std::vector<OpRow> StatelessRows();    // stateless_test.cc
std::vector<OpRow> SamplingRows();     // sampling_test.cc
std::vector<OpRow> TruncatedRows();    // truncated_test.cc
std::vector<OpRow> MultinomialRows();  // multinomial_test.cc
std::vector<OpRow> CandidateRows();    // candidates_test.cc

std::vector<OpRow> RandomRows() {
  return Joined({DrawRows(), StatelessRows(), SamplingRows(), TruncatedRows(), MultinomialRows(), CandidateRows()});
}

}  // namespace weir::testing
