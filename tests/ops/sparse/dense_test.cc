// Rows of the element-wise ops of a sparse tensor and a dense one, and what they refuse.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/sparse/sparse.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> SparseDenseRows() {
  const Tensor at = Tensor::Vector(std::vector<int64_t>{1, 2, 0, 1, 1, 0}).Reshaped(Shape({3, 2})).value();
  const Tensor none = Tensor::Zeros(kInt64, {0, 2});
  std::vector<OpRow> rows = {
      {"SparseTensorDenseAdd", {at, {3}, Longs({2, 3}), {2, 3}}},
      {"SparseTensorDenseAdd", {IntMatrix({2, 1}, {1, 1}), {2}, Ints({4}), {4}}},
      {"SparseTensorDenseAdd", {none, {0}, Longs({0, 3}), {0, 3}}},
  };
  for (const char* op : {"SparseDenseCwiseMul", "SparseDenseCwiseDiv", "SparseDenseCwiseAdd"}) {
    rows.push_back({op, {at, {3}, Longs({2, 3}), In({2, 3}, 1, 3)}});
    rows.push_back({op, {at, {3}, Longs({2, 3}), In({2, 1}, 1, 3)}});
    rows.push_back({op, {at, {3}, Longs({2, 3}), In({3}, 1, 3)}});
    rows.push_back({op, {at, {3}, Longs({2, 3}), In({}, 1, 3)}});
    rows.push_back({op, {none, {0}, Longs({0, 3}), In({3}, 1, 3)}});
  }
  return rows;
}

namespace {

Result<Tensor> Quotient(int64_t row, int64_t column, const Tensor& dense) {
  Builder g;
  Output at = ops::Placeholder(g, kInt64, {None, 2}), by = ops::Placeholder(g, kInt32, PartialShape::Unknown()),
         shape = ops::Placeholder(g, kInt64, {2});
  Output y = Make("SparseDenseCwiseDiv", {at, g.Constant(Tensor::Vector(std::vector<int32_t>{INT32_MIN})), shape, by});
  const Tensor place = Tensor::Vector(std::vector<int64_t>{row, column}).Reshaped(Shape({1, 2})).value();
  return Session(g).Run(y, {{at, place}, {by, dense}, {shape, Tensor::Vector(std::vector<int64_t>{2, 3})}});
}

TEST(SparseDenseCwiseDiv, RefusesZerosShapesAndPositions) {
  const Tensor row = Tensor::Vector(std::vector<int32_t>{2, -1, 4});
  EXPECT_EQ(Quotient(1, 1, row).value().ToString(), "[-2147483648]");
  EXPECT_EQ(Quotient(1, 0, row).value().ToString(), "[-1073741824]");
  EXPECT_FALSE(Quotient(1, 3, row).ok());
  EXPECT_FALSE(Quotient(-1, 0, row).ok());
  EXPECT_TRUE(Quotient(1, 1, Tensor::Vector(std::vector<int32_t>{2, 1, 0})).ok());
  EXPECT_FALSE(Quotient(1, 2, Tensor::Vector(std::vector<int32_t>{2, 1, 0})).ok());
  EXPECT_FALSE(Quotient(1, 1, Tensor::Vector(std::vector<int32_t>{2, 1})).ok());
  EXPECT_FALSE(Quotient(1, 1, Tensor::Zeros(kInt32, {1, 2, 3})).ok());
}

TEST(SparseTensorDenseAdd, RefusesOtherShapes) {
  Builder g;
  Output shape = ops::Placeholder(g, kInt64, {2});
  Output at = g.Constant(Tensor::Zeros(kInt64, {1, 2})), one = g.Constant(Tensor::Vector(std::vector<float>{1}));
  Output y = ops::SparseTensorDenseAdd({at, one, shape}, g.Constant(Tensor::Zeros(kFloat, {1, 2})));
  Session session(g);
  EXPECT_EQ(session.Run(y, {{shape, Tensor::Vector(std::vector<int64_t>{1, 2})}}).value().ToString(), "[[1, 0]]");
  EXPECT_FALSE(session.Run(y, {{shape, Tensor::Vector(std::vector<int64_t>{2, 1})}}).ok());
}

}  // namespace
}  // namespace weir::testing
