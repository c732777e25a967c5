// tests/data/coverage.tsv: what the tests of each op showed, a line an op. `graphdef ops --coverage` prints it.
#pragma once

#include <map>
#include <string>

namespace weir::testing {

std::map<std::string, std::string> CoverageLines();  // by op
// Holds the file to what a test showed, or, with WEIR_UPDATE_COVERAGE in the environment, the file's line to the test.
void CheckCoverageLine(const std::string& op, const std::string& line);

}  // namespace weir::testing
