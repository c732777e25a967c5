// Runs the rows, an op a test, and holds tests/data/coverage.tsv to what they showed.
//
// WEIR_UPDATE_COVERAGE=1 weir_tests --gtest_filter='*OpRows*' writes the file anew.

#include <gtest/gtest.h>

#include "weir/tests/ops/coverage.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::map<std::string, std::vector<OpRow>> AllRows() {
  std::map<std::string, std::vector<OpRow>> rows;
  for (const std::vector<OpRow>* family : {&ArrayRows(), &ControlRows(), &ConvRows(), &GatherRows(), &MathRows(), &NnRows(), &RandomRows(), &ReductionRows(),
                                           &StateRows(), &StringRows(), &TrainingRows()}) {
    for (const OpRow& row : *family) rows[row.op].push_back(row);
  }
  return rows;
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
