// Rows of SparseReorder and SparseReshape, and what the latter refuses.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/sparse/sparse.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> SparseOrderRows() {
  const Tensor at = Tensor::Vector(std::vector<int64_t>{1, 2, 0, 1, 1, 0}).Reshaped(Shape({3, 2})).value();
  return {
      {"SparseReorder", {at, {3}, Longs({2, 3})}},
      {"SparseReorder", {Tensor::Zeros(kInt64, {0, 2}), {0}, Longs({2, 3})}},
      {"SparseReshape", {at, Longs({2, 3}), Longs({3, -1})}},
      {"SparseReshape", {at, Longs({2, 3}), Longs({2, 3})}},
      {"SparseReshape", {Tensor::Zeros(kInt64, {0, 2}), Longs({0, 3}), Longs({-1, 4})}},
  };
}

namespace {

TEST(SparseReorder, KeepsTheOrderOfWhatHasOnePosition) {
  Builder g;
  Output at = ops::Placeholder(g, kInt64, {None, 1}), v = ops::Placeholder(g, kString, {None});
  ops::SparseParts y = ops::SparseReorder({at, v, g.Constant(Tensor::Vector(std::vector<int64_t>{9}))});
  const Tensor places = Tensor::Vector(std::vector<int64_t>{4, 2, 4, 2}).Reshaped(Shape({4, 1})).value();
  const Tensor values = Tensor::Vector(std::vector<std::string>{"a", "b", "c", "d"});
  EXPECT_EQ(Session(g).Run(y.values, {{at, places}, {v, values}}).value().ToString(),
            "[\"b\", \"d\", \"a\", \"c\"]");
}

std::string NewShape(std::vector<int64_t> from, std::vector<int64_t> to) {
  Builder g;
  const auto rank = static_cast<int64_t>(from.size());
  Output at = ops::Placeholder(g, kInt64, {None, rank}), shape = ops::Placeholder(g, kInt64, {rank}),
         sizes = ops::Placeholder(g, kInt64, {None});
  Output y = MakeAll("SparseReshape", {at, shape, sizes})[1];
  auto run = Session(g).Run(y, {{at, Tensor::Zeros(kInt64, {0, rank})}, {shape, Tensor::Vector(from)},
                                {sizes, Tensor::Vector(to)}});
  return run.ok() ? run->ToString() : "refused";
}

TEST(SparseReshape, FindsTheSizeThatIsLeft) {
  EXPECT_EQ(NewShape({2, 3}, {3, -1}), "[3, 2]");
  EXPECT_EQ(NewShape({0, 3}, {3, -1}), "[3, 0]");
  EXPECT_EQ(NewShape({2, 0}, {5, 0}), "[5, 0]");
  for (const std::vector<int64_t>& bad :
       {std::vector<int64_t>{4, -1}, {-1, -1}, {-2, -3}, {7}, {0, -1}, {INT64_MAX, INT64_MAX}}) {
    EXPECT_EQ(NewShape({2, 3}, bad), "refused");
  }
  EXPECT_EQ(NewShape({0, 3}, {0, -1}), "refused");
}

}  // namespace
}  // namespace weir::testing
