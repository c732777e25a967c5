// Rows of ops on bits.
#include <gtest/gtest.h>

#include "weir/ops/math/math.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> BitRows() {
  std::vector<OpRow> rows = {{"Invert", {In({2, 3}, 0, 9)}}};
  // Of one dtype: what a number's bits are depends on it.
  rows.push_back(OfType(kInt16, {"PopulationCount", {In({2, 3}, -9, 9)}}));
  rows.push_back({"PopulationCount", {In({2, 3}, 0, 9)}});
  for (const char* op : {"BitwiseAnd", "BitwiseOr", "BitwiseXor", "LeftShift", "RightShift"}) {
    rows.push_back({op, {In({2, 3}, 0, 9), In({3}, 0, 3)}});
    rows.push_back(OfType(kInt32, {op, {In({4, 3}, -99, 99), In({4, 1}, -9, 40)}}));
  }
  return rows;
}

namespace {

template <class T>
std::vector<T> Shifted(const char* op, std::vector<T> x, std::vector<T> by) {
  Builder g;
  Output y = Make(op, {g.Constant(Tensor(x)), Tensor(by)});
  return Session(g).Run(y).value().ToVector<T>();
}

TEST(Bits, ShiftsBeyondTheNumber) {
  const std::vector<int8_t> x = {1, 100, -5, 7, 3}, by = {3, 9, 1, 64, -1};
  EXPECT_EQ(Shifted("LeftShift", x, by), std::vector<int8_t>({8, 0, -10, -128, 3}));
  EXPECT_EQ(Shifted("RightShift", x, by), std::vector<int8_t>({0, 0, -3, 0, 3}));
  EXPECT_EQ(Shifted<uint16_t>("LeftShift", {3, 1}, {65535, 15}), std::vector<uint16_t>({32768, 32768}));
}

}  // namespace
}  // namespace weir::testing
