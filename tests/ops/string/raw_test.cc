// Rows of DecodeRaw, the bytes in either order, and what it refuses.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/string/string.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> RawRows() {
  return {
      DataTellsShape(Swept("out_type", {"DecodeRaw", {Tensor::Vector(std::vector<std::string>{"", ""})}})),
      DataTellsShape({"DecodeRaw", {Tensor::Vector(std::vector<std::string>{"abcd", "efgh"})},
                      {{"out_type", kInt16}, {"little_endian", false}}}),
      DataTellsShape({"DecodeRaw", {Tensor::Zeros(kString, {0})}, {{"out_type", kFloat}}}),
  };
}

namespace {

Result<Tensor> Decoded(const std::vector<std::string>& texts, DType type, bool little_endian = true) {
  Builder g;
  Output x = ops::Placeholder(g, kString, {None}), y = ops::DecodeRaw(x, type, little_endian);
  return Session(g).Run(y, {{x, Tensor::Vector(texts)}});
}

TEST(DecodeRaw, ReadsEitherOrder) {
  const std::string one("\0\0\x80\x3f", 4), swapped("\x3f\x80\0\0", 4);
  EXPECT_EQ(Decoded({one, one}, kFloat).value().ToString(), "[[1], [1]]");
  EXPECT_EQ(Decoded({swapped}, kFloat, false).value().ToString(), "[[1]]");
  EXPECT_EQ(Decoded({swapped + one}, kComplex64, false).value().shape(), Shape({1, 1}));
  EXPECT_EQ(Decoded({std::string("\0a", 2)}, kBool).value().ToString(), "[[false, true]]");
}

TEST(DecodeRaw, RefusesOtherLengths) {
  EXPECT_FALSE(Decoded({"abcd", "ab"}, kInt16).ok());
  EXPECT_FALSE(Decoded({"abc"}, kInt16).ok());
}

}  // namespace
}  // namespace weir::testing
