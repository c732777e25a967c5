// Rows of Substr, StringLength and StringStrip, and what they refuse.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/string/string.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> TextPartRows() {
  const Tensor texts = Tensor::Vector(std::vector<std::string>{" hello\t", "w\u00e4r"});
  return {
      {"Substr", {texts, Elements({}, {1}), Elements({}, {2})}},
      {"Substr", {texts, Longs({-2, 1}), Longs({1, -1})}},
      {"Substr", {texts, IntMatrix({2, 1}, {-2, 1}), IntMatrix({2, 1}, {1, 9})}, {{"unit", "UTF8_CHAR"}}},
      {"Substr", {Tensor::Zeros(kString, {0}), Int(0), Int(1)}},
      {"StringLength", {texts}},
      {"StringLength", {texts}, {{"unit", "UTF8_CHAR"}}},
      {"StringLength", {Tensor::Zeros(kString, {0})}},
      {"StringStrip", {texts}},
      {"StringStrip", {Tensor::Zeros(kString, {0})}},
  };
}

namespace {

std::string Part(const std::string& text, int64_t pos, int64_t len, const std::string& unit) {
  Builder g;
  Output x = ops::Placeholder(g, kString, {}), p = ops::Placeholder(g, kInt64, {}),
         n = ops::Placeholder(g, kInt64, {});
  Output y = ops::Substr(x, p, n, unit);
  Result<Tensor> part = Session(g).Run(y, {{x, Tensor(text)}, {p, Tensor(pos)}, {n, Tensor(len)}});
  return part.ok() ? *part->data<std::string>() : "refused";
}

// What TensorFlow 2.21 gives.
TEST(Substr, CountsFromEitherEnd) {
  EXPECT_EQ(Part("hello", -2, 9, "BYTE"), "lo");
  EXPECT_EQ(Part("hello", 2, -1, "BYTE"), "llo");
  EXPECT_EQ(Part("hello", 5, 1, "BYTE"), "");
  EXPECT_EQ(Part("a\u00e9\u6f22z", -3, 2, "UTF8_CHAR"), "\u00e9\u6f22");
  EXPECT_EQ(Part("a\u00e9\u6f22z", 2, INT64_MAX, "UTF8_CHAR"), "\u6f22z");
  EXPECT_EQ(Part("\x80\x80" "a\xff\xc3", 0, 1, "UTF8_CHAR"), "\x80\x80");
  EXPECT_EQ(Part("hello", 2, -1, "UTF8_CHAR"), "");
}

TEST(Substr, RefusesPositionsOutside) {
  for (int64_t pos : {int64_t{6}, int64_t{-6}, INT64_MAX, INT64_MIN}) {
    EXPECT_EQ(Part("hello", pos, 1, "BYTE"), "refused");
    EXPECT_EQ(Part("hello", pos, 1, "UTF8_CHAR"), "refused");
  }
  EXPECT_EQ(Part("hello", -1, -1, "UTF8_CHAR"), "refused");
}

}  // namespace
}  // namespace weir::testing
