// Rows of SparseAdd and its gradient, and what it refuses.
#include <gtest/gtest.h>

#include "weir/ops/math/math.h"
#include "weir/ops/sparse/sparse.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

namespace {

const Tensor kAt = Tensor::Of<int64_t>({3, 2}, {0, 0, 0, 2, 1, 1}), kOther = Tensor::Of<int64_t>({2, 2}, {0, 2, 1, 0});

}  // namespace

std::vector<OpRow> SparseSumRows() {
  const In shape = Longs({2, 3}), none = In(Tensor::Zeros(kInt64, {0, 2}));
  In thresh = Elements({}, {0});
  thresh.through = [](const Output& x) { return ops::Abs(x); };  // of complex numbers the dtype of their sizes
  const In some = Elements({3}, {1, -2, 3});
  return {
      DataTellsShape({"SparseAdd", {kAt, {3}, shape, kOther, {2}, shape, thresh}}),
      DataTellsShape({"SparseAdd", {none, {0}, shape, none, {0}, shape, thresh}}),
      DataTellsShape(OfType(kInt32, {"SparseAdd", {kAt, some, shape, kOther, {2}, shape, Int(3)}})),
      {"SparseAddGrad", {{4}, kAt, kOther, In(Tensor::Of<int64_t>({4, 2}, {0, 0, 0, 2, 1, 0, 1, 1}))}},
      {"SparseAddGrad", {{0}, none, none, none}},
      {"SparseAddGrad", {{1}, kAt, kOther, In(Tensor::Of<int64_t>({1, 2}, {0, 2}))}},
  };
}

namespace {

TEST(SparseAdd, LeavesOutWhatIsSmall) {
  Builder g;
  const Output shape = g.Constant(Tensor::Vector(std::vector<int64_t>{2, 3}));
  const ops::SparseParts a{g.Constant(kAt), g.Constant(Tensor::Vector(std::vector<float>{1, 2, 3})), shape};
  const ops::SparseParts b{g.Constant(kOther), g.Constant(Tensor::Vector(std::vector<float>{-2, -4})), shape};
  auto sum = [&](float thresh) {
    const Output values = ops::SparseAdd(a, b, thresh).values;
    return Session(g).Run(values).value().ToString();
  };
  EXPECT_EQ(sum(0), "[1, 0, -4, 3]");
  EXPECT_EQ(sum(3), "[1, -4, 3]");
  const ops::SparseParts other{b.indices, b.values, g.Constant(Tensor::Vector(std::vector<int64_t>{2, 4}))};
  EXPECT_FALSE(ops::SparseAdd(a, other).values.valid());
}

}  // namespace
}  // namespace weir::testing
