// Rows of UnicodeTranscode, and what it makes of what is no text.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/string/string.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> UnicodeRows() {
  const Tensor texts = Tensor::Vector(std::vector<std::string>{"", "a\xc3\xa4", "\xf0\x9f\x98\x80\xff"});
  const AttrMap wide = {{"input_encoding", "UTF-8"}, {"output_encoding", "UTF-16-BE"}};
  return {
      {"UnicodeTranscode", {texts}, wide},
      {"UnicodeTranscode", {texts}, {{"input_encoding", "latin1"}, {"output_encoding", "UTF-32-BE"}}},
      {"UnicodeTranscode", {Tensor::Zeros(kString, {0})}, wide},
  };
}

namespace {

Result<std::string> Transcoded(const std::string& text, const std::string& encoding,
                               const ops::UnicodeTranscodeOptions& o = {}) {
  Builder g;
  Output x = ops::Placeholder(g, kString, PartialShape::Scalar());
  Output y = ops::UnicodeTranscode(x, encoding, o);
  WEIR_ASSIGN_OR_RETURN(Tensor t, Session(g).Run(y, {{x, Tensor(text)}}));
  return t.scalar<std::string>();
}

std::string Read(const char* bytes, size_t size, const std::string& encoding) {
  return Transcoded(std::string(bytes, size), encoding).value();
}

// What TensorFlow 2.21 gives.
TEST(UnicodeTranscode, ReadsEncodings) {
  EXPECT_EQ(Read("\0a\xd8\x3d\xde\0", 6, "UTF-16-BE"), "a\U0001f600");
  EXPECT_EQ(Read("\xd8\x3d\0a\0", 5, "UTF-16-BE"), "\ufffda\ufffd");
  EXPECT_EQ(Read("\xd8\x3d\xde", 3, "UTF-16-BE"), "\ufffd");
  EXPECT_EQ(Read("\xfe\xff\0a", 4, "UTF-16"), "a");
  EXPECT_EQ(Read("\xff\xfe""a\0", 4, "utf16"), "a");
  EXPECT_EQ(Read("a\0", 2, "UTF-16-LE"), "a");
  EXPECT_EQ(Read("\xff\xfe""a\0", 4, "UTF-16-LE"), "\ufeffa");
  EXPECT_EQ(Read("\0\x11\0\0\0\0\xd8\0\0\1\xf6\0\0", 13, "UTF-32-BE"), "\ufffd\ufffd\U0001f600\ufffd");
  EXPECT_EQ(Read("a\xe4", 2, "US-ASCII"), "a\ufffd");
  EXPECT_EQ(Read("a\xe4\x80", 3, "ISO-8859-1"), "a\u00e4\u0080");
}

TEST(UnicodeTranscode, DealsWithErrors) {
  EXPECT_EQ(Transcoded("a\xff\1", "UTF-8", {.replacement_char = '?', .replace_control_characters = true}).value(),
            "a??");
  EXPECT_EQ(Transcoded("a\xff", "UTF-8", {.errors = "ignore"}).value(), "a");
  EXPECT_EQ(Transcoded("a\ufffd", "UTF-8", {.errors = "strict"}).value(), "a\ufffd");
  EXPECT_FALSE(Transcoded("a\xff", "UTF-8", {.errors = "strict"}).ok());
  EXPECT_FALSE(Transcoded("a", "UTF-8", {.replacement_char = 0x110000}).ok());
  EXPECT_FALSE(Transcoded("a", "shift_jis").ok());
}

}  // namespace
}  // namespace weir::testing
