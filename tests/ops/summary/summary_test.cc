// Rows of summaries; their bytes are compared with TensorFlow's in oracle/recorded_graph_test.cc.
#include <gtest/gtest.h>

#include "weir/runtime/io/summary.h"
#include "weir/session/session.h"
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
      {"ImageSummary", {Text("image"), In({2, 3, 4, 3})}},
      {"ImageSummary", {Text("image"), In({1, 3, 4, 1})}, {{"max_images", 1}}},
      {"ImageSummary", {Text("image"), In({0, 3, 4, 4})}},
      OfType(kFloat, {"AudioSummary", {Text("sound"), In({2, 5}, -1, 1)}, {{"sample_rate", 8000.0}}}),
      OfType(kFloat, {"AudioSummaryV2", {Text("sound"), In({2, 5, 2}, -1, 1), Float(8000)}, {{"max_outputs", 1}}}),
      OfType(kFloat, {"AudioSummaryV2", {Text("sound"), In({0, 5}), Float(8000)}}),
      {"TensorSummary", {{2, 3}}},
      {"TensorSummary", {Text("text")}, {{"T", kString}}},
      {"TensorSummaryV2", {Text("tag"), {2, 3}, Text("")}},
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

TEST(Summaries, OfImagesSoundsAndTensorsSayWhatIsWrong) {
  auto error = [](const std::string& op, std::vector<Tensor> inputs, AttrMap attrs = {}) {
    Builder b;
    InputList in;
    for (Tensor& t : inputs) in.push_back(b.Constant(std::move(t)));
    Output y = b.Add(op, std::move(in), std::move(attrs));
    return b.status().ok() ? Session(b).Run(y).status().ToString() : b.status().ToString();
  };
  const Tensor tag(std::string("tag"));
  EXPECT_NE(error("ImageSummary", {tag, Tensor::Zeros(kFloat, {1, 2, 2, 2})}).find("1, 3 or 4 channels"),
            std::string::npos);
  EXPECT_NE(error("ImageSummary", {tag, Tensor::Zeros(kFloat, {1, 2, 2, 3})},
                  {{"bad_color", Tensor::Vector(std::vector<uint8_t>{1, 2})}})
                .find("a bad_color of 3 uint8"),
            std::string::npos);
  EXPECT_NE(error("ImageSummary", {tag, Tensor::Zeros(kFloat, {1, 0, 2, 3})}).find("no PNG"), std::string::npos);
  EXPECT_NE(error("AudioSummary", {tag, Tensor::Zeros(kFloat, {1, 2})}, {{"sample_rate", 0.0}}).find("sample rate 0"),
            std::string::npos);
  EXPECT_NE(error("AudioSummaryV2", {tag, Tensor::Zeros(kFloat, {1, 2, 0}), Tensor(8000.f)}).find("channels"),
            std::string::npos);
  EXPECT_NE(error("TensorSummaryV2", {tag, Tensor(1.0f), Tensor(std::string("\xff\xff"))}).find("no SummaryMetadata"),
            std::string::npos);
}

TEST(Summaries, HistogramsCountWhatLiesUpToEachLimit) {
  io::Histogram h;
  for (double v : {-1.0, 0.0, 0.5, 0.5}) h.Add(v);
  const io::HistogramCounts counts = h.Counts();
  double count = 0;
  for (auto [limit, n] : counts.buckets) count += n;
  EXPECT_EQ(count, 4);
  EXPECT_EQ(counts.min, -1);
  EXPECT_EQ(counts.max, 0.5);
  EXPECT_EQ(counts.sum_squares, 1.5);
  EXPECT_EQ(io::Histogram().Counts().buckets.size(), 1u) << "one run of empty buckets";
}

}  // namespace
}  // namespace weir::testing
