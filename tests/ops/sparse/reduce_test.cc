// Rows of the reductions of sparse tensors and their softmax, and what they refuse.
#include <gtest/gtest.h>

#include "weir/ops/sparse/sparse.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> SparseReduceRows() {
  const Tensor at = Tensor::Of<int64_t>({4, 3}, {0, 0, 2, 0, 0, 3, 1, 0, 1, 1, 1, 0});
  const In shape = Longs({2, 2, 4}), none = In(Tensor::Zeros(kInt64, {0, 3}));
  std::vector<OpRow> rows;
  for (const std::string op : {"SparseReduceSum", "SparseReduceMax"}) {
    rows.push_back({op, {at, {4}, shape, Ints({-1})}});
    rows.push_back({op, {at, {4}, shape, Ints({0, 1, -3})}, {{"keep_dims", true}}});
    rows.push_back({op, {at, {4}, shape, Int(1)}});
    rows.push_back({op, {at, {4}, shape, Ints({0, 1, 2})}});
    rows.push_back({op, {at, {4}, shape, Ints({})}});
    rows.push_back({op, {none, {0}, shape, Ints({2})}});
  }
  rows.push_back({"SparseSoftmax", {at, {4}, shape}});
  rows.push_back({"SparseSoftmax", {none, {0}, shape}});
  return rows;
}

namespace {

TEST(SparseReduce, RefusesWhatLiesOutside) {
  Builder g;
  const Output at = g.Constant(Tensor::Of<int64_t>({2, 2}, {0, 0, 1, 5}));
  const Output values = g.Constant(Tensor::Vector(std::vector<float>{1, 2}));
  const ops::SparseParts x{at, values, g.Constant(Tensor::Vector(std::vector<int64_t>{2, 5}))};
  const Output sums = ops::SparseReduceSum(x, 0, {.name = "op"});
  const Status s = Session(g).Run(sums).status();
  EXPECT_NE(s.ToString().find("indices[1, 1] = 5, which is not in [0, 5)"), std::string::npos) << s.ToString();
  EXPECT_FALSE(ops::SparseReduceMax(x, 2).valid());
}

// Elements need not be in order: each row is found.
TEST(SparseSoftmax, FindsTheRows) {
  Builder g;
  const ops::SparseParts x{g.Constant(Tensor::Of<int64_t>({3, 2}, {1, 0, 0, 1, 1, 3})),
                           g.Constant(Tensor::Vector(std::vector<float>{2, 5, 2})),
                           g.Constant(Tensor::Vector(std::vector<int64_t>{2, 5}))};
  const Output y = ops::SparseSoftmax(x).values;
  EXPECT_EQ(Session(g).Run(y).value().ToString(), "[0.5, 1, 0.5]");
}

}  // namespace
}  // namespace weir::testing
