// Programs: their print read back, what Parse refuses, what Check refuses.
#include "weir/graph/base/program.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "weir/graph/base/attr.h"

namespace weir {
namespace {

Program Sound() {
  return {.inputs = {kBool, kFloat},
          .instructions = {{.op = "LeakyRelu", .type = kFloat, .operands = {Program::Input(1)}, .param = 0.2f},
                           {.op = "SelectV2",
                            .type = kFloat,
                            .operands = {Program::Input(0), Program::ResultOf(0), Program::Input(1)}},
                           {.op = "Cast", .type = kInt64, .operands = {Program::ResultOf(1)}}},
          .outputs = {2, 0}};
}

TEST(Program, Prints) {
  EXPECT_EQ(Sound().ToString(),
            "i0 bool, i1 f32; r0 f32 = LeakyRelu(0.2) i1; r1 f32 = SelectV2 i0 r0 i1; r2 i64 = Cast r1; return r2 r0");
  EXPECT_EQ(Program().ToString(), "; return");
}

void ExpectRoundTrip(const Program& p) {
  auto read = Program::Parse(p.ToString());
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  EXPECT_EQ(*read, p) << p.ToString();
  EXPECT_EQ(read->ToString(), p.ToString());
}

TEST(Program, ReadsItsPrint) {
  ExpectRoundTrip(Sound());
  ExpectRoundTrip(Program());
  ExpectRoundTrip({.inputs = {kHalf}, .instructions = {}, .outputs = {}});
  ExpectRoundTrip({.inputs = {}, .instructions = {{.op = "Nothing", .type = kUint8}}, .outputs = {0}});
  using Limits = std::numeric_limits<float>;
  for (float param : {0.0f, -0.0f, 1e-45f, -1.0f / 3, 16777217.0f, Limits::max(), Limits::infinity(),
                      -Limits::infinity(), Limits::quiet_NaN()}) {
    Program p = Sound();
    p.instructions[0].param = param;
    ExpectRoundTrip(p);
    EXPECT_EQ(std::signbit(Program::Parse(p.ToString())->instructions[0].param), std::signbit(param));
  }
  for (DType t : {kFloat, kDouble, kHalf, kBfloat16, kInt8, kInt16, kInt32, kInt64, kUint8, kUint16, kUint32, kUint64,
                  kBool}) {
    ExpectRoundTrip({.inputs = {t}, .instructions = {{"Square", t, {Program::Input(0)}}}, .outputs = {0}});
  }
}

TEST(Program, IsAValueOfItsOwnKind) {
  const AttrValue v = Sound();
  EXPECT_EQ(v.KindName(), "program");
  EXPECT_EQ(v, AttrValue(Sound()));
  Program other = Sound();
  other.instructions[1].operands[2] = Program::Input(0);
  EXPECT_FALSE(v == AttrValue(other));
  EXPECT_FALSE(v == AttrValue(Sound().ToString()));
}

TEST(Program, WhatIsNoPrintIsRefused) {
  const struct {
    const char *text, *error;
  } cases[] = {
      {"", "'i0 ' was expected at its end"},
      {"i0 f32", "', i1 ' was expected at its end"},
      {"i1 f32; return", "'i0 ' was expected at 'i1 f32; return'"},
      {"i0 f33; return", "a dtype was expected at 'f33; return'"},
      {"i0 f32; r1 f32 = Neg i0; return r1", "'r0 ' was expected at 'r1 f32 = Neg i0; return r1'"},
      {"i0 f32; r0 f32 Neg i0; return r0", "' = ' was expected at ' Neg i0; return r0'"},
      {"i0 f32; r0 f32 = Neg x0; return r0", "' r' was expected at ' x0; return r0'"},
      {"i0 f32; r0 f32 = Neg i-1; return r0", "a number was expected at '-1; return r0'"},
      {"i0 f32; r0 f32 = Neg i99999999999; return r0", "a number was expected at '99999999999; return r0'"},
      {"i0 f32; r0 f32 = Neg i0", "' r' was expected at its end"},
      {"i0 f32; r0 f32 = LeakyRelu(x) i0; return r0", "a number was expected at 'x) i0; return r0'"},
      {"i0 f32; r0 f32 = LeakyRelu(1e99) i0; return r0", "a number was expected at '1e99) i0; return r0'"},
      {"i0 f32; r0 f32 = LeakyRelu(0.5 i0; return r0", "')' was expected at ' i0; return r0'"},
      {"i0 f32; return i0", "' r' was expected at ' i0'"},
      {"i0 f32; return r0 and more", "' r' was expected at ' and more'"},
  };
  for (const auto& c : cases) {
    auto p = Program::Parse(c.text);
    ASSERT_FALSE(p.ok()) << c.text;
    EXPECT_EQ(p.status().message(), std::string("has a malformed program: ") + c.error);
  }
}

TEST(Program, CheckTellsEveryError) {
  EXPECT_TRUE(Sound().Check().ok());
  auto error = [](const char* text) { return Program::Parse(text).value().Check().message(); };
  EXPECT_EQ(error("i0 f32, i1 str; r0 f32 = Neg i0; return r0"), "has a program with an input 1 of string");
  EXPECT_EQ(error("i0 complex128; r0 f32 = Abs i0; return r0"), "has a program with an input 0 of complex128");
  EXPECT_EQ(error("i0 f32; r0 f32 =  i0; return r0"), "has a program whose instruction 'r0 f32 =  i0' names no op");
  EXPECT_EQ(error("i0 f32; r0 str = AsString i0; return r0"),
            "has a program whose instruction 'r0 str = AsString i0' gives no real number and no bool");
  EXPECT_EQ(error("i0 f32; r0 f32 = Add i0 i1; return r0"),
            "has a program whose instruction 'r0 f32 = Add i0 i1' reads i1, which is no input");
  EXPECT_EQ(error("i0 f32; r0 f32 = Neg i0; r1 f32 = Neg r1; return r0"),
            "has a program whose instruction 'r1 f32 = Neg r1' reads r1, which is no earlier result");
  EXPECT_EQ(error("i0 f32; r0 f32 = Neg i0; return"), "has a program without outputs");
  EXPECT_EQ(error("; return"), "has a program without outputs");
  EXPECT_EQ(error("i0 f32; r0 f32 = Neg i0; return r1"), "has a program that returns r1, which no instruction gives");
  EXPECT_EQ(error("i0 f32; r0 f32 = Neg i0; return r0 r0"), "has a program that returns r0 twice");

  Program p = Sound();
  p.instructions[0].operands[0].number = -1;
  EXPECT_FALSE(p.Check().ok());
  p = Sound();
  p.outputs[0] = -1;
  EXPECT_FALSE(p.Check().ok());
  p = Sound();
  p.instructions[0].op = "Leaky; return";
  EXPECT_FALSE(p.Check().ok());
}

TEST(Program, CheckTypesHoldsItToANode) {
  using List = std::vector<DType>;
  auto error = [](const List& in, const List& out) { return Sound().CheckTypes(in, out).message(); };
  EXPECT_EQ(error({kBool, kFloat}, {kInt64, kFloat}), "");
  EXPECT_EQ(error({kBool}, {kInt64, kFloat}), "has 1 inputs, but a program of 2");
  EXPECT_EQ(error({kBool, kDouble}, {kInt64, kFloat}), "has input 1 of double, but a program where it is float");
  EXPECT_EQ(error({kBool, kFloat}, {kInt64}), "has 1 outputs, but a program of 2");
  EXPECT_EQ(error({kBool, kFloat}, {kInt32, kFloat}), "has output 0 of int32, but a program where it is int64");
  EXPECT_EQ(Program().CheckTypes({}, {}).message(), "has a program without outputs");
}

}  // namespace
}  // namespace weir
