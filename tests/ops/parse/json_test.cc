// Rows of DecodeJSONExample, what it gives, and what it refuses.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/parse/parse.h"
#include "weir/runtime/io/example.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

namespace {

constexpr char kJson[] =
    R"({"features":{"feature":{"b":{"floatList":{"value":[1.5,"NaN"]}},"a":{"int64List":{"value":["1",2]}},)"
    R"("c":{"bytesList":{"value":["YWI="]}}}}})";

}  // namespace

std::vector<OpRow> JsonRows() {
  const std::vector<std::string> texts = {kJson, "{}"};
  return {
      {"DecodeJSONExample", {Tensor::Vector(texts)}},
      {"DecodeJSONExample", {Tensor(std::string(kJson))}},
      {"DecodeJSONExample", {Tensor::Zeros(kString, {0, 2})}},
  };
}

namespace {

Result<std::string> Decoded(const std::string& json) {
  Builder g;
  Output x = ops::Placeholder(g, kString, PartialShape::Scalar());
  Output y = ops::DecodeJSONExample(x);
  WEIR_ASSIGN_OR_RETURN(const Tensor t, Session(g).Run(y, {{x, Tensor(json)}}));
  return t.scalar<std::string>();
}

// The bytes that TensorFlow 2.21 gives: features in the text's order, numbers one by one.
TEST(DecodeJSONExample, GivesTheMessage) {
  const std::string two =
      R"({"features":{"feature":{"b":{"floatList":{"value":[1.5]}},"a":{"int64List":{"value":1}}}}})";
  const std::string b("\n\x0c\n\x01" "b\x12\x07\x12\x05\x0d\x00\x00\xc0\x3f", 14);
  EXPECT_EQ(Decoded(two).value(), "\n\x19" + b + "\n\x09\n\x01" "a\x12\x04\x1a\x02\x08\x01");
  const Example e = Example::Parse(Decoded(kJson).value()).value();
  EXPECT_EQ(std::get<std::vector<int64_t>>(e.features.at("a")), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(std::get<std::vector<std::string>>(e.features.at("c")), (std::vector<std::string>{"ab"}));
  EXPECT_EQ(Decoded("{features:{}}").value(), std::string("\n\0", 2));
}

TEST(DecodeJSONExample, RefusesOtherTexts) {
  for (const char* bad : {"", "[]", "null", "{\"x\":1}", "{} x", "{\"features\":{\"feature\":{\"a\":{},\"a\":{}}}}",
                          "{\"features\":{\"feature\":{\"a\":{\"int64List\":{\"value\":[1.5]}}}}}",
                          "{\"features\":{\"feature\":{\"a\":{\"bytesList\":{\"value\":[\"%%\"]}}}}}"}) {
    const auto got = Decoded(bad);
    EXPECT_NE(got.status().ToString().find("no Example in JSON"), std::string::npos) << bad;
  }
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "{\"features\":";
  EXPECT_FALSE(Decoded(deep).ok());
}

}  // namespace
}  // namespace weir::testing
