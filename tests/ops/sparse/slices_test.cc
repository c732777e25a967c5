// Rows of SparseSlice, its gradient, SparseConcat and SparseSplit, and what they refuse.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/sparse/sparse.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

namespace {

// Positions of two numbers each.
Tensor Places(const std::vector<int64_t>& v) {
  return Tensor::Vector(v).Reshaped(Shape({static_cast<int64_t>(v.size()) / 2, 2})).value();
}

}  // namespace

std::vector<OpRow> SparseSlicesRows() {
  const Tensor at = Places({0, 1, 1, 0, 1, 2}), none = Tensor::Zeros(kInt64, {0, 2});
  return {
      DataTellsShape({"SparseSlice", {at, {3}, Longs({2, 3}), Longs({0, 1}), Longs({5, 2})}}),
      DataTellsShape({"SparseSlice", {none, {0}, Longs({2, 3}), Longs({0, 1}), Longs({1, 2})}}),
      {"SparseSliceGrad", {{2}, at, Longs({0, 1}), Places({0, 0, 1, 1})}},
      {"SparseSliceGrad", {{0}, none, Longs({0, 1}), none}},
      DataTellsShape({"SparseSplit", {Long(1), at, {3}, Longs({2, 3})}, {{"num_split", int64_t{2}}}}),
      DataTellsShape({"SparseSplit", {Long(-2), at, {3}, Longs({2, 3})}, {{"num_split", int64_t{1}}}}),
      DataTellsShape({"SparseSplit", {Long(0), none, {0}, Longs({2, 3})}, {{"num_split", int64_t{2}}}}),
      {"SparseConcat", {at, Places({1, 1, 0, 0}), {3}, {2}, Longs({2, 3}), Longs({2, 2})},
       {{"N", int64_t{2}}, {"concat_dim", int64_t{-1}}}},
      {"SparseConcat", {none, none, {0}, {0}, Longs({2, 3}), Longs({0, 3})},
       {{"N", int64_t{2}}, {"concat_dim", int64_t{0}}}},
  };
}

namespace {

std::string Sliced(std::vector<int64_t> start, std::vector<int64_t> size) {
  Builder g;
  Output s = ops::Placeholder(g, kInt64, {2}), n = ops::Placeholder(g, kInt64, {2});
  ops::SparseParts x{g.Constant(Places({0, 1, 1, 0, 1, 2})), g.Constant(Tensor::Vector(std::vector<float>{1, 2, 3})),
                     g.Constant(Tensor::Vector(std::vector<int64_t>{2, 3}))};
  ops::SparseParts y = ops::SparseSlice(x, s, n);
  auto got = Session(g).Run({y.values, y.shape}, {{s, Tensor::Vector(start)}, {n, Tensor::Vector(size)}});
  return got.ok() ? (*got)[0].ToString() + " of " + (*got)[1].ToString() : "refused";
}

// What TensorFlow 2.21 gives.
TEST(SparseSlice, ReachesBeyond) {
  EXPECT_EQ(Sliced({1, 1}, {5, 5}), "[3] of [1, 2]");
  EXPECT_EQ(Sliced({3, 1}, {5, 5}), "[] of [0, 2]");
  EXPECT_EQ(Sliced({-1, 1}, {5, 5}), "[1, 3] of [3, 2]");
  EXPECT_EQ(Sliced({1, 0}, {INT64_MAX, INT64_MAX}), "[2, 3] of [1, 3]");
  EXPECT_EQ(Sliced({INT64_MIN, 0}, {1, 1}), "[] of [1, 1]");
  EXPECT_EQ(Sliced({0, 1}, {-1, 5}), "refused");
}

TEST(SparseSplit, ShiftsWhatIsBehindTheFirstPart) {
  Builder g;
  const ops::SparseParts x{g.Constant(Places({0, 0, 0, 2, 1, 1, 2, 3})),
                           g.Constant(Tensor::Vector(std::vector<float>{1, 2, 3, 4})),
                           g.Constant(Tensor::Vector(std::vector<int64_t>{3, 5}))};
  auto parts = ops::SparseSplit(x, 3, -1);
  ASSERT_EQ(parts.size(), 3u);
  Session session(g);
  EXPECT_EQ(session.Run(parts[1].indices).value().ToString(), "[[0, 0], [2, 1]]");
  EXPECT_EQ(session.Run(parts[2].shape).value().ToString(), "[3, 1]");
  const Output many = ops::SparseSplit(x, 6, 1)[0].values;
  EXPECT_FALSE(Session(g).Run(many).ok());
  EXPECT_TRUE(g.status().ok());
  ops::SparseSplit(x, 2, 2);
  EXPECT_FALSE(g.status().ok());
}

TEST(SparseConcat, RefusesSizesThatDiffer) {
  Builder g;
  Output shape = ops::Placeholder(g, kInt64, {2});
  Output at = g.Constant(Places({0, 1})), one = g.Constant(Tensor::Vector(std::vector<float>{1}));
  Output fixed = g.Constant(Tensor::Vector(std::vector<int64_t>{2, 3}));
  Output y = ops::SparseConcat({{at, one, fixed}, {at, one, shape}}, 1).shape;
  Session session(g);
  EXPECT_EQ(session.Run(y, {{shape, Tensor::Vector(std::vector<int64_t>{2, 4})}}).value().ToString(), "[2, 7]");
  for (const std::vector<int64_t>& bad : {std::vector<int64_t>{3, 4}, {2, -1}, {2, INT64_MAX}}) {
    EXPECT_FALSE(session.Run(y, {{shape, Tensor::Vector(bad)}}).ok());
  }
}

}  // namespace
}  // namespace weir::testing
