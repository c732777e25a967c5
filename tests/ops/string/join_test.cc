// Rows of ReduceJoin and UnsortedSegmentJoin, and what they refuse.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/string/string.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

namespace {

// [[a, b], [c, d]]
Tensor Letters() {
  return Tensor::Vector(std::vector<std::string>{"a", "b", "c", "d"}).Reshaped(Shape({2, 2})).value();
}

}  // namespace

std::vector<OpRow> JoinTextRows() {
  const Tensor letters = Letters();
  return {
      {"ReduceJoin", {letters, Ints({1})}, {{"separator", "-"}}},
      {"ReduceJoin", {letters, Ints({0, -1})}, {{"keep_dims", true}}},
      {"ReduceJoin", {Tensor::Zeros(kString, {0, 2}), Ints({0})}},
      {"ReduceJoin", {Tensor::Zeros(kString, {0, 2}), Int(1)}},
      {"UnsortedSegmentJoin", {letters, Elements({2}, {2, 2}), Int(3)}, {{"separator", "-"}}},
      {"UnsortedSegmentJoin", {letters, Longs({1, 0}), Long(2)}},
      {"UnsortedSegmentJoin", {Tensor::Zeros(kString, {0, 2}), Ints({}), Int(2)}},
  };
}

namespace {

Result<Tensor> Joined(const Tensor& letters, std::vector<int32_t> axes, bool keep = false) {
  Builder g;
  Output y = ops::ReduceJoin(g.Constant(letters), axes, {.keep_dims = keep});
  return Session(g).Run(y);
}

TEST(ReduceJoin, TheFirstAxisRunsFastest) {
  const Tensor letters = Letters();
  EXPECT_EQ(Joined(letters, {0, 1}).value().ToString(), "\"acbd\"");
  EXPECT_EQ(Joined(letters, {-1, -2}).value().ToString(), "\"abcd\"");
  EXPECT_EQ(Joined(letters, {1}, true).value().ToString(), "[[\"ab\"], [\"cd\"]]");
  EXPECT_FALSE(Joined(letters, {0, -2}).ok());
  EXPECT_FALSE(Joined(letters, {2}).ok());
}

TEST(ReduceJoin, RefusesWhatNoMemoryHolds) {
  Builder g;
  Output x = ops::Placeholder(g, kString, {None});
  Output y = ops::ReduceJoin(x, {0}, {.separator = std::string(1 << 20, '-')});
  EXPECT_FALSE(Session(g).Run(y, {{x, Tensor::Zeros(kString, {1 << 12})}}).ok());
}

TEST(UnsortedSegmentJoin, RefusesIdsWithoutASegment) {
  auto run = [](std::vector<int32_t> ids, int32_t segments) {
    Builder g;
    Output x = ops::Placeholder(g, kString, {2}), i = ops::Placeholder(g, kInt32, {None}),
           n = ops::Placeholder(g, kInt32, {});
    Output y = ops::UnsortedSegmentJoin(x, i, n, "-");
    const Tensor texts = Tensor::Vector(std::vector<std::string>{"a", "b"});
    return Session(g).Run(y, {{x, texts}, {i, Tensor::Vector(ids)}, {n, Tensor(segments)}});
  };
  EXPECT_EQ(run({1, 1}, 2).value().ToString(), "[\"\", \"a-b\"]");
  for (const std::vector<int32_t>& bad : {std::vector<int32_t>{0, -1}, {0, 2}, {0}}) EXPECT_FALSE(run(bad, 2).ok());
  EXPECT_FALSE(run({0, 0}, -1).ok());
}

}  // namespace
}  // namespace weir::testing
