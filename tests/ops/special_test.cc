// Runs the checks of ops that no row can describe, an op a test, and holds tests/data/coverage.tsv to what they showed.

#include <gtest/gtest.h>

#include "weir/graph/op_def.h"
#include "weir/ops/registry.h"
#include "weir/tests/ops/coverage.h"
#include "weir/tests/ops/special.h"

namespace weir::testing {

// The families that have such ops, each in tests/ops/<family>.
SpecialChecks ArraySpecials();    // basic_test.cc
SpecialChecks StateSpecials();    // reference_test.cc
SpecialChecks ControlSpecials();  // control_test.cc
SpecialChecks IoSpecials();       // io_test.cc
SpecialChecks FrameSpecials();    // frames_test.cc
SpecialChecks ListSpecials();     // list_test.cc
SpecialChecks OptionalSpecials();     // optional_test.cc
SpecialChecks TensorArraySpecials();  // tensor_arrays_test.cc
SpecialChecks SequenceSpecials();     // cudnn_test.cc
SpecialChecks RandomSpecials();       // random/sampling_test.cc
SpecialChecks TableSpecials();        // table_test.cc
SpecialChecks QueueSpecials();        // queue_test.cc
SpecialChecks ReaderSpecials();       // readers_test.cc
SpecialChecks DatasetSpecials();      // datasets_test.cc
SpecialChecks IteratorSpecials();     // iterators_test.cc

namespace {

const SpecialChecks& Specials() {
  static const SpecialChecks all = [] {
    SpecialChecks checks;
    for (SpecialChecks family :
         {ArraySpecials(), StateSpecials(), ControlSpecials(), IoSpecials(), FrameSpecials(), ListSpecials(),
          OptionalSpecials(), TensorArraySpecials(), SequenceSpecials(), RandomSpecials(), TableSpecials(),
          QueueSpecials(), ReaderSpecials(), DatasetSpecials(), IteratorSpecials()}) {
      checks.merge(family);
    }
    return checks;
  }();
  return all;
}

std::vector<std::string> SpecialOps() {
  std::vector<std::string> ops;
  for (const auto& [op, check] : Specials()) ops.push_back(op);
  return ops;
}

class SpecialOpRows : public ::testing::TestWithParam<std::string> {};

TEST_P(SpecialOpRows, Hold) {
  OpCoverage coverage;
  coverage.differentiable = static_cast<bool>(AllOps().Find(GetParam())->has_gradient());
  Specials().at(GetParam())(GetParam(), &coverage);
  CheckCoverageLine(GetParam(), coverage.Line(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Ops, SpecialOpRows, ::testing::ValuesIn(SpecialOps()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace weir::testing
