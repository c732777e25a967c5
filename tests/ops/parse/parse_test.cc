// The rows of the parse family: the list of its topics.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> ExampleRows();          // example_test.cc
std::vector<OpRow> SequenceExampleRows();  // sequence_example_test.cc
std::vector<OpRow> TensorMessageRows();    // tensor_test.cc
std::vector<OpRow> JsonRows();             // json_test.cc

std::vector<OpRow> ParseRows() {
  return Joined({ExampleRows(), SequenceExampleRows(), TensorMessageRows(), JsonRows()});
}

}  // namespace weir::testing
