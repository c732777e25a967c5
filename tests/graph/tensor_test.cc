// Tensor: made of nested vectors, read and written by index.
#include "weir/graph/base/tensor.h"

#include <gtest/gtest.h>

#include "weir/graph/builder.h"
#include "weir/ops/array/array.h"

namespace weir {
namespace {

TEST(Tensor, IsMadeOfNestedVectors) {
  Tensor t(std::vector<std::vector<float>>{{1, 2, 3}, {4, 5, 6}});
  EXPECT_EQ(t.dtype(), kFloat);
  EXPECT_EQ(t.shape().ToString(), "[2,3]");
  EXPECT_EQ(t.ToString(), "[[1, 2, 3], [4, 5, 6]]");
  EXPECT_EQ(Tensor(std::vector<bool>{true, false}).ToString(), "[true, false]");
  EXPECT_EQ(Tensor(std::vector<std::vector<std::string>>{{"a"}, {"b"}}).shape().ToString(), "[2,1]");
  EXPECT_EQ(Tensor(std::vector<std::vector<std::vector<int64_t>>>{}).shape().ToString(), "[0,0,0]");
  EXPECT_EQ(Tensor(std::vector<std::vector<int>>{{}, {}}).shape().ToString(), "[2,0]");
}

TEST(Tensor, WithoutElementsIsPrintedWhateverItsOtherSizes) {
  const Shape shape = Shape::Make(Dims{int64_t{1} << 40, 0, int64_t{1} << 40}).value();
  EXPECT_EQ(Tensor::Zeros(kFloat, shape).ToString(), "[[[]]]");
}

TEST(Tensor, ALiteralOutOfRangeIsAnError) {
  for (auto [dtype, value] : {std::pair(kFloat, 1e50), {kHalf, 1e5}, {kBfloat16, 1e39}, {kComplex64, -1e39}}) {
    Builder g;
    ops::Constant(g, value, dtype);
    EXPECT_NE(g.status().ToString().find("is no value of dtype"), std::string::npos) << DTypeName(dtype);
    Builder infinite;
    ops::Constant(infinite, std::numeric_limits<double>::infinity(), dtype);
    EXPECT_TRUE(infinite.status().ok()) << DTypeName(dtype);
  }
}

TEST(Tensor, ANaNHasNoSignInPrint) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(Tensor(std::vector<float>{nan, -nan}).ToString(), "[nan, nan]");
}

TEST(Tensor, RaggedRowsAreAnError) {
  EXPECT_THROW(Tensor(std::vector<std::vector<int>>{{1, 2}, {3}}), Error);
  EXPECT_THROW(Tensor(std::vector<std::vector<std::vector<int>>>{{{1}, {2}}, {{3}, {}}}), Error);
}

TEST(Tensor, NestedVectorsAreFedAndUsedLikeLiterals) {
  Builder g;
  std::vector<std::vector<float>> rows = {{1, 2}, {3, 4}};
  Output c = ops::Constant(g, rows);
  EXPECT_EQ(c.shape().ToString(), "[2,2]");
  Output b = ops::Constant(g, std::vector<bool>{true, false});
  EXPECT_EQ(b.dtype(), kBool);
}

TEST(Tensor, ElementsByIndex) {
  Tensor t(std::vector<std::vector<int32_t>>{{1, 2, 3}, {4, 5, 6}});
  EXPECT_EQ(t.at<int32_t>(1, 2), 6);
  t.at<int32_t>(0, 0) = 10;
  EXPECT_EQ(t(0, 0), 10.0);
  EXPECT_EQ(Tensor(Half(1.5f))(), 1.5);
  EXPECT_EQ(Tensor(true)(), 1.0);
  EXPECT_THROW(t(2, 0), Error);
  EXPECT_THROW(t(0, -1), Error);
  EXPECT_THROW(t(0), Error) << "one number an axis";
  EXPECT_THROW(t.at<float>(0, 0), Error) << "another dtype";
  EXPECT_THROW(Tensor("text")(), Error);
  EXPECT_THROW(Tensor::Zeros(kFloat, {0, 3})(0, 0), Error);
}

TEST(Tensor, ToVector) {
  EXPECT_EQ(Tensor(std::vector<std::vector<float>>{{1, 2}, {3, 4}}).ToVector<float>(),
            (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(Tensor(std::vector<bool>{true, false}).ToVector<bool>(), (std::vector<bool>{true, false}));
  EXPECT_THROW(Tensor(1).ToVector<float>(), Error);
}

TEST(Tensor, OfAndZerosAgreeOnErrors) {
  EXPECT_EQ(Tensor::Zeros(kInt32, {2, 1}).ToString(), "[[0], [0]]");
  EXPECT_THROW(Tensor::Of<float>({2}, {1}), Error);
  EXPECT_THROW(Tensor::Zeros(kResource, {2}), Error);
  EXPECT_FALSE(Tensor::AllocateZeros(kResource, {2}).ok());
}

TEST(PartialShape, BracesAreAScalarAndUnknownRankIsSaid) {
  EXPECT_EQ(PartialShape{}.ToString(), "[]");
  EXPECT_EQ(PartialShape().rank(), 0);
  EXPECT_FALSE(PartialShape::Unknown().known_rank());
  Builder g;
  EXPECT_EQ(ops::Placeholder(g, kFloat, {}).shape().rank(), 0);
  EXPECT_FALSE(ops::Placeholder(g, kFloat).shape().known_rank());
}

}  // namespace
}  // namespace weir
