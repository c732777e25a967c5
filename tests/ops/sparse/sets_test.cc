// Rows of the ops on sets, and what they refuse.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/sparse/sparse.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

namespace {

Tensor Positions(const std::vector<int64_t>& v, int64_t rank = 2) {
  return Tensor::Vector(v).Reshaped(Shape({static_cast<int64_t>(v.size()) / rank, rank})).value();
}

}  // namespace

std::vector<OpRow> SetRows() {
  const Tensor at = Positions({0, 0, 0, 1, 1, 0}), none = Tensor::Zeros(kInt64, {0, 2});
  const In values = Elements({3}, {4, 1, 2});
  const In left = Elements({2, 3}, {3, 1, 1, 2, 2, 4}), right = Elements({2, 2}, {1, 5, 4, 7});
  auto operation = [](const char* name) { return AttrMap{{"set_operation", name}}; };
  return {
      DataTellsShape({"DenseToDenseSetOperation", {left, right}, operation("union")}),
      DataTellsShape({"DenseToDenseSetOperation", {left, right}, operation("a-b")}),
      DataTellsShape({"DenseToSparseSetOperation", {Elements({2, 2}, {3, 1, 2, 5}), at, values, Longs({2, 2})},
                      operation("intersection")}),
      DataTellsShape({"DenseToSparseSetOperation", {{0, 2}, none, {0}, Longs({0, 2})}, operation("union")}),
      DataTellsShape({"SparseToSparseSetOperation", {at, values, Longs({2, 2}), at, Elements({3}, {4, 2, 3}),
                                                     Longs({2, 4})}, operation("b-a")}),
      DataTellsShape({"SparseToSparseSetOperation", {none, {0}, Longs({2, 2}), none, {0}, Longs({2, 4})},
                      operation("union")}),
      {"SetSize", {at, Elements({3}, {4, 4, 2}), Longs({3, 2})}},
      {"SetSize", {none, {0}, Longs({0, 2})}},
  };
}

namespace {

std::string Union(const Tensor& at, std::vector<int64_t> sizes, bool validate = true) {
  Builder g;
  Output x = ops::Placeholder(g, kInt64, {None, None});
  const Tensor values = Tensor::Vector(std::vector<std::string>(static_cast<size_t>(at.shape()[0]), "a"));
  const Tensor other = Tensor::Vector<std::string>({"b"}), first = Tensor::Zeros(kInt64, {1, at.shape()[1]});
  OutputList r = MakeAll("SparseToSparseSetOperation",
                         {x, g.Constant(values), g.Constant(Tensor::Vector(sizes)), g.Constant(first),
                          g.Constant(other), g.Constant(Tensor::Vector(sizes))},
                         {{"set_operation", "UNION"}, {"validate_indices", validate}});
  auto got = Session(g).Run(r, {{x, at}});
  return got.ok() ? (*got)[0].ToString() + (*got)[1].ToString() + (*got)[2].ToString() : got.status().ToString();
}

TEST(SetOperation, ChecksPositions) {
  EXPECT_EQ(Union(Positions({0, 0, 1, 0}), {2, 3}), "[[0, 0], [0, 1], [1, 0]][\"a\", \"b\", \"a\"][2, 2]");
  EXPECT_NE(Union(Positions({1, 0, 0, 0}), {2, 3}).find("do not come behind"), std::string::npos);
  EXPECT_NE(Union(Positions({0, 0, 0, 0}), {2, 3}).find("do not come behind"), std::string::npos);
  EXPECT_EQ(Union(Positions({1, 0, 0, 0}), {2, 3}, false), Union(Positions({0, 0, 1, 0}), {2, 3}));
  for (const auto& bad : {std::vector<int64_t>{0, 3}, {2, 0}, {-1, 0}, {0, INT64_MAX}}) {
    EXPECT_NE(Union(Positions(bad), {2, 3}, false).find("which is not in [0,"), std::string::npos);
  }
  // No set but those that have elements is looked at, nor do their numbers overflow.
  EXPECT_EQ(Union(Positions({0, 0}), {int64_t{1} << 60, 3}).find("error"), std::string::npos);
  EXPECT_NE(Union(Positions({0, 0}), {INT64_MAX, 3}).find("error"), std::string::npos);
  EXPECT_NE(Union(Positions({0, 0, 0}, 3), {INT64_MAX, INT64_MAX, 0}).find("error"), std::string::npos);
}

TEST(SetOperation, RefusesOtherSets) {
  Builder g;
  ops::SetOperation("union", g.Constant(Tensor::Zeros(kInt32, {2, 3})), g.Constant(Tensor::Zeros(kInt32, {3, 3})));
  EXPECT_FALSE(g.status().ok());
  Builder h;
  Output x = h.Constant(Tensor::Zeros(kInt32, {2, 3}));
  EXPECT_FALSE(Session(h).Run(ops::SetOperation("xor", x, x).values).ok());
}

}  // namespace
}  // namespace weir::testing
