// Completeness: every op that is asked for is there, and every op that is there has all that an op needs.
//
// tests/data/op_dtypes.txt names the ops that Weir must have and their dtypes; tests/data/coverage.tsv says what the
// rows showed of them, and the rows' own tests hold it to the truth.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "weir/ops/kernels.h"
#include "weir/ops/registry.h"
#include "weir/tests/ops/coverage.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {
namespace {

// Ops of the compiler's own and of later families have no line in the list of what was asked for; what CppFunc computes
// is another's (custom_test.cc).
bool Internal(const std::string& op) { return op.empty() || op[0] == '_' || op.starts_with("CppFunc"); }

std::set<std::string> Wanted() {
  std::set<std::string> ops;
  std::ifstream in(WEIR_TEST_DATA "/op_dtypes.txt");
  for (std::string line; std::getline(in, line);) ops.insert(line.substr(0, line.find(' ')));
  return ops;
}

TEST(Completeness, EveryOpAskedForIsRegistered) {
  EXPECT_GT(Wanted().size(), 270u);
  for (const std::string& op : Wanted()) EXPECT_TRUE(AllOps().Find(op)) << op;
}

TEST(Completeness, EveryOpIsDeclaredWhole) {
  for (const auto& [name, op] : AllOps().ops()) {
    SCOPED_TRACE(name);
    EXPECT_EQ(op.declaration_error(), "");
    EXPECT_GT(op.doc().size(), 10u) << "no documentation";
    EXPECT_TRUE(op.shape_fn()) << "no shape function";
    EXPECT_TRUE(op.has_gradient() || !op.no_gradient_reason().empty()) << "neither a gradient nor the reason why none";
    EXPECT_FALSE(op.has_gradient() && !op.no_gradient_reason().empty()) << "a gradient and a reason why none";
  }
}

TEST(Completeness, EveryKernelHasItsOp) {
  for (const auto& [name, kernel] : AllKernels().kernels()) EXPECT_TRUE(Internal(name) || AllOps().Find(name)) << name;
}

TEST(Completeness, TheReadmeTellsHowManyOpsThereAre) {
  const auto& ops = AllOps().ops();
  const auto count = std::count_if(ops.begin(), ops.end(), [](const auto& op) { return !Internal(op.first); });
  std::stringstream readme;
  readme << std::ifstream(WEIR_SOURCE_DIR "/README.md").rdbuf();
  EXPECT_NE(readme.str().find("Works: " + std::to_string(count) + " of TensorFlow's ops"), std::string::npos) << count;
}

TEST(Completeness, EveryOpIsCovered) {
  std::map<std::string, std::string> lines = CoverageLines();
  for (const auto& [name, op] : AllOps().ops()) {
    if (Internal(name)) continue;
    EXPECT_TRUE(lines.count(name)) << name << " has no row in tests/ops";
    EXPECT_EQ(lines[name].find("\t-"), std::string::npos) << "a gap: " << lines[name];
    size_t slash = lines[name].find('/');
    if (slash == std::string::npos) continue;
    size_t from = lines[name].rfind('\t', slash) + 1, to = lines[name].find('\t', slash);
    EXPECT_EQ(lines[name].substr(from, slash - from), lines[name].substr(slash + 1, to - slash - 1))
        << "dtypes: " << lines[name];
  }
  for (const auto& [name, line] : lines) EXPECT_TRUE(AllOps().Find(name)) << name << " is covered but not registered";
}

}  // namespace
}  // namespace weir::testing
