// Rows of SparseToDense, and what it refuses.
#include <gtest/gtest.h>

#include "weir/ops/gather/gather.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> SparseToDenseRows() {
  return {
      {"SparseToDense", {IntMatrix({2, 2}, {0, 1, 1, 2}), Ints({2, 3}), {2}, {}}},
      {"SparseToDense", {Longs({1, 3}), Longs({5}), {2}, {}}},
      {"SparseToDense", {Longs({1, 3}), Longs({5}), {}, {}}},
      {"SparseToDense", {IntMatrix({0, 2}, {}), Ints({2, 3}), {0}, {}}},
      {"SparseToDense", {Int(2), Ints({4}), {}, {}}, {{"validate_indices", false}}},
  };
}

namespace {

Result<Tensor> Dense(std::vector<int32_t> indices, bool validate) {
  Builder g;
  Output y = ops::SparseToDense(g.Constant(Tensor(indices)), {4}, {5, 6}, -1, {.validate_indices = validate});
  return Session(g).Run(y);
}

TEST(SparseToDense, LooksAtTheOrder) {
  EXPECT_EQ(Dense({1, 3}, true).value().ToVector<int32_t>(), std::vector<int32_t>({-1, 5, -1, 6}));
  EXPECT_EQ(Dense({3, 1}, false).value().ToVector<int32_t>(), std::vector<int32_t>({-1, 6, -1, 5}));
  EXPECT_EQ(Dense({1, 1}, false).value().ToVector<int32_t>(), std::vector<int32_t>({-1, 6, -1, -1}));
  for (const std::vector<int32_t>& bad : {std::vector<int32_t>{3, 1}, {1, 1}, {1, 4}, {-1, 2}})
    EXPECT_FALSE(Dense(bad, true).ok());
  EXPECT_FALSE(Dense({1, 4}, false).ok());
}

}  // namespace
}  // namespace weir::testing
