// The differentiation pass itself; the gradients of single ops are in tests/ops.
#include "weir/graph/gradients.h"

#include <gtest/gtest.h>

#include <chrono>

#include "weir/ops/array/array.h"
#include "weir/ops/gather/gather.h"
#include "weir/ops/math/math.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/ops/model/variables.h"
#include "weir/session/session.h"

namespace weir {
namespace {

float Value(Builder& g, Output y, const Feeds& feeds = {}) {
  Session s(g, {.threads = 1});
  return s.Run(y, feeds).value().scalar<float>();
}

TEST(Gradients, SumOverAllPaths) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, PartialShape::Scalar(), {.name = "x"});
  Output y = x * x + x * 3.0f;
  Output dy = Gradients({y}, {x})[0];
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  EXPECT_EQ(Value(g, dy, {{x, 2.0f}}), 7.0f);
  EXPECT_EQ(dy.name().substr(0, 10), "gradients/");
}

TEST(Gradients, SeveralYsAndGradYs) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, PartialShape::Scalar(), {.name = "x"});
  Output a = x * 2.0f, b = x * 5.0f;
  EXPECT_EQ(Value(g, Gradients({a, b}, {x})[0], {{x, 1.0f}}), 7.0f);
  Output w = g.Constant(Tensor(10.0f));
  EXPECT_EQ(Value(g, Gradients({a, b}, {x}, {.grad_ys = {w, Output()}})[0], {{x, 1.0f}}), 25.0f);
}

TEST(Gradients, SecondOrder) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, PartialShape::Scalar(), {.name = "x"});
  Output y = x * x * x;
  Output dy = Gradients({y}, {x})[0], ddy = Gradients({dy}, {x})[0], dddy = Gradients({ddy}, {x})[0];
  EXPECT_EQ(Value(g, ddy, {{x, 2.0f}}), 12.0f);
  EXPECT_EQ(Value(g, dddy, {{x, 2.0f}}), 6.0f);
}

TEST(Gradients, StopAndUnconnected) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, PartialShape::Scalar(), {.name = "x"}),
         z = ops::Placeholder(g, kFloat, {3}, {.name = "z"});
  Output inner = x * x, y = inner * x;
  EXPECT_EQ(Value(g, Gradients({y}, {x}, {.stop_gradients = {inner}})[0], {{x, 3.0f}}), 9.0f);
  EXPECT_FALSE(Gradients({y}, {z})[0].valid());
  Output zero = Gradients({y}, {z}, {.unconnected = GradientOptions::kZero})[0];
  ASSERT_TRUE(zero.valid());
  EXPECT_EQ(zero.shape().ToString(), "[3]");
}

// tf.gradients(a + b, [a, b], stop_gradients=[a, b]) of b = 2 a gives partial derivatives: 1, 1 where the total one by
// a is 3.
TEST(Gradients, AnXAtWhichGradientsStopStillHasItsOwn) {
  Builder g;
  Output a = ops::Placeholder(g, kFloat, PartialShape::Scalar(), {.name = "a"}), b = a * 2.0f, y = a + b;
  EXPECT_EQ(Value(g, Gradients({y}, {a})[0], {{a, 5.0f}}), 3.0f);
  std::vector<Output> partial = Gradients({y}, {a, b}, {.stop_gradients = {a, b}});
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  EXPECT_EQ(Value(g, partial[0], {{a, 5.0f}}), 1.0f);
  EXPECT_EQ(Value(g, partial[1], {{a, 5.0f}}), 1.0f);
}

TEST(Gradients, AllMissingOnesAreReportedAtOnce) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {2, 2}, {.name = "x"});
  SetGradient(g, "Abs", [](GradContext&) { return Unimplemented("is not wanted"); });
  Output y = ops::Abs(x, {.name = "first"});
  Gradients({y}, {x});
  EXPECT_NE(g.status().ToString().find("Abs 'first' is not wanted"), std::string::npos) << g.status().ToString();
  Builder h;
  Output i = ops::Placeholder(h, kInt32, {2});
  Gradients({i}, {i});
  EXPECT_NE(h.status().ToString().find("only floating-point"), std::string::npos) << h.status().ToString();
}

TEST(Gradients, UserDefinedForAnOpAndForANode) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, PartialShape::Scalar(), {.name = "x"});
  SetGradient(g, "Square", [](GradContext& c) { c.set(0, Make("Mul", {c.grad(), 100.0f})); return OkStatus(); });
  Output a = ops::Square(x), b = ops::Square(x);
  SetGradient(b.op(), [](GradContext& c) { c.set(0, Make("Mul", {c.grad(), 7.0f})); return OkStatus(); });
  EXPECT_EQ(Value(g, Gradients({a}, {x})[0], {{x, 1.0f}}), 100.0f);
  EXPECT_EQ(Value(g, Gradients({b}, {x})[0], {{x, 1.0f}}), 7.0f);
}

TEST(Gradients, GatherStaysSlices) {
  Builder g;
  Variable table(g, Tensor::Of<float>({4, 2}, {1, 2, 3, 4, 5, 6, 7, 8}), {.name = "table"});
  Output rows = table.Gather({1, 3, 1});
  auto grads = GradientsOf(g, {ops::ReduceSum(rows)}, {table.handle()});
  ASSERT_TRUE(grads.ok()) << grads.status().ToString();
  EXPECT_TRUE((*grads)[0].is_slices());
  Output dense = (*grads)[0].ToDense();
  Session s(g, {.threads = 1});
  s.Run(GlobalVariablesInitializer(g)).IgnoreError();
  EXPECT_EQ(s.Run(dense).value().ToString(), "[[0, 0], [2, 2], [0, 0], [1, 1]]");
}

TEST(Gradients, AVariableSumsOverAllItsReads) {
  Builder g;
  Variable w(g, Tensor(3.0f), {.name = "w"});
  Output y = w * w;
  Output dw = Gradients({y}, {w.handle()})[0];
  Operation init = GlobalVariablesInitializer(g);
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Session s(g, {.threads = 1});
  s.Run(init).Check();
  EXPECT_EQ(s.Run(dw).value().scalar<float>(), 6.0f);
}

TEST(Gradients, LinearInTheSizeOfTheGraph) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {1}, {.name = "x"}), y = x;
  for (int i = 0; i < 100000; ++i) y = Make("Neg", {y});
  auto start = std::chrono::steady_clock::now();
  Output dy = Gradients({y}, {x})[0];
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  ASSERT_TRUE(dy.valid()) << g.status().ToString();
  RecordProperty("seconds", std::to_string(seconds));
  EXPECT_GT(g.graph().num_nodes(), 200000);
}

}  // namespace
}  // namespace weir
