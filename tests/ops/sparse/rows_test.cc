// Rows of SparseFillEmptyRows and its gradient, and what they refuse.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/sparse/sparse.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> SparseRowsRows() {
  const Tensor at = Tensor::Vector(std::vector<int64_t>{3, 0, 1, 1, 1, 0}).Reshaped(Shape({3, 2})).value();
  return {
      DataTellsShape({"SparseFillEmptyRows", {at, {3}, Longs({5, 2}), {}}}),
      DataTellsShape({"SparseFillEmptyRows", {Tensor::Zeros(kInt64, {0, 2}), {0}, Longs({0, 2}), {}}}),
      {"SparseFillEmptyRowsGrad", {Longs({4, 1, 2}), {6}}},
      {"SparseFillEmptyRowsGrad", {Longs({}), {0}}},
  };
}

namespace {

Result<Tensor> Filled(std::vector<int64_t> rows, int64_t count) {
  Builder g;
  const auto n = static_cast<int64_t>(rows.size());
  Output at = ops::Placeholder(g, kInt64, {None, 1}), values = ops::Placeholder(g, kFloat, {None}),
         shape = ops::Placeholder(g, kInt64, {1});
  Output y = ops::SparseFillEmptyRows({at, values, shape}, 9.0f).filled.values;
  return Session(g).Run(y, {{at, Tensor::Vector(rows).Reshaped(Shape({n, 1})).value()},
                            {values, Tensor::Zeros(kFloat, {n})},
                            {shape, Tensor::Vector(std::vector<int64_t>{count})}});
}

TEST(SparseFillEmptyRows, RefusesRowsOutsideAndMoreThanMemoryHolds) {
  EXPECT_EQ(Filled({2, 0}, 4).value().ToString(), "[0, 9, 0, 9]");
  EXPECT_FALSE(Filled({4}, 4).ok());
  EXPECT_FALSE(Filled({-1}, 4).ok());
  EXPECT_FALSE(Filled({0}, 0).ok());
  EXPECT_FALSE(Filled({0}, -3).ok());
  EXPECT_FALSE(Filled({0}, int64_t{1} << 50).ok());
  EXPECT_FALSE(Filled({0}, INT64_MAX).ok());
}

TEST(SparseFillEmptyRowsGrad, RefusesPlacesOutside) {
  auto run = [](int64_t place) {
    Builder g;
    Output map = ops::Placeholder(g, kInt64, {None});
    Output y = MakeAll("SparseFillEmptyRowsGrad", {map, g.Constant(Tensor::Vector(std::vector<float>{1, 2}))})[1];
    return Session(g).Run(y, {{map, Tensor::Vector(std::vector<int64_t>{place})}});
  };
  EXPECT_EQ(run(0).value().ToString(), "2");
  EXPECT_FALSE(run(2).ok());
  EXPECT_FALSE(run(-1).ok());
}

}  // namespace
}  // namespace weir::testing
