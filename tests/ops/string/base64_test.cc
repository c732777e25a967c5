// Rows of EncodeBase64 and DecodeBase64, and what the latter refuses.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/string/string.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> Base64Rows() {
  return {
      {"EncodeBase64", {Tensor::Vector(std::vector<std::string>{"", "a", "\xff\xfe\xfd"})}, {{"pad", true}}},
      {"EncodeBase64", {Tensor::Zeros(kString, {0})}},
      {"DecodeBase64", {Tensor::Vector(std::vector<std::string>{"", "YQ==", "YWI", "__79"})}},
      {"DecodeBase64", {Tensor::Zeros(kString, {0})}},
  };
}

namespace {

// What TensorFlow 2.21 takes and refuses.
TEST(DecodeBase64, TakesPaddingOnlyAtTheEndOfFours) {
  Builder g;
  Output x = ops::Placeholder(g, kString, {}), y = ops::DecodeBase64(x);
  Session session(g);
  for (const char* text : {"YQ", "YQ==", "YR", "YZ"}) {
    EXPECT_EQ(session.Run(y, {{x, Tensor(text)}}).value().ToString(), "\"a\"") << text;
  }
  for (const char* text : {"Y", "YQ=", "YQ===", "YQ=A", "=", "====", "Y===", "Y+/A", "YWJjYQ==YWJj", "Y\n"}) {
    EXPECT_FALSE(session.Run(y, {{x, Tensor(text)}}).ok()) << text;
  }
}

}  // namespace
}  // namespace weir::testing
