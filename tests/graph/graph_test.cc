// The graph: names, edges, the errors that adding a node gives, shapes that are partly known.
#include "weir/graph/graph.h"

#include <gtest/gtest.h>

#include "weir/graph/infer.h"
#include "weir/graph/verify.h"
#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/reduce/reduce.h"

namespace weir {
namespace {

TEST(Graph, NamesAreUniqueAsInTensorFlow) {
  Builder g;
  Output a = ops::Placeholder(g, kFloat, {}, {.name = "a"}), b = ops::Placeholder(g, kFloat, {}, {.name = "a"});
  EXPECT_EQ(a.name(), "a:0");
  EXPECT_EQ(b.name(), "a_1:0");
  {
    auto scope = g.NameScope("layer");
    EXPECT_EQ((a + b).name(), "layer/AddV2:0");
  }
  auto again = g.NameScope("layer");
  EXPECT_EQ((a + b).name(), "layer_1/AddV2:0");
}

TEST(Graph, CreationPlaceIsTheUsersLineThroughOperators) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {2}, {.name = "x"});
  Output y = x * 2.0f + x;
  int line = __LINE__ - 1;
  EXPECT_EQ(y.node().loc().line, line);
  EXPECT_EQ(y.node().loc().ToString(), "graph_test.cc:" + std::to_string(line));
}

TEST(Graph, ShapeErrorNamesNodeShapesInputsAndLines) {
  Builder g;
  Output a = ops::Placeholder(g, kFloat, {None, 64}, {.name = "a"}),
         b = ops::Placeholder(g, kFloat, {10, 64}, {.name = "b"});
  Output c = ops::MatMul(a, b, {.name = "product"});
  EXPECT_FALSE(c.valid());
  std::string text = g.status().ToString();
  for (const char* part : {"error[shape]: MatMul 'product'", "f32[?,64]", "f32[10,64]", "64", "10",
                           "graph_test.cc:", "help: transpose_b"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
  }
}

TEST(Graph, FirstErrorIsKeptAndLaterOpsDoNothing) {
  Builder g;
  Output bad = ops::MatMul(ops::Placeholder(g, kFloat, {2, 3}), ops::Placeholder(g, kFloat, {2, 3}));
  std::string first = g.status().ToString();
  int nodes = g.graph().num_nodes();
  Output later = ops::Relu(bad + 1.0f);
  EXPECT_FALSE(later.valid());
  EXPECT_EQ(g.status().ToString(), first);
  EXPECT_EQ(g.graph().num_nodes(), nodes);
}

TEST(Graph, DTypeErrorSaysWhichInput) {
  Builder g;
  Output a = ops::Placeholder(g, kFloat, {2}, {.name = "a"}), b = ops::Placeholder(g, kInt32, {2}, {.name = "b"});
  g.AddNode("AddV2", {a, b}, {}, {.name = "sum"});
  std::string text = g.status().ToString();
  EXPECT_NE(text.find("error[dtype]: AddV2 'sum' wants float for input 'y', not int32"), std::string::npos) << text;
}

TEST(Graph, UnknownOpAndAttributeNamesAreGuessed) {
  Builder g;
  g.AddNode("MatMull", {});
  EXPECT_NE(g.status().ToString().find("MatMul"), std::string::npos);
  Builder h;
  Output x = ops::Placeholder(h, kFloat, {2, 2});
  h.AddNode("MatMul", {x, x}, {{"transpose_c", true}});
  EXPECT_NE(h.status().ToString().find("transpose_"), std::string::npos);
}

TEST(Graph, EndpointNames) {
  Builder g;
  ops::Placeholder(g, kFloat, {2}, {.name = "input"});
  EXPECT_TRUE(g.graph().ParseEndpoint("input").ok());
  EXPECT_TRUE(g.graph().ParseEndpoint("input:0").ok());
  EXPECT_NE(g.graph().ParseEndpoint("inptu").status().ToString().find("did you mean 'input'"), std::string::npos);
  for (const char* bad : {"input:1", "input:-1", "input:99999999999", "^input", "", "input:", ":0"}) {
    EXPECT_FALSE(g.graph().ParseEndpoint(bad).ok()) << bad;
  }
}

TEST(Graph, TheSameUnknownBatchIsKnownToBeEqual) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None, 3}, {.name = "x"});
  Output y = ops::Relu(x) + x;
  EXPECT_EQ(y.shape().ToString(), "[?,3]");
  Output shape = ops::ShapeOf(x);
  Output back = ops::Reshape(ops::Reshape(x, {-1}), shape);
  EXPECT_EQ(back.shape().ToString(), "[?,3]");
  EXPECT_TRUE(SameDim(back.shape()[0], x.shape()[0])) << "the batch went through Shape and Reshape";
}

TEST(Graph, ReplaceUsesChecksTheType) {
  Builder b;
  Output x = ops::Placeholder(b, kFloat, {2}), y = ops::Placeholder(b, kFloat, {3}),
         i = ops::Placeholder(b, kInt32, {2});
  Output use = ops::Relu(x);
  Graph g = b.graph();
  EXPECT_FALSE(g.ReplaceUses(x.endpoint(), y.endpoint()).ok());
  EXPECT_FALSE(g.ReplaceUses(x.endpoint(), i.endpoint()).ok());
  EXPECT_EQ(g.node(use.endpoint().node).input(0), x.endpoint());
}

TEST(Graph, ACycleIsAnErrorThatPrintsIt) {
  Builder b;
  Output x = ops::Placeholder(b, kFloat, {2}, {.name = "x"});
  Output y = ops::Relu(x, {.name = "y"}), z = ops::Relu(y, {.name = "z"});
  Graph g = b.graph();
  ASSERT_TRUE(g.SetInput(y.endpoint().node, 0, z.endpoint()).ok());
  std::string text = Verify(g).ToString();
  EXPECT_NE(text.find("cycle"), std::string::npos);
  EXPECT_NE(text.find("y -> z"), std::string::npos) << text;
}

TEST(Graph, AChainOf200000NodesWorks) {
  Builder b;
  Output x = ops::Placeholder(b, kFloat, {1}, {.name = "x"});
  for (int i = 0; i < 200000; ++i) x = Make("Neg", {x});
  ASSERT_TRUE(b.status().ok()) << b.status().ToString();
  EXPECT_TRUE(Verify(b.graph()).ok());
  Graph copy = b.graph();
  EXPECT_TRUE(InferGraph(copy).ok());
}

TEST(Graph, CompactKeepsOrderAndEdges) {
  Builder b;
  Output x = ops::Placeholder(b, kFloat, {2}, {.name = "x"});
  Output dead = ops::Abs(x, {.name = "dead"}), y = ops::Relu(x, {.name = "y"});
  Graph g = b.graph();
  ASSERT_TRUE(g.Remove(dead.endpoint().node).ok());
  g.Compact();
  EXPECT_EQ(g.num_ids(), 2);
  EXPECT_EQ(g.node(g.Find("y")).input(0).node, g.Find("x"));
  EXPECT_EQ(g.node(g.Find("x")).users().size(), 1u);
  (void)y;
}

TEST(Literal, TakesTheDTypeOfItsPlace) {
  EXPECT_EQ(Literal({{1, 2}, {3, 4}}).ToTensor(kFloat).value().ToString(), "[[1, 2], [3, 4]]");
  EXPECT_EQ(Literal({1, 2}).ToTensor(DType::kInvalid).value().dtype(), kInt32);
  EXPECT_EQ(Literal({1, 2.5}).ToTensor(DType::kInvalid).value().dtype(), kFloat);
  EXPECT_FALSE(Literal({{1, 2}, {3}}).ToTensor(kFloat).ok()) << "ragged";
  EXPECT_FALSE(Literal(300).ToTensor(kUint8).ok()) << "out of range";
  EXPECT_FALSE(Literal(1.5).ToTensor(kInt32).ok()) << "a fraction";
  EXPECT_FALSE(Literal("text").ToTensor(kFloat).ok());
}

TEST(Shape, RefusesWhatCannotBe) {
  EXPECT_FALSE(Shape::Make(Dims{-1}).ok());
  EXPECT_FALSE(Shape::Make(Dims(255, 1)).ok());
  EXPECT_FALSE(Shape::Make(Dims{int64_t{1} << 40, int64_t{1} << 40}).ok());
  EXPECT_EQ(Shape::Make(Dims{int64_t{1} << 40, 0, int64_t{1} << 40}).value().num_elements(), 0);
}

TEST(Tensor, RefusesMoreThanTheBudget) {
  int64_t before = memory::budget();
  memory::set_budget(memory::bytes_in_use() + (1 << 20));
  auto big = Tensor::Allocate(kFloat, {1 << 20});
  memory::set_budget(before);
  ASSERT_FALSE(big.ok());
  EXPECT_EQ(big.status().code(), Code::kResourceExhausted);
  EXPECT_NE(big.status().ToString().find("4.0 MiB"), std::string::npos) << big.status().ToString();
}

}  // namespace
}  // namespace weir
