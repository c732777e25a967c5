// Rows of EditDistance, and values that TensorFlow gives.
#include <gtest/gtest.h>

#include <cmath>

#include "weir/tests/ops/op_row.h"
#include "weir/weir.h"

namespace weir::testing {

std::vector<OpRow> EditDistanceRows() {
  const In some = In(Tensor::Of<int64_t>({5, 3}, {0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 1, 0, 1, 1, 2}));
  const In others = In(Tensor::Of<int64_t>({4, 3}, {0, 0, 1, 1, 0, 0, 1, 1, 0, 1, 1, 1}));
  const In none = In(Tensor::Of<int64_t>({0, 3}, {})), shape = Longs({2, 2, 3}), wider = Longs({2, 3, 9});
  std::vector<OpRow> rows;
  for (bool normalize : {true, false}) {
    const AttrMap attrs{{"normalize", normalize}};
    const In a = Elements({5}, {1, 0, 1, 1, 0}), b = Elements({4}, {1, 1, 0, 1});
    rows.push_back({"EditDistance", {some, a, shape, others, b, wider}, attrs});
    rows.push_back({"EditDistance", {some, a, shape, none, {0}, wider}, attrs});
    rows.push_back({"EditDistance", {none, {0}, shape, others, b, shape}, attrs});
  }
  rows.push_back({"EditDistance", {none, {0}, Longs({0, 2, 3}), none, {0}, Longs({0, 2, 3})}});
  return rows;
}

namespace {

Result<Tensor> DistancesOf(const Tensor& at, const Tensor& values, const Tensor& shape) {
  Builder b;
  const ops::SparseParts hypothesis{b.Constant(at), b.Constant(values), b.Constant(shape)};
  const ops::SparseParts truth{b.Constant(Tensor::Of<int64_t>({3, 2}, {0, 0, 0, 1, 2, 0})),
                          b.Constant(Tensor::Of<int64_t>({3}, {1, 3, 5})),
                          b.Constant(Tensor::Vector(std::vector<int64_t>{3, 2}))};
  const Output distances = ops::EditDistance(hypothesis, truth, {.name = "op"});
  return Session(b, {.threads = 1}).Run(distances);
}

TEST(EditDistance, IsAsTensorFlowHasIt) {
  const Tensor shape = Tensor::Vector(std::vector<int64_t>{2, 2}), values = Tensor::Of<int64_t>({2}, {1, 2});
  const Tensor got = DistancesOf(Tensor::Of<int64_t>({2, 2}, {0, 0, 1, 0}), values, shape).value();
  EXPECT_TRUE(got.Identical(Tensor::Of<float>({3}, {0.5f, INFINITY, 1}))) << got.ToString();
  for (const Tensor& at : {Tensor::Of<int64_t>({2, 2}, {1, 0, 0, 0}), Tensor::Of<int64_t>({2, 2}, {0, 0, 5, 0}),
                           Tensor::Of<int64_t>({2, 2}, {-1, 0, 0, 0})}) {
    const Status s = DistancesOf(at, values, shape).status();
    EXPECT_TRUE(!s.ok() && NamesNode(s)) << s.ToString();
  }
  const Tensor huge = Tensor::Vector(std::vector<int64_t>{int64_t{1} << 62, 2});
  EXPECT_FALSE(DistancesOf(Tensor::Of<int64_t>({2, 2}, {0, 0, 1, 0}), values, huge).ok());
}

}  // namespace
}  // namespace weir::testing
