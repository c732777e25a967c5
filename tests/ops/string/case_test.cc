// Rows of StringLower and StringUpper, and what Unicode says of single characters.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/string/string.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> CaseRows() {
  const Tensor texts = Tensor::Vector(std::vector<std::string>{"", "A Word", "\xc3\x84\xff"});
  std::vector<OpRow> rows;
  for (const char* op : {"StringLower", "StringUpper"}) {
    rows.push_back({op, {texts}});
    rows.push_back({op, {texts}, {{"encoding", "utf-8"}}});
    rows.push_back({op, {Tensor::Zeros(kString, {0})}});
  }
  return rows;
}

namespace {

std::string InCase(bool lower, const std::string& text) {
  Builder g;
  Output x = ops::Placeholder(g, kString, PartialShape::Scalar());
  Output y = lower ? ops::StringLower(x, "utf-8") : ops::StringUpper(x, "utf-8");
  return Session(g).Run(y, {{x, Tensor(text)}}).value().scalar<std::string>();
}

// What TensorFlow 2.21 gives.
TEST(StringCase, FollowsUnicode) {
  EXPECT_EQ(InCase(false, "stra\u00dfe \u0149 \ufb01 \u0390"), "STRASSE \u02bcN FI \u0399\u0308\u0301");
  EXPECT_EQ(InCase(true, "\u0130\u00c4\u1e9e\U00010400"), "i\u0307\u00e4\u00df\U00010428");
  EXPECT_EQ(InCase(true, "\u0391\u03a3 \u0391\u03a3\u0391 \u03a3"), "\u03b1\u03c2 \u03b1\u03c3\u03b1 \u03c3");
  EXPECT_EQ(InCase(true, "A\u03a3.b A\u03a3."), "a\u03c3.b a\u03c2.");  // the point is passed over
}

TEST(StringCase, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(InCase(false, "\xff""a"), "\ufffdA");
  EXPECT_EQ(InCase(false, "\xe4\xb8""a"), "\ufffdA");
  EXPECT_EQ(InCase(false, "\xc0\x80"), "\ufffd\ufffd");
  EXPECT_EQ(InCase(false, "\xed\xa0\x80"), "\ufffd\ufffd\ufffd");
  EXPECT_EQ(InCase(false, "\xf4\x90\x80\x80"), "\ufffd\ufffd\ufffd\ufffd");
  EXPECT_EQ(InCase(false, "\xf0\x9f\x98"), "\ufffd");
}

TEST(StringCase, RefusesOtherEncodings) {
  Builder g;
  ops::StringLower(g.Constant(Tensor("a")), "latin-1");
  EXPECT_FALSE(g.status().ok());
}

}  // namespace
}  // namespace weir::testing
