// The golden case packs of tests/data/ops, made by live TensorFlow: every case must hold but for the listed exceptions.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "weir/tests/oracle/pack_runner.h"

namespace weir::testing {
namespace {

std::vector<std::string> Packs() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(WEIR_TEST_DATA "/ops")) {
    if (entry.path().extension() == ".pb") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

class GoldenPack : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenPack, EqualsTensorFlow) {
  PackOptions options;
  options.exceptions = ReadExceptions(WEIR_SOURCE_DIR "/tests/oracle/exceptions.txt").value();
  PackReport report;
  Status s = RunPack(GetParam(), options, &report);
  EXPECT_TRUE(s.ok()) << s.ToString();
  EXPECT_GT(report.cases(), 0);
  for (const std::string& m : report.mismatches) ADD_FAILURE() << m;
}

INSTANTIATE_TEST_SUITE_P(Packs, GoldenPack, ::testing::ValuesIn(Packs()),
                         [](const auto& info) { return std::filesystem::path(info.param).stem().string(); });

}  // namespace
}  // namespace weir::testing
