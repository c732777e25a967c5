// Gradients through loops: against finite differences, of first and second order; loops in loops and branches; what
// the loops do with variables, integers and nothing.
#include <gtest/gtest.h>

#include "weir/graph/functions.h"
#include "weir/graph/gradients.h"
#include "weir/ops/array/array.h"
#include "weir/ops/gather/gather.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/control_flow.h"
#include "weir/ops/model/optimizers.h"
#include "weir/ops/model/variables.h"
#include "weir/ops/random/random.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/session/session.h"
#include "weir/tests/graph/derived.h"

namespace weir {
namespace {

using ops::ReduceSum;

// h -> tanh(h w + x), n times.
Outputs Recurrence(Builder& g, const Output& n, const Output& h, const Output& w, const Output& x) {
  return WhileLoop(
      g, [&](const Outputs& v) { return ops::Less(v[0], n); },
      [&](const Outputs& v) { return Outputs{v[0] + 1, ops::Tanh(ops::MatMul(v[1], w) + x)}; }, {0, h});
}

struct Small : ::testing::Test {
  Builder g;
  Output h = ops::Placeholder(g, kDouble, {1, 2}, {.name = "h"}),
         w = ops::Placeholder(g, kDouble, {2, 2}, {.name = "w"}),
         x = ops::Placeholder(g, kDouble, {1, 2}, {.name = "x"}), n = ops::Placeholder(g, kInt32, {}, {.name = "n"});
  const std::vector<Tensor> at{Tensor::Of<double>({1, 2}, {0.3, -0.2}),
                               Tensor::Of<double>({2, 2}, {0.5, 0.4, -0.7, 0.9}),
                               Tensor::Of<double>({1, 2}, {0.1, 0.6})};
};
using LoopGradient = Small;

TEST_F(LoopGradient, OfARecurrence) {
  Output y = ReduceSum(Recurrence(g, n, h, w, x)[1]);
  for (int times : {0, 1, 4}) ExpectDerived(g, y, {h, w, x}, at, {{n, times}});
}

TEST_F(LoopGradient, EqualsTheUnrolledOnes) {
  Output y = ReduceSum(Recurrence(g, n, h, w, x)[1]), unrolled = h;
  for (int i = 0; i < 5; ++i) unrolled = ops::Tanh(ops::MatMul(unrolled, w) + x);
  auto mine = Gradients({y}, {h, w, x}), want = Gradients({ReduceSum(unrolled)}, {h, w, x});
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  for (bool optimize : {false, true}) {
    Session s(g, {.threads = 1, .optimize = optimize});
    const Feeds feeds{{h, at[0]}, {w, at[1]}, {x, at[2]}, {n, 5}};
    auto a = s.Run({mine[0], mine[1], mine[2]}, feeds).value(), b = s.Run({want[0], want[1], want[2]}, feeds).value();
    for (size_t i = 0; i < a.size(); ++i) {
      for (int64_t k = 0; k < a[i].num_elements(); ++k)
        EXPECT_NEAR(a[i].data<double>()[k], b[i].data<double>()[k], 1e-12) << i << " " << k;
    }
  }
}

TEST_F(LoopGradient, OfLoopsInLoops) {
  Outputs r = WhileLoop(
      g, [&](const Outputs& v) { return ops::Less(v[0], n); },
      [&](const Outputs& v) {
        Output inner = Recurrence(g, v[0], v[1], w, x)[1];  // 0, 1, 2 … times
        return Outputs{v[0] + 1, inner * 0.9 + v[1] * v[1]};
      },
      {0, h});
  ExpectDerived(g, ReduceSum(r[1]), {h, w, x}, at, {{n, 3}});
}

TEST_F(LoopGradient, OfBranchesInLoopsAndLoopsInBranches) {
  Output p = ops::Placeholder(g, kBool, {}, {.name = "p"});
  Outputs r = WhileLoop(
      g, [&](const Outputs& v) { return ops::Less(v[0], n); },
      [&](const Outputs& v) {
        Output even = ops::Equal(ops::FloorMod(v[0], 2), 0);
        return Outputs{v[0] + 1, Cond(
                                     even, [&] { return ops::Tanh(ops::MatMul(v[1], w)); },
                                     [&] { return ops::Sin(v[1] + x); })};
      },
      {0, h});
  Output y = Cond(p, [&] { return ReduceSum(r[1] * Recurrence(g, n, h, w, x)[1]); }, [&] { return ReduceSum(r[1]); });
  for (bool taken : {true, false}) ExpectDerived(g, y, {h, w, x}, at, {{n, 3}, {p, taken}});
}

// What no gradient flows through is no variable of the backward loop, but what it needs of it is remembered.
TEST_F(LoopGradient, OfIntegersBoolsAndStoppedVariables) {
  Outputs r = WhileLoop(
      g, [&](const Outputs& v) { return ops::LogicalAnd(ops::Less(v[0], n), v[2]); },
      [&](const Outputs& v) {
        Output scale = ops::Cast(v[0] + 1, kDouble);
        return Outputs{v[0] + 1, v[1] * scale + ops::StopGradient(v[3]) * v[1], ops::Less(ReduceSum(v[1]), 100.0),
                       v[3] * 0.5};
      },
      {0, h, true, x});
  ExpectDerived(g, ReduceSum(r[1]), {h}, {at[0]}, {{n, 3}, {x, at[2]}});
}

TEST_F(LoopGradient, OfRowsThatABodyGathers) {
  Outputs r = WhileLoop(
      g, [&](const Outputs& v) { return ops::Less(v[0], n); },
      [&](const Outputs& v) { return Outputs{v[0] + 1, ops::Tanh(v[1] * ops::Gather(w, ops::FloorMod(v[0], 2)))}; },
      {0, h});
  ExpectDerived(g, ReduceSum(r[1]), {h, w}, {at[0], at[1]}, {{n, 3}});
}

TEST(LoopGradients, OfVariablesThatABodyReads) {
  Builder g;
  Variable w(g, Tensor::Of<float>({2}, {2, 3}), {.name = "w"});
  Output x = ops::Placeholder(g, kFloat, {2}, {.name = "x"});
  Outputs r = WhileLoop(
      g, [](const Outputs& v) { return ops::Less(v[0], 3); },
      [&](const Outputs& v) { return Outputs{v[0] + 1, v[1] * w}; }, {0, x});
  Operation train = GradientDescentOptimizer(1.0f).Minimize(ReduceSum(r[1])), init = GlobalVariablesInitializer(g);
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Session s(g, {.threads = 1});
  s.Run(init).Check();
  s.Run(train, {{x, {1.f, 10.f}}}).Check();
  EXPECT_EQ(s.GetVariable("w").value().ToString(), "[-10, -267]");  // w - 3 w^2 x
}

// What is drawn in each iteration is what the gradient is by.
TEST(LoopGradients, RememberRandomNumbers) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {8}, {.name = "x"});
  Outputs r = WhileLoop(
      g, [](const Outputs& v) { return ops::Less(v[0], 4); },
      [&](const Outputs& v) { return Outputs{v[0] + 1, v[1] * ops::RandomUniform(g, {8}, {.seed = 3})}; }, {0, x});
  Output dx = Gradients({r[1]}, {x})[0];
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Session s(g, {.threads = 1});
  auto out = s.Run({r[1], dx}, {{x, std::vector<float>(8, 2)}}).value();
  for (int i = 0; i < 8; ++i) EXPECT_FLOAT_EQ(out[0].at<float>(i), 2 * out[1].at<float>(i)) << i;
}

// A loop that is run for its result alone pushes nothing.
TEST(LoopGradients, CostNothingWhereNobodyAsksForThem) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {4}, {.name = "x"});
  Outputs r = WhileLoop(
      g, [](const Outputs& v) { return ops::Less(v[0], 4); },
      [&](const Outputs& v) { return Outputs{v[0] + 1, ops::Tanh(v[1] * x)}; }, {0, x});
  Gradients({r[1]}, {x});
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Session s(g, {.threads = 1});
  const std::string plan = s.ExplainPlan({{"x", Tensor(std::vector<float>{1, 2, 3, 4})}}, {r[1].name()}).value();
  EXPECT_EQ(plan.find("TensorListPushBack"), std::string::npos) << plan;
}

}  // namespace
}  // namespace weir
