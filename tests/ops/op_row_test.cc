// Runs the rows, an op a test, and holds tests/data/coverage.tsv to what they showed.
//
// WEIR_UPDATE_COVERAGE=1 weir_tests --gtest_filter='*OpRows*' writes the file anew.

#include <gtest/gtest.h>

#include "weir/tests/ops/coverage.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

// The families; fused and custom have no op that a row describes (fused/fused_test.cc, custom/custom_test.cc).
std::vector<OpRow> ArrayRows();
std::vector<OpRow> MathRows();
std::vector<OpRow> ReduceRows();
std::vector<OpRow> LinalgRows();
std::vector<OpRow> GatherRows();
std::vector<OpRow> NnRows();
std::vector<OpRow> ConvRows();
std::vector<OpRow> PoolRows();
std::vector<OpRow> NormRows();
std::vector<OpRow> ImageRows();
std::vector<OpRow> RandomRows();
std::vector<OpRow> SequenceOpRows();
std::vector<OpRow> StateRows();
std::vector<OpRow> TrainRows();
std::vector<OpRow> ControlRows();
std::vector<OpRow> StringRows();
std::vector<OpRow> SparseRows();
std::vector<OpRow> AudioRows();
std::vector<OpRow> ParseRows();
std::vector<OpRow> IoRows();
std::vector<OpRow> SummaryRows();

std::map<std::string, std::vector<OpRow>> AllRows() {
  std::map<std::string, std::vector<OpRow>> by_op;
  for (OpRow& row : Joined({ArrayRows(), MathRows(), ReduceRows(), LinalgRows(), GatherRows(), NnRows(), ConvRows(),
                            PoolRows(), NormRows(), ImageRows(), RandomRows(), SequenceOpRows(), StateRows(),
                            TrainRows(), ControlRows(), StringRows(), SparseRows(), AudioRows(), ParseRows(),
                            IoRows(), SummaryRows()})) {
    by_op[row.op].push_back(std::move(row));
  }
  return by_op;
}

namespace {

class OpRows : public ::testing::TestWithParam<std::string> {};

TEST_P(OpRows, Hold) {
  OpCoverage coverage;
  int number = 0;
  const std::vector<OpRow> rows = AllRows()[GetParam()];
  for (const OpRow& row : rows) {
    SCOPED_TRACE("row " + std::to_string(number++) + " of " + GetParam());
    CheckRow(row, &coverage);
  }
  CheckCoverageLine(GetParam(), coverage.Line(GetParam()));
}

std::vector<std::string> RowOps() {
  std::vector<std::string> ops;
  for (const auto& [op, rows] : AllRows()) ops.push_back(op);
  return ops;
}

INSTANTIATE_TEST_SUITE_P(Ops, OpRows, ::testing::ValuesIn(RowOps()), [](const auto& info) { return info.param; });

}  // namespace
}  // namespace weir::testing
