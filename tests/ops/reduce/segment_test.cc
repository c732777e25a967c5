// Rows of segment sums, products, means and extremes.
#include <gtest/gtest.h>

#include <limits>

#include "weir/ops/math/math.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> SegmentRows() {
  std::vector<OpRow> rows = {
      DataTellsShape({"SegmentMean", {{4, 3}, Ints({0, 0, 1, 3})}}),
      DataTellsShape({"SegmentMean", {{3}, Longs({1, 1, 1})}}),
  };
  for (const std::string fold : {"Sum", "Prod", "Max", "Min"}) {
    rows.push_back(DataTellsShape({"Segment" + fold, {{4, 3}, Ints({0, 0, 1, 3})}}));
    rows.push_back({"Segment" + fold + "V2", {{4, 3}, Ints({0, 0, 1, 2}), Int(3)}});
    rows.push_back({"UnsortedSegment" + fold, {{5, 3}, Ints({2, 0, 2, -1, 1}), Int(3)}});
    rows.push_back({"UnsortedSegment" + fold, {{2, 3}, IntMatrix({2, 3}, {1, 0, 1, 2, 2, 0}), Int(3)}});
  }
  for (const char* op : {"UnsortedSegmentSum", "UnsortedSegmentProd"})
    rows.push_back({op, {{5, 3}, Ints({2, 0, 2, -1, 2}), Int(5)}});
  return rows;
}

namespace {

// The two rows of segments of which the first has no id.
std::vector<double> Segments(const std::string& op, DType dtype) {
  Builder g;
  std::vector<Input> inputs = {ops::Cast(g.Constant(Tensor(std::vector<int32_t>{1, 2})), dtype),
                               Tensor(std::vector<int32_t>{1, 1})};
  if (op.starts_with("Unsorted") || op.ends_with("V2")) inputs.push_back(2);
  Output y = ops::Cast(Make(op, inputs), kDouble);
  return Session(g).Run(y).value().ToVector<double>();
}

TEST(Segment, WhereNoIdLeads) {
  using Rows = std::vector<double>;
  EXPECT_EQ(Segments("SegmentMean", kFloat), Rows({0, 1.5}));
  EXPECT_EQ(Segments("SegmentMean", kInt32), Rows({0, 1}));
  EXPECT_EQ(Segments("SegmentMax", kHalf), Rows({0, 2}));
  EXPECT_EQ(Segments("SegmentMin", kInt8), Rows({0, 1}));
  for (const char* form : {"UnsortedSegmentMax", "SegmentMaxV2"}) {
    EXPECT_EQ(Segments(form, kFloat), Rows({std::numeric_limits<float>::lowest(), 2}));
    EXPECT_EQ(Segments(form, kHalf), Rows({-65504, 2}));
    EXPECT_EQ(Segments(form, kUint8), Rows({0, 2}));
    EXPECT_EQ(Segments(form, kInt16), Rows({-32768, 2}));
  }
  for (const char* form : {"UnsortedSegmentMin", "SegmentMinV2"}) {
    EXPECT_EQ(Segments(form, kBfloat16), Rows({0x1.fep127, 1}));
    EXPECT_EQ(Segments(form, kInt32), Rows({2147483647, 1}));
  }
  EXPECT_EQ(Segments("SegmentSumV2", kFloat), Rows({0, 3}));
  EXPECT_EQ(Segments("SegmentProdV2", kFloat), Rows({1, 2}));
}

Status StatusOf(const std::string& op, std::vector<Input> inputs) {
  Builder g;
  std::vector<Input> fed;
  Feeds feeds;
  for (const Input& x : inputs) {  // unknown while building, so that the kernel is what refuses
    Tensor value = x.literal().ToTensor(DType::kInvalid).value();
    fed.push_back(g.Add("Placeholder", {}, {{"dtype", value.dtype()}}));
    feeds.emplace_back(fed.back().output(), value);
  }
  Output y = Make(op, fed);
  return Session(g).Run(y, feeds).status();
}

TEST(Segment, RefusesBadNumbers) {
  const Input data = Tensor::Of<float>(Shape({3, 1}), {1, 2, 3});
  EXPECT_FALSE(StatusOf("SegmentMaxV2", {data, {1, 0, 0}, 2}).ok());
  EXPECT_FALSE(StatusOf("SegmentMaxV2", {data, {0, 1, 2}, 2}).ok());
  EXPECT_FALSE(StatusOf("SegmentMean", {data, {-1, 1, 2}}).ok());
  EXPECT_FALSE(StatusOf("UnsortedSegmentMin", {data, {0, 1, 2}, 2}).ok());
  EXPECT_FALSE(StatusOf("SparseSegmentSum", {data, {0, 3}, {0, 0}}).ok());
  EXPECT_FALSE(StatusOf("SparseSegmentSum", {data, {0, 1}, {1, 0}}).ok());
  EXPECT_FALSE(StatusOf("SparseSegmentMeanWithNumSegments", {data, {0, 1}, {0, 2}, 2}).ok());
  EXPECT_FALSE(StatusOf("SparseSegmentMeanGrad", {data, {0, 5}, {0, 1}, 5}).ok());
  EXPECT_FALSE(StatusOf("SparseSegmentMeanGradV2", {data, {0, 1}, {0, 3}, 5}).ok());
  EXPECT_TRUE(StatusOf("SparseSegmentMeanGradV2", {data, {0, 1}, {0, 2}, 5}).ok());
  EXPECT_FALSE(StatusOf("SegmentMaxV2", {data, {0, 0, 1}, Tensor(int64_t{1} << 60)}).ok());
}

}  // namespace
}  // namespace weir::testing
