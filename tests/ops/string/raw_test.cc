// Rows of DecodeRaw and DecodePaddedRaw, the bytes in either order, and what they refuse.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/string/string.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> RawRows() {
  std::vector<OpRow> rows = {
      DataTellsShape(Swept("out_type", {"DecodeRaw", {Tensor::Vector(std::vector<std::string>{"", ""})}})),
      DataTellsShape({"DecodeRaw", {Tensor::Vector(std::vector<std::string>{"abcd", "efgh"})},
                      {{"out_type", kInt16}, {"little_endian", false}}}),
      DataTellsShape({"DecodeRaw", {Tensor::Zeros(kString, {0})}, {{"out_type", kFloat}}}),
      {"DecodePaddedRaw", {Tensor::Vector(std::vector<std::string>{"abcde", "ab", "a"}), Int(4)},
       {{"out_type", kInt16}, {"little_endian", false}}},
      {"DecodePaddedRaw", {Tensor::Zeros(kString, {0}), Int(4)}, {{"out_type", kFloat}}},
  };
  const Tensor bytes = Tensor::Vector(std::vector<std::string>{"\1", "\2\3"});
  for (DType t : ListedDTypes("DecodePaddedRaw", "out_type"))
    rows.push_back({"DecodePaddedRaw", {bytes, Int(8)}, {{"out_type", t}}});
  return rows;
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

Result<Tensor> Padded(const std::string& text, int32_t length, bool little_endian = true) {
  Builder g;
  Output x = ops::Placeholder(g, kString, {None}), n = ops::Placeholder(g, kInt32, PartialShape::Scalar());
  Output y = ops::DecodePaddedRaw(x, n, kInt16, little_endian);
  return Session(g).Run(y, {{x, Tensor::Vector(std::vector<std::string>{text})}, {n, Tensor(length)}});
}

// What TensorFlow 2.21 gives.
TEST(DecodePaddedRaw, FillsUpAndCuts) {
  EXPECT_EQ(Padded("abc", 4).value().ToString(), "[[25185, 99]]");
  EXPECT_EQ(Padded("abcdefg", 4).value().ToString(), "[[25185, 25699]]");
  EXPECT_EQ(Padded("abc", 4, false).value().ToString(), "[[24930, 25344]]");
  for (int32_t bad : {0, -2, 3}) EXPECT_FALSE(Padded("abc", bad).ok());
}

TEST(DecodeRaw, RefusesOtherLengths) {
  EXPECT_FALSE(Decoded({"abcd", "ab"}, kInt16).ok());
  EXPECT_FALSE(Decoded({"abc"}, kInt16).ok());
}

}  // namespace
}  // namespace weir::testing
