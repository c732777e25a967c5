// Rows of Bincount, DenseBincount and HistogramFixedWidth.
#include <gtest/gtest.h>

#include <cmath>

#include "weir/ops/reduce/reduce.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> HistogramRows() {
  std::vector<OpRow> rows = {
      {"Bincount", {Ints({1, 4, 1, 0}), Int(3), {4}}},
      {"Bincount", {Ints({1, 4, 1, 0}), Int(3), {0}}},
      {"DenseBincount", {IntMatrix({2, 3}, {1, 1, 0, 2, 7, 2}), Int(3), {2, 3}}},
      {"DenseBincount", {IntMatrix({2, 3}, {1, 1, 0, 2, 7, 2}), Int(3), {2, 3}}, {{"binary_output", true}}},
      {"DenseBincount", {Longs({1, 4, 1, 0}), Long(3), {0}}},
      {"HistogramFixedWidth", {In({3, 4}, -9, 9), Elements({2}, {-4, 6}), Int(5)}},
      {"HistogramFixedWidth", {In({3}, -9, 9), Elements({2}, {-4, 6}), Int(2)}, {{"dtype", kInt64}}},
  };
  for (OpRow& r : rows) r.refuses_gradient = true;
  return rows;
}

namespace {

Result<Tensor> Histogram(std::vector<float> values, std::vector<float> range, int32_t bins) {
  Builder g;
  Output y = ops::HistogramFixedWidth(g.Constant(Tensor(values)), Tensor(range), bins);
  return Session(g).Run(y);
}

TEST(Histogram, CountsWhatLiesOutside) {
  EXPECT_EQ(Histogram({-1, 0, 1.5, 2, 5, 15}, {0, 5}, 5).value().ToVector<int32_t>(),
            std::vector<int32_t>({2, 1, 1, 0, 2}));
  EXPECT_EQ(Histogram({INFINITY, -INFINITY}, {0, 5}, 2).value().ToVector<int32_t>(), std::vector<int32_t>({1, 1}));
  EXPECT_FALSE(Histogram({1, NAN}, {0, 5}, 5).ok());
  EXPECT_FALSE(Histogram({1}, {5, 5}, 5).ok());
  EXPECT_FALSE(Histogram({1}, {0, NAN}, 5).ok());
  EXPECT_FALSE(Histogram({1}, {0, 5}, 0).ok());
  EXPECT_FALSE(Histogram({1}, {0, 5, 6}, 2).ok());
}

TEST(Histogram, OfIntegersFarApart) {
  constexpr int64_t kLeast = INT64_MIN, kMost = INT64_MAX;
  Builder g;
  Output y = ops::HistogramFixedWidth(g.Constant(Tensor(std::vector<int64_t>{kLeast, -(int64_t{1} << 40), 0, kMost})),
                                      Tensor(std::vector<int64_t>{kLeast, kMost}), 2, kInt64);
  EXPECT_EQ(Session(g).Run(y).value().ToVector<int64_t>(), std::vector<int64_t>({2, 2}));
}

TEST(Bincount, RefusesNegativeNumbers) {
  for (bool dense : {false, true}) {
    Builder g;
    Output x = g.Constant(Tensor(std::vector<int32_t>{1, -1}));
    Output y = dense ? Make("DenseBincount", {x, 3, Tensor(std::vector<float>{})})
                   : ops::Bincount(x, 3, Tensor(std::vector<float>{}));
    EXPECT_FALSE(Session(g).Run(y).ok());
  }
}

}  // namespace
}  // namespace weir::testing
