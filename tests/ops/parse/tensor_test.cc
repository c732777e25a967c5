// Rows of ParseTensor and SerializeTensor, and what they refuse.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/parse/parse.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

namespace {

// TensorProto messages.
const std::string kOneAndAHalf("\x08\x01\x12\x00\x22\x04\x00\x00\xc0\x3f", 10);
const std::string kThreeOnes("\x08\x01\x12\x04\x12\x02\x08\x03\x2a\x04\x00\x00\x80\x3f", 14);

In Message(const std::string& bytes) { return Tensor(bytes); }

}  // namespace

std::vector<OpRow> TensorMessageRows() {
  return {
      DataTellsShape({"ParseTensor", {Message(kOneAndAHalf)}, {{"out_type", kFloat}}}),
      DataTellsShape({"ParseTensor", {Message(std::string("\x08\x01\x12\x04\x12\x02\x08\x00", 8))},
                      {{"out_type", kFloat}}}),
      {"SerializeTensor", {{2, 3}}},
      {"SerializeTensor", {Tensor::Vector(std::vector<std::string>{"a", "", "b"})}, {{"T", kString}}},
  };
}

namespace {

Result<Tensor> Parsed(const std::string& bytes, DType type) {
  Builder g;
  Output x = ops::Placeholder(g, kString, PartialShape::Scalar());
  Output y = ops::ParseTensor(x, type);
  return Session(g).Run(y, {{x, Tensor(bytes)}});
}

TEST(ParseTensor, ReadsEitherForm) {
  EXPECT_EQ(Parsed(kOneAndAHalf, kFloat).value().ToString(), "1.5");
  EXPECT_EQ(Parsed(kThreeOnes, kFloat).value().ToString(), "[1, 1, 1]");
}

TEST(ParseTensor, GivesWhatWasSerialized) {
  for (DType t : ListedDTypes("SerializeTensor", "T")) {
    for (const In& in : {In({2, 3}), In({}), In({0, 3})}) {
      const Tensor value = ValuesOf({"SerializeTensor", {in}}, t)[0];
      Builder g;
      Output y = ops::ParseTensor(ops::SerializeTensor(g.Constant(value)), t);
      EXPECT_TRUE(Session(g).Run(y).value().Identical(value)) << DTypeName(t);
    }
  }
}

TEST(ParseTensor, RefusesWhatIsNoTensor) {
  EXPECT_NE(Parsed(kThreeOnes, kInt32).status().ToString().find("has one of float"), std::string::npos);
  EXPECT_NE(Parsed("\x0f", kFloat).status().ToString().find("no TensorProto"), std::string::npos);
  EXPECT_FALSE(Parsed("", kFloat).ok());
  EXPECT_FALSE(Parsed(kOneAndAHalf.substr(0, 9), kFloat).ok());
  // 2^40 ones, which no budget has.
  const std::string large("\x08\x01\x12\x09\x12\x07\x08\x80\x80\x80\x80\x80\x20\x2a\x04\x00\x00\x80\x3f", 19);
  EXPECT_FALSE(Parsed(large, kFloat).ok());
  // A resource.
  EXPECT_FALSE(Parsed(std::string("\x08\x14\x12\x00", 4), kFloat).ok());
}

}  // namespace
}  // namespace weir::testing
