#include "weir/tests/ops/coverage.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace weir::testing {
namespace {

constexpr char kPath[] = WEIR_TEST_DATA "/coverage.tsv";
constexpr char kHead[] = "op\tforward\tgradient\tsecond order\tempty\tdtypes\thostile";

}  // namespace

std::map<std::string, std::string> CoverageLines() {
  std::map<std::string, std::string> lines;
  std::ifstream in(kPath);
  for (std::string line; std::getline(in, line);) {
    if (line != kHead) lines[line.substr(0, line.find('\t'))] = line;
  }
  return lines;
}

void CheckCoverageLine(const std::string& op, const std::string& line) {
  std::map<std::string, std::string> lines = CoverageLines();
  if (!std::getenv("WEIR_UPDATE_COVERAGE")) {
    EXPECT_EQ(lines[op], line)
        << "tests/data/coverage.tsv is not current: WEIR_UPDATE_COVERAGE=1 weir_tests --gtest_filter='*OpRows*'";
    return;
  }
  lines[op] = line;
  std::ofstream out(kPath);
  out << kHead << '\n';
  for (const auto& [name, text] : lines) out << text << '\n';
}

}  // namespace weir::testing
