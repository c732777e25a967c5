// ImportGraph: nodes, functions and variables of one graph in another.
#include "weir/ops/model/import_graph.h"

#include <gtest/gtest.h>

#include "weir/graph/text/text.h"
#include "weir/graph/verify.h"
#include "weir/ops/array/array.h"
#include "weir/ops/model/control_flow.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/optimizers.h"
#include "weir/ops/registry.h"
#include "weir/session/save/saver.h"
#include "weir/session/session.h"

namespace weir {
namespace {

const std::string kData = WEIR_TEST_DATA "/state/";

// z = f(x) * 2, where f is a function called "f".
Graph Calling(const std::function<Output(Output)>& f) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None}, {.name = "x"});
  FuncRef ref = DefineFunction(g, "f", {kFloat}, [&](const Outputs& args) { return Outputs{f(args[0])}; });
  ops::Multiply(Call(g, ref, {x})[0], 2.0f, {.name = "z"});
  g.status().Check();
  return g.graph();
}

TEST(ImportGraph, PrefixInputsAndAddresses) {
  Graph inner = Calling([](Output v) { return -v; });
  Builder g;
  Output mine = ops::Placeholder(g, kFloat, {3}, {.name = "mine"});
  ImportedGraph a = ImportGraph(g, inner, {.prefix = "net", .input_map = {{"x", mine * 10.0f}}});
  ImportedGraph b = ImportGraph(g, inner, {.prefix = "net"});
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  EXPECT_EQ(a.prefix(), "net/");
  EXPECT_EQ(b.prefix(), "net_1/");
  EXPECT_EQ(a.output("z").name(), "net/z:0");
  EXPECT_EQ(a.output("z:0").shape(), (PartialShape{3}));
  EXPECT_EQ(a.operation("z").name(), "net/z");
  ASSERT_TRUE(Verify(g.graph()).ok()) << Verify(g.graph()).ToString();
  Session s(g);
  EXPECT_EQ(s.Run(a.output("z"), {{mine, {1, 2, 3}}}).value().ToString(), "[-20, -40, -60]");
  EXPECT_EQ(s.Run(b.output("z"), {{b.output("x"), {1, 2}}}).value().ToString(), "[-2, -4]");
  EXPECT_FALSE(a.output("y").valid());
  EXPECT_EQ(g.status().code(), Code::kNotFound);
}

TEST(ImportGraph, FunctionsOfOneNameStayApart) {
  Builder g;
  ImportedGraph a = ImportGraph(g, Calling([](Output v) { return -v; }), {.prefix = "a"});
  ImportedGraph b = ImportGraph(g, Calling([](Output v) { return ops::Square(v); }), {.prefix = "b"});
  ImportedGraph c = ImportGraph(g, Calling([](Output v) { return -v; }), {.prefix = "c"});
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  EXPECT_EQ(g.graph().functions().size(), 2u);
  Session s(g);
  EXPECT_EQ(s.Run(a.output("z"), {{a.output("x"), {3}}}).value().ToString(), "[-6]");
  EXPECT_EQ(s.Run(b.output("z"), {{b.output("x"), {3}}}).value().ToString(), "[18]");
  EXPECT_EQ(s.Run(c.output("z"), {{c.output("x"), {3}}}).value().ToString(), "[-6]");
}

TEST(ImportGraph, MistakesAreTheBuildersErrors) {
  Graph inner = Calling([](Output v) { return -v; });
  auto error = [&](const std::function<void(Builder&)>& f) {
    Builder g;
    f(g);
    return g.status().ToString();
  };
  EXPECT_NE(error([&](Builder& g) {
              ImportGraph(g, inner, {.input_map = {{"xx", ops::Placeholder(g, kFloat, {3})}}});
            }).find("'xx'"),
            std::string::npos);
  EXPECT_NE(error([&](Builder& g) {
              ImportGraph(g, inner, {.input_map = {{"x", ops::Placeholder(g, kInt32, {3})}}});
            }).find("int32"),
            std::string::npos);
  EXPECT_NE(error([&](Builder& g) {
              ImportGraph(g, inner, {.prefix = ""});
              ImportGraph(g, inner, {.prefix = ""});
            }).find("give the import a prefix"),
            std::string::npos);
}

TEST(ImportGraph, VariablesAreRestoredFoundAndTrained) {
  for (const char* kind : {"ref", "handle"}) {
    SCOPED_TRACE(kind);
    Graph file = LoadGraph(kData + "tune_" + kind + ".meta").value().graph;
    Builder g;
    ImportedGraph net = ImportGraph(g, file, {.prefix = "net"});
    Variable head(g, {1.0f, 1.0f}, {.name = "head"});
    Output loss = net.output("loss") + ops::Square(head) * 0.0f;
    Operation train = GradientDescentOptimizer(0.1f).Minimize(loss);
    ASSERT_TRUE(g.status().ok()) << g.status().ToString();
    EXPECT_EQ(TrainableVariables(g).size(), 4u);
    EXPECT_EQ(FindVariable(g, "net/fixed").trainable(), false);
    EXPECT_EQ(LocalVariables(g).size(), 1u);
    Operation init = GlobalVariablesInitializer(g);
    Session s(g);
    ASSERT_TRUE(s.Run(init).ok());
    VariableMap names = net.Variables();
    names.erase("count");
    Status restored = Saver(&s, {.names = names}).Restore(kData + "tune");
    ASSERT_TRUE(restored.ok()) << restored.ToString();
    EXPECT_EQ(s.Run(FindVariable(g, "net/fixed")).value().ToString(), "2");
    EXPECT_TRUE(s.Run(train, {{net.output("rows"), {0}}, {net.output("target"), {{1, 0}}}}).ok());
  }
}

}  // namespace
}  // namespace weir
