// Rows of Bitcast.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> BitcastRows() {
  std::vector<OpRow> rows = {
      OfType(kFloat, {"Bitcast", {{2, 3}}, {{"type", kInt32}}}),
      OfType(kFloat, {"Bitcast", {{2, 3}}, {{"type", kHalf}}}),
      OfType(kComplex128, {"Bitcast", {{2}}, {{"type", kUint8}}}),
      OfType(kUint8, {"Bitcast", {{3, 4}}, {{"type", kFloat}}}),
      OfType(kInt8, {"Bitcast", {{2}}, {{"type", DType::kQint8}}}),
  };
  for (OpRow& r : rows) r.refuses_gradient = true;
  return rows;
}

namespace {

TEST(Bitcast, GivesTheBytes) {
  Builder g;
  Output x = g.Constant(Tensor(std::vector<float>{1, -2}));
  Output parts = ops::Bitcast(x, kUint16), whole = ops::Bitcast(ops::Bitcast(x, kUint8), kInt32);
  std::vector<Tensor> got = Session(g).Run(std::vector<Output>{parts, whole}).value();
  EXPECT_EQ(got[0].shape(), Shape({2, 2}));
  EXPECT_EQ(std::vector<uint16_t>(got[0].data<uint16_t>(), got[0].data<uint16_t>() + 4),
            std::vector<uint16_t>({0, 0x3f80, 0, 0xc000}));
  EXPECT_EQ(got[1].ToVector<int32_t>(), std::vector<int32_t>({0x3f800000, int32_t(0xc0000000)}));
}

TEST(Bitcast, OfPartsThatLieAnyhow) {
  Builder g;
  Output bytes = g.Constant(Tensor(std::vector<uint8_t>{9, 1, 0, 0, 0, 2, 0, 0, 0}));
  Output rows = ops::Reshape(ops::Slice(bytes, {1}, {8}), {2, 4});
  Output y = ops::Bitcast(rows, kInt32);
  EXPECT_EQ(Session(g).Run(y).value().ToVector<int32_t>(), std::vector<int32_t>({1, 2}));
}

}  // namespace
}  // namespace weir::testing
