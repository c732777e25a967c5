// Rows of summaries; their bytes are compared with TensorFlow's in oracle/recorded_graph_test.cc.
#include <gtest/gtest.h>

#include "weir/runtime/io/summary.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

namespace {
std::string Bytes(const std::string& tag) { return io::SummaryBytes({{tag, 0.5f}}).value(); }
}  // namespace

std::vector<OpRow> SummaryRows() {
  const std::string a = Bytes("a"), b = Bytes("b");
  return {
      {"ScalarSummary", {Text("mean"), In({})}},
      {"ScalarSummary", {Tensor::Vector(std::vector<std::string>{"a", "b"}), {2}}},
      {"ScalarSummary", {Tensor::Zeros(kString, {0}), {0}}},
      {"HistogramSummary", {Text("all"), {2, 3}}},
      {"MergeSummary", {Tensor(a), Tensor(b)}},
      {"MergeSummary", {Tensor::Vector(std::vector<std::string>{a, b}), Tensor::Zeros(kString, {0})}},
  };
}

namespace {

TEST(Summaries, ATagOfTwoAndWhatIsNoneAreErrors) {
  EXPECT_EQ(io::MergeSummaries(std::vector<std::string>{Bytes("a"), Bytes("b")}).value(), Bytes("a") + Bytes("b"));
  auto twice = io::MergeSummaries(std::vector<std::string>{Bytes("a"), Bytes("a")});
  EXPECT_NE(twice.status().ToString().find("the tag 'a' twice"), std::string::npos);
  auto none = io::MergeSummaries(std::vector<std::string>{"\xff\xff"});
  EXPECT_NE(none.status().ToString().find("no summary"), std::string::npos);
}

TEST(Summaries, HistogramsCountWhatLiesUpToEachLimit) {
  io::Histogram h;
  for (double v : {-1.0, 0.0, 0.5, 0.5}) h.Add(v);
  double count = 0;
  for (auto [limit, n] : h.Buckets()) count += n;
  EXPECT_EQ(count, 4);
  EXPECT_EQ(h.min(), -1);
  EXPECT_EQ(h.max(), 0.5);
  EXPECT_EQ(h.sum_squares(), 1.5);
  EXPECT_EQ(io::Histogram().Buckets().size(), 1u) << "one run of empty buckets";
}

}  // namespace
}  // namespace weir::testing
