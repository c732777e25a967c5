// Files that say more than Weir knows: attributes that an op does not have, functions whose bodies hold unknown ops.
#include <gtest/gtest.h>

#include "weir/graph/export.h"
#include "weir/graph/import.h"
#include "weir/graph/text/text.h"
#include "weir/graph/verify.h"
#include "weir/ops/registry.h"
#include "weir/session/session.h"

namespace weir {
namespace {

Graph Import(const std::string& text) { return ImportGraphDefText(text, &AllOps()).value(); }

const std::string kFloat32 = " attr {key: 'T' value {type: DT_FLOAT}}";
const std::string kInput = "node {name: 'x' op: 'Placeholder' attr {key: 'dtype' value {type: DT_FLOAT}}} ";

TEST(NewerProducers, AnUnknownAttributeIsKeptAndPassedOver) {
  Graph g = Import(kInput + "node {name: 'y' op: 'Relu' input: 'x'" + kFloat32 + " attr {key: 'foo' value {i: 3}}}");
  EXPECT_TRUE(Verify(g).ok()) << Verify(g).ToString();
  EXPECT_EQ(UnknownAttrs(g[g.Find("y")]), std::vector<std::string>{"foo"});
  Graph again = ImportGraphDef(ExportGraphDef(g).value(), &AllOps()).value();
  EXPECT_EQ(again[again.Find("y")].attr<int64_t>("foo"), 3);
  for (bool optimize : {true, false}) {
    Session session(g, {.optimize = optimize});
    auto y = session.Run({{"x", Tensor::Vector(std::vector<float>{-1, 2})}}, {"y"});
    ASSERT_TRUE(y.ok()) << y.status().ToString();
    EXPECT_EQ((*y)[0].ToString(), "[0, 2]");
  }
}

TEST(NewerProducers, AnUnknownAttributeOfANewNodeIsAMistake) {
  Builder b;
  b.Add("Relu", {b.Constant(Tensor(1.0f))}, {{"foo", 3}});
  EXPECT_NE(b.status().ToString().find("has no attribute 'foo'"), std::string::npos) << b.status().ToString();
}

TEST(NewerProducers, AKnownAttributeIsCheckedAsBefore) {
  Graph g = Import(
      kInput +
      "node {name: 'y' op: 'Relu' input: 'x' attr {key: 'T' value {type: DT_BOOL}} attr {key: 'foo' value {i: 3}}}");
  EXPECT_FALSE(Verify(g).ok());
}

// f(a) = (Mystery(a).second, a + a): only its first result needs the unknown op. g calls f.
const std::string kLibrary = R"(
library {
  function {
    signature {name: 'f' input_arg {name: 'a' type: DT_FLOAT} output_arg {name: 'p' type: DT_FLOAT}
          output_arg {name: 'q' type: DT_FLOAT}}
    node_def {name: 'm' op: 'Mystery' input: 'a' attr {key: 'depth' value {i: 2}}}
    node_def {name: 'n' op: 'Mystery' input: 'm:second:0' input: 'm:first:1'}
    node_def {name: 'r' op: 'Relu' input: 'n:second:0' attr {key: 'T' value {type: DT_FLOAT}}}
    node_def {name: 's' op: 'AddV2' input: 'a' input: 'a' attr {key: 'T' value {type: DT_FLOAT}}}
    ret {key: 'p' value: 'r:activations:0'}
    ret {key: 'q' value: 's:z:0'}
  }
  function {
    signature {name: 'g' input_arg {name: 'a' type: DT_FLOAT} output_arg {name: 'p' type: DT_FLOAT}
          output_arg {name: 'q' type: DT_FLOAT}}
    node_def {
      name: 'call' op: 'PartitionedCall' input: 'a'
      attr {key: 'f' value {func {name: 'f'}}} attr {key: 'Tin' value {list {type: DT_FLOAT}}}
      attr {key: 'Tout' value {list {type: DT_FLOAT type: DT_FLOAT}}}
    }
    ret {key: 'p' value: 'call:output:0'}
    ret {key: 'q' value: 'call:output:1'}
  }
}
)";

std::string CallOf(const std::string& f) {
  return kInput + "node {name: 'y' op: 'PartitionedCall' input: 'x' attr {key: 'f' value {func {name: '" + f +
         "'}}} attr {key: 'Tin' value {list {type: DT_FLOAT}}} attr {key: 'Tout' value {list {type: DT_FLOAT type: "
         "DT_FLOAT}}}}" +
         kLibrary;
}

TEST(NewerProducers, ABodyWithAnUnknownOpIsKept) {
  Graph g = Import(CallOf("f"));
  EXPECT_TRUE(Verify(g).ok()) << Verify(g).ToString();
  EXPECT_EQ(g.FindFunction("f")->body.num_nodes(), 7);
  Graph bytes = ImportGraphDef(ExportGraphDef(g).value(), &AllOps()).value();
  EXPECT_EQ(PrintGraph(bytes), PrintGraph(g));
  Graph text = ParseGraph(PrintGraph(g), &AllOps()).value();
  std::string exported = ExportGraphDefText(text).value();
  EXPECT_EQ(exported, ExportGraphDefText(g).value());
  EXPECT_NE(exported.find("\"m:second:0\""), std::string::npos) << exported;
  EXPECT_NE(exported.find("\"m:first:1\""), std::string::npos) << exported;
  EXPECT_EQ(exported.find("_weir"), std::string::npos) << exported;
}

TEST(NewerProducers, ARunFailsOnlyWhereItNeedsTheUnknownOp) {
  for (const char* f : {"f", "g"}) {
    Session session(Import(CallOf(f)));
    NamedFeeds feeds{{"x", Tensor(3.0f)}};
    auto q = session.Run(feeds, {"y:1"});
    ASSERT_TRUE(q.ok()) << q.status().ToString();
    EXPECT_EQ((*q)[0].ToString(), "6");
    Status s = session.Run(feeds, {"y"}).status();
    EXPECT_EQ(s.code(), Code::kUnimplemented);
    EXPECT_NE(s.ToString().find("Mystery"), std::string::npos) << s.ToString();
    EXPECT_NE(s.ToString().find("is an op that Weir does not have"), std::string::npos) << s.ToString();
    EXPECT_NE(s.ToString().find("made from 'y"), std::string::npos) << "names no call: " << s.ToString();
  }
}

TEST(NewerProducers, WhatACallGivesIsTypedThoughAnUnknownOpMadeIt) {
  Graph g = Import(CallOf("f") + "node {name: 'z' op: 'Relu' input: 'y'" + kFloat32 + "}");
  EXPECT_TRUE(Verify(g).ok());
  EXPECT_EQ(g.type({g.Find("y"), 0}).dtype, kFloat);
}

// An unknown op that the function's control results name has an effect, which a run of the call must not leave out.
TEST(NewerProducers, AnUnknownEffectIsNotLeftOut) {
  Graph g = Import(R"(
    node {name: 'y' op: 'StatefulPartitionedCall' attr {key: 'f' value {func {name: 'f'}}}
          attr {key: 'Tin' value {list {}}}
          attr {key: 'Tout' value {list {}}}}
    library {function {signature {name: 'f' is_stateful: true control_output: 'm'} node_def {name: 'm' op: 'Mystery'}
                       control_ret {key: 'm' value: 'm'}}})");
  Status s = Session(g).Run(NamedFeeds{}, {}, {"y"}).status();
  EXPECT_EQ(s.code(), Code::kUnimplemented) << s.ToString();
}

// In a branch it must not be left out either.
TEST(NewerProducers, AnUnknownEffectOfABranchIsNotLeftOut) {
  Graph g = Import(R"(
    node {name: 'c' op: 'Placeholder' attr {key: 'dtype' value {type: DT_BOOL}}}
    node {name: 'y' op: 'If' input: 'c' attr {key: 'Tcond' value {type: DT_BOOL}} attr {key: 'Tin' value {list {}}}
          attr {key: 'Tout' value {list {}}} attr {key: 'then_branch' value {func {name: 'f'}}}
          attr {key: 'else_branch' value {func {name: 'f'}}}}
    library {function {signature {name: 'f' is_stateful: true control_output: 'm'} node_def {name: 'm' op: 'Mystery'}
                       control_ret {key: 'm' value: 'm'}}})");
  Status s = Session(g).Run({{"c", Tensor(true)}}, {}, {"y"}).status();
  EXPECT_EQ(s.code(), Code::kUnimplemented) << s.ToString();
}

TEST(NewerProducers, ABranchThatIsNotTakenMayHoldAnUnknownOp) {
  Graph g = Import(kInput + R"(
    node {name: 'c' op: 'Placeholder' attr {key: 'dtype' value {type: DT_BOOL}}}
    node {name: 'y' op: 'If' input: 'c' input: 'x' attr {key: 'Tcond' value {type: DT_BOOL}}
          attr {key: 'Tin' value {list {type: DT_FLOAT}}} attr {key: 'Tout' value {list {type: DT_FLOAT}}}
          attr {key: 'then_branch' value {func {name: 't'}}} attr {key: 'else_branch' value {func {name: 'e'}}}}
    library {
      function {signature {name: 't' input_arg {name: 'a' type: DT_FLOAT} output_arg {name: 'o' type: DT_FLOAT}}
                node_def {name: 'r' op: 'Neg' input: 'a' attr {key: 'T' value {type: DT_FLOAT}}}
                      ret {key: 'o' value: 'r:y:0'}}
      function {signature {name: 'e' input_arg {name: 'a' type: DT_FLOAT} output_arg {name: 'o' type: DT_FLOAT}}
                node_def {name: 'r' op: 'Mystery' input: 'a'} ret {key: 'o' value: 'r:y:0'}}
    })");
  EXPECT_TRUE(Verify(g).ok()) << Verify(g).ToString();
  Session session(g);
  auto taken = session.Run({{"x", Tensor(3.0f)}, {"c", Tensor(true)}}, {"y"});
  ASSERT_TRUE(taken.ok()) << taken.status().ToString();
  EXPECT_EQ((*taken)[0].ToString(), "-3");
  Status s = session.Run({{"x", Tensor(3.0f)}, {"c", Tensor(false)}}, {"y"}).status();
  EXPECT_NE(s.ToString().find("Mystery 'r' is an op that Weir does not have"), std::string::npos) << s.ToString();
  EXPECT_NE(s.ToString().find("in function 'e'"), std::string::npos) << s.ToString();
}

TEST(NewerProducers, AnOutputOfAnUnknownOpSaysThatTheOpIsUnknown) {
  Graph g = Import(kInput + "node {name: 'y' op: 'Mystery' input: 'x'}");
  Status s = Session(g).Run({{"x", Tensor(1.0f)}}, {"y"}).status();
  EXPECT_NE(s.ToString().find("is an op that Weir does not have"), std::string::npos) << s.ToString();
}

TEST(NewerProducers, ABodyThatTakesAListIsNamed) {
  Graph g = Import(kInput + R"(
    node {name: 'y' op: 'f' input: 'x' attr {key: 'N' value {i: 1}}}
    library {function {signature {name: 'f' input_arg {name: 'a' type: DT_FLOAT number_attr: 'N'}
          output_arg {name: 'p' type: DT_FLOAT}
                                  attr {name: 'N' type: 'int'}}
                       node_def {name: 's' op: 'AddN' input: 'a' attr {key: 'N' value {placeholder: 'N'}}
                             attr {key: 'T' value {type: DT_FLOAT}}}
                       ret {key: 'p' value: 's:sum:0'}}})");
  Status s = Session(g).Run({{"x", Tensor(1.0f)}}, {"y"}).status();
  EXPECT_NE(s.ToString().find("lists of a length that its caller tells"), std::string::npos) << s.ToString();
}

TEST(NewerProducers, AGitLfsPointerIsNamed) {
  Status s = LoadGraphFromString("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", &AllOps(),
                                 {}, "a.pb")
                 .status();
  EXPECT_NE(s.ToString().find("'a.pb' is a pointer of Git LFS"), std::string::npos) << s.ToString();
}

}  // namespace
}  // namespace weir
