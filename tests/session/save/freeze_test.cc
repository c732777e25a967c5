// Frozen graphs compute what the session does, without variables; also where branches and loops read them.
#include "weir/session/save/freeze.h"

#include <gtest/gtest.h>

#include "weir/graph/export.h"
#include "weir/graph/import.h"
#include "weir/graph/text/text.h"
#include "weir/ops/array/array.h"
#include "weir/ops/model/control_flow.h"
#include "weir/ops/math/math.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/model/optimizers.h"
#include "weir/ops/registry.h"
#include "weir/session/save/saver.h"
#include "weir/session/session.h"
#include "weir/tests/ops/model/keep_for_tensorflow.h"

namespace weir {
namespace {

const std::string kData = WEIR_TEST_DATA "/state/";

// As a file and back, so that what is run is what others get.
Graph Reread(const Graph& g) { return ImportGraphDef(ExportGraphDef(g).value(), &AllOps()).value(); }

bool HasOp(const Graph& g, std::string_view op) {
  for (NodeId id : g.nodes()) {
    if (g[id].Is(op)) return true;
  }
  return std::any_of(g.functions().begin(), g.functions().end(),
                     [&](const auto& f) { return HasOp(f.second->body, op); });
}

void ExpectNoVariables(const Graph& frozen) {
  const Graph g = Reread(frozen);
  for (const char* op : {"VarHandleOp", "VariableV2", "ReadVariableOp", "ResourceGather", "AssignVariableOp", "Assign",
                         "SaveV2", "ResourceApplyAdam"})
    EXPECT_FALSE(HasOp(g, op)) << op;
}

class FreezeFile : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Kinds, FreezeFile, testing::Values("ref", "handle"),
                         [](const auto& info) { return info.param; });

TEST_P(FreezeFile, AModelThatIsTrainedOn) {
  Builder g(LoadGraph(kData + "tune_" + GetParam() + ".meta"));
  Output out = g.FindOutput("out:0"), rows = g.FindOutput("rows:0"), target = g.FindOutput("target:0");
  Operation train = AdamOptimizer(0.1f).Minimize(g.FindOutput("loss:0")), init = GlobalVariablesInitializer(g);
  Session s(g);
  EXPECT_NE(FreezeGraph(s, {out}).status().ToString().find("no value"), std::string::npos);
  ASSERT_TRUE(s.Run(init).ok());
  ASSERT_TRUE(s.Run(train, {{rows, {0, 2, 2}}, {target, {{1, 0}, {0, 1}, {0.5, 0.5}}}}).ok());
  auto frozen = FreezeGraph(s, {out});
  ASSERT_TRUE(frozen.ok()) << frozen.status().ToString();
  ExpectNoVariables(*frozen);
  EXPECT_FALSE(frozen->Find("loss").valid());
  const Tensor fed = Tensor::Vector(std::vector<int32_t>{1, 3});
  Tensor want = s.Run({{"rows", fed}}, {"out"}).value()[0];
  auto got = Session(Reread(*frozen)).Run({{"rows", fed}}, {"out"});
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  EXPECT_TRUE((*got)[0].Identical(want));
  KeepForTensorFlow("frozen_" + GetParam(), *frozen, {{"feed/rows:0", fed}, {"fetch/out:0", want}});
}

// Variables are captured by a branch inside of a loop, and gathered from.
struct Captured {
  Captured() {
    x = ops::Placeholder(g, kFloat, {2}, {.name = "x"});
    w = Variable(g, {2.0f, 3.0f}, {.name = "w"});
    Variable table(g, {{1.0f, 2.0f}, {3.0f, 4.0f}}, {.name = "table"});
    Outputs v = WhileLoop(
        g, [&](const Outputs& v) { return ops::Less(v[0], 3); },
        [&](const Outputs& v) {
          Output big = ops::Greater(v[0], 0);
          Output next = Cond(
              big, [&] { return v[1] * w.Read(); }, [&] { return v[1] + table.Gather(1); });
          return Outputs{v[0] + 1, next};
        },
        {0, x});
    y = ops::Identity(v[1], {.name = "y"});
    changed = [&] {
      auto after = g.ControlDependencies({ops::AssignAdd(w, {1.0f, 1.0f})});
      return ops::Identity(y, {.name = "changed"});
    }();
    init = GlobalVariablesInitializer(g);
  }
  Builder g;
  Output x, y, changed;
  Variable w;
  Operation init;
};

TEST(Freeze, VariablesOfBranchesAndLoops) {
  Captured c;
  ASSERT_TRUE(c.g.status().ok()) << c.g.status().ToString();
  Session s(c.g);
  ASSERT_TRUE(s.Run(c.init).ok());
  auto frozen = FreezeGraph(s, {"y"});
  ASSERT_TRUE(frozen.ok()) << frozen.status().ToString();
  ExpectNoVariables(*frozen);
  const Tensor x = Tensor::Vector(std::vector<float>{1, 1});
  auto got = Session(Reread(*frozen)).Run({{"x", x}}, {"y"});
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  EXPECT_EQ((*got)[0].ToString(), "[16, 45]");  // ([1, 1] + [3, 4]) * [2, 3]²
  KeepForTensorFlow("frozen_loop", *frozen, {{"feed/x:0", x}, {"fetch/y:0", (*got)[0]}});
  EXPECT_EQ(s.Run({{"x", x}}, {"y"}).value()[0].ToString(), "[16, 45]");
}

TEST(Freeze, ErrorsNameWhatStandsInTheWay) {
  Captured c;
  Session s(c.g);
  ASSERT_TRUE(s.Run(c.init).ok());
  std::string changes = FreezeGraph(s, {"changed"}).status().ToString();
  EXPECT_NE(changes.find("AssignAddVariableOp"), std::string::npos) << changes;
  EXPECT_NE(changes.find("changes a variable"), std::string::npos) << changes;
  EXPECT_EQ(FreezeGraph(s, {"z"}).status().code(), Code::kNotFound);
  EXPECT_EQ(FreezeGraph(s, std::vector<std::string>()).status().code(), Code::kInvalidArgument);
}

TEST(Freeze, AFunctionThatIsCalledByItsName) {
  const char* text = R"(
function f(v: resource) -> (r: f32) {
  v = _Arg() {T: resource, index: 0}
  y = ReadVariableOp(v) {dtype: f32}
  r = _Retval(y) {T: f32, index: 0}
}
v = VarHandleOp() {dtype: f32, shape: <3>, shared_name: "v"}
y = f(v)
)";
  Session s(ParseGraph(text, &AllOps(), {.infer = false}).value(), {.threads = 1});
  ASSERT_TRUE(s.SetVariable("v", Tensor::Vector(std::vector<float>{1, 2, 3})).ok());
  auto frozen = FreezeGraph(s, {"y"});
  ASSERT_TRUE(frozen.ok()) << frozen.status().ToString();
  ExpectNoVariables(*frozen);
  EXPECT_EQ(Session(*frozen, {.threads = 1}).Run(NamedFeeds{}, {"y"}).value()[0].ToString(), "[1, 2, 3]");
}

// Of a file's graph nobody has looked at; neither at its bodies.
TEST(Freeze, AMalformedNodeIsNamed) {
  const char* gathers = R"(
v = VarHandleOp() {dtype: f32, shape: <3>, shared_name: "v"}
y = ResourceGather(v) {dtype: f32, Tindices: i32}
)";
  const char* calls = R"(
function f(v: resource) -> (r: f32) {
  v = _Arg() {T: resource, index: 0}
  y = ResourceGather(v) {dtype: f32, Tindices: i32}
  r = _Retval(y) {T: f32, index: 0}
}
v = VarHandleOp() {dtype: f32, shape: <3>, shared_name: "v"}
y = PartitionedCall(v) {Tin: [resource], Tout: [f32], f: func f}
)";
  for (const char* text : {gathers, calls}) {
    Session s(ParseGraph(text, &AllOps(), {.infer = false}).value(), {.threads = 1});
    ASSERT_TRUE(s.SetVariable("v", Tensor::Vector(std::vector<float>{1, 2, 3})).ok());
    Status frozen = FreezeGraph(s, {"y"}).status();
    EXPECT_NE(frozen.ToString().find("ResourceGather 'y' takes 2 inputs, not 1"), std::string::npos)
        << frozen.ToString();
  }
}

}  // namespace
}  // namespace weir
