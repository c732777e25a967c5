// Tables, queues, readers and input pipelines, run after run, and what TensorFlow 2.21 gave for each.
#include <gtest/gtest.h>

#include "weir/runtime/io/npy.h"
#include "weir/tests/oracle/recorded_runs.h"

namespace weir::testing {
namespace {

const std::map<std::string, Tensor>& Recorded() {
  static const auto graphs = [] {
    auto all = io::ReadNpz(WEIR_TEST_DATA "/services.npz").value();
    all.merge(io::ReadNpz(WEIR_TEST_DATA "/datasets.npz").value());
    return all;
  }();
  return graphs;
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : Recorded()) names.push_back(name);
  return names;
}

class RecordedRuns : public ::testing::TestWithParam<std::string> {};

TEST_P(RecordedRuns, EqualTensorFlow) {
  const Tensor& bytes = Recorded().at(GetParam());
  EXPECT_EQ(CompareRecordedRuns({static_cast<const char*>(bytes.raw()), static_cast<size_t>(bytes.num_elements())}),
            "");
}

INSTANTIATE_TEST_SUITE_P(Services, RecordedRuns, ::testing::ValuesIn(Names()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace weir::testing
