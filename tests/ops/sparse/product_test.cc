// Rows of SparseTensorDenseMatMul, and what it refuses.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/sparse/sparse.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> SparseProductRows() {
  const Tensor at = Tensor::Vector(std::vector<int64_t>{1, 2, 0, 1, 1, 0, 1, 2}).Reshaped(Shape({4, 2})).value();
  return {
      {"SparseTensorDenseMatMul", {at, {4}, Longs({2, 3}), {3, 5}}},
      {"SparseTensorDenseMatMul", {at, {4}, Longs({2, 3}), {2, 5}}, {{"adjoint_a", true}}},
      {"SparseTensorDenseMatMul", {at, {4}, Longs({2, 3}), {5, 3}}, {{"adjoint_b", true}}},
      {"SparseTensorDenseMatMul", {at, {4}, Longs({2, 3}), {5, 2}}, {{"adjoint_a", true}, {"adjoint_b", true}}},
      {"SparseTensorDenseMatMul", {IntMatrix({2, 2}, {0, 1, 1, 0}), {2}, Longs({2, 3}), {3, 4}}},
      {"SparseTensorDenseMatMul", {Tensor::Zeros(kInt64, {0, 2}), {0}, Longs({2, 0}), {0, 3}}},
  };
}

namespace {

Result<Tensor> Product(int64_t row, int64_t column, std::vector<int64_t> sizes) {
  Builder g;
  Output at = ops::Placeholder(g, kInt64, {None, 2}), shape = ops::Placeholder(g, kInt64, {2});
  Output b = g.Constant(Tensor::Of<float>(Shape({3, 2}), {1, 2, 3, 4, 5, 6}));
  Output one = g.Constant(Tensor::Vector(std::vector<float>{1}));
  Output y = ops::SparseTensorDenseMatMul({at, one, shape}, b);
  const Tensor place = Tensor::Vector(std::vector<int64_t>{row, column}).Reshaped(Shape({1, 2})).value();
  return Session(g).Run(y, {{at, place}, {shape, Tensor::Vector(sizes)}});
}

TEST(SparseTensorDenseMatMul, RefusesPositionsOutside) {
  EXPECT_EQ(Product(1, 2, {2, 3}).value().ToString(), "[[0, 0], [5, 6]]");
  EXPECT_FALSE(Product(2, 0, {2, 3}).ok());
  EXPECT_FALSE(Product(0, 3, {2, 3}).ok());
  EXPECT_FALSE(Product(-1, 0, {2, 3}).ok());
  EXPECT_FALSE(Product(0, 0, {2, 4}).ok());
  EXPECT_FALSE(Product(0, 0, {-2, 3}).ok());
  EXPECT_FALSE(Product(0, 0, {int64_t{1} << 60, 3}).ok());
}

}  // namespace
}  // namespace weir::testing
