// Gradients through calls and branches: against finite differences, of first and second order, and what becomes of the
// library.
#include "weir/graph/function_gradient.h"

#include <gtest/gtest.h>

#include "weir/graph/functions.h"
#include "weir/graph/text/text.h"
#include "weir/ops/array/array.h"
#include "weir/ops/control/control.h"
#include "weir/ops/gather/gather.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/control_flow.h"
#include "weir/ops/model/optimizers.h"
#include "weir/ops/model/variables.h"
#include "weir/ops/random/random.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/ops/registry.h"
#include "weir/session/session.h"
#include "weir/tests/graph/derived.h"

namespace weir {
namespace {

using ops::ReduceSum;

Tensor Doubles(std::vector<double> v) { return Tensor(v); }

TEST(FunctionGradient, OfACall) {
  Builder g;
  Output x = ops::Placeholder(g, kDouble, {3}, {.name = "x"}), w = ops::Placeholder(g, kDouble, {3}, {.name = "w"});
  FuncRef f = DefineFunction(g, "f", {kDouble, kDouble}, [](const Outputs& v) {
    Output h = ops::Tanh(v[0] * v[1]);
    return Outputs{h * h * v[1], ops::Exp(h)};
  });
  Outputs r = Call(g, f, {x, w});
  ExpectDerived(g, ReduceSum(r[0] * r[1]), {x, w}, {Doubles({0.5, -1, 2}), Doubles({1, 0.3, -0.7})});
}

TEST(FunctionGradient, IsMadeOnceForEqualCalls) {
  Builder g;
  Output x = ops::Placeholder(g, kDouble, {3}, {.name = "x"});
  FuncRef f = DefineFunction(g, "f", {kDouble},
                             [](const Outputs& v) { return Outputs{ops::Tanh(ops::Exp(v[0])) * v[0]}; });
  Output y = Call(g, f, {Call(g, f, {Call(g, f, {x})[0]})[0]})[0];
  Gradients({y}, {x});
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  EXPECT_EQ(g.graph().functions().size(), 3u) << "f, the forward and the backward function";
  ExpectDerived(g, y, {x}, {Doubles({0.5, -1, 2})});
}

// f_k calls f_{k-1} twice, so that 2^k tensors are remembered; each function is derived once, and too many are refused.
TEST(FunctionGradient, OfCallsThatCallTwice) {
  for (int depth : {3, 39}) {
    Builder g;
    FuncRef f = DefineFunction(g, "f0", {kDouble}, [](const Outputs& v) { return Outputs{ops::Sin(v[0])}; });
    for (int k = 1; k <= depth; ++k) {
      f = DefineFunction(g, "f" + std::to_string(k), {kDouble}, [&, f](const Outputs& v) {
        Builder& b = *v[0].builder();
        return Outputs{Call(b, f, {Call(b, f, {v[0]})[0] * 0.9})[0]};
      });
    }
    Output x = ops::Placeholder(g, kDouble, {}, {.name = "x"});
    Output y = Call(g, f, {x})[0];
    Gradients({y}, {x});
    if (depth > 20) {
      EXPECT_NE(g.status().ToString().find("remembers over"), std::string::npos) << g.status().ToString();
      continue;
    }
    ASSERT_TRUE(g.status().ok()) << g.status().ToString();
    EXPECT_EQ(g.graph().functions().size(), 3u * depth + 2) << "f0 needs no forward function";
    ExpectDerived(g, y, {x}, {Tensor(0.7)});
  }
}

// What is drawn in the forward function is what the backward one multiplies by.
TEST(FunctionGradient, RemembersWhatCannotBeComputedAnew) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {64}, {.name = "x"});
  FuncRef f = DefineFunction(g, "noisy", {kFloat}, [](const Outputs& v) {
    Output noise = ops::RandomUniform(*v[0].builder(), {64}, {.seed = 3});
    return Outputs{v[0] * noise};
  });
  Output y = Call(g, f, {x})[0], dx = Gradients({y}, {x})[0];
  Session s(g, {.threads = 1});
  auto r = s.Run({y, dx}, {{x, std::vector<float>(64, 2)}}).value();
  for (int i = 0; i < 64; ++i) EXPECT_EQ(r[0].at<float>(i), 2 * r[1].at<float>(i)) << i;
}

TEST(FunctionGradient, OfACallByTheFunctionsName) {
  constexpr char kText[] = R"(
function f(a: T) -> (r: T) {
  attr T: type
  a = _Arg() {T: $T, index: 0}
  e = Exp(a) {T: $T}
  m = Mul(e, a) {T: $T}
  r = _Retval(m) {T: $T, index: 0}
}
x = Placeholder() {dtype: f64, shape: [3]}
y = f(x) {T: f64}
)";
  auto parsed = ParseGraph(kText, &AllOps());
  ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
  Builder g(std::move(*parsed));
  Output x = g.FindOutput("x:0"), y = g.FindOutput("y:0");
  ExpectDerived(g, y, {x}, {Doubles({0.5, -1, 2})});
}

TEST(FunctionGradient, OfBranches) {
  Builder g;
  Output x = ops::Placeholder(g, kDouble, {3}, {.name = "x"}), w = ops::Placeholder(g, kDouble, {2, 3}, {.name = "w"});
  Output p = ops::Placeholder(g, kBool, {}, {.name = "p"});
  Outputs r = Cond(
      p,
      [&] {
        Output h = ops::Tanh(x * ops::Exp(x));
        return Outputs{ReduceSum(w * h, {0}), h};
      },
      [&] { return Outputs{ops::Sin(x), x * 3.0}; });  // has no path from w
  const std::vector<Tensor> at{Doubles({0.5, -1, 0.2}), Tensor::Of<double>({2, 3}, {1, 2, 3, -1, 0.5, 0.1})};
  for (bool taken : {true, false}) ExpectDerived(g, ReduceSum(r[0] * r[1]), {x, w}, at, {{p, taken}});
}

TEST(FunctionGradient, OfNumberedBranches) {
  Builder g;
  Output x = ops::Placeholder(g, kDouble, {3}, {.name = "x"}), w = ops::Placeholder(g, kDouble, {3}, {.name = "w"});
  Output i = ops::Placeholder(g, kInt32, {}, {.name = "i"});
  Outputs r = SwitchCase(i, {[&] { return Outputs{ops::Tanh(x * w) * x}; }, [&] { return Outputs{ops::Exp(x)}; },
                             [&] { return Outputs{ops::Square(w) * ops::Sin(w)}; }});
  for (int branch : {0, 1, 2, 9})
    ExpectDerived(g, ReduceSum(r[0]), {x, w}, {Doubles({0.5, -1, 0.2}), Doubles({1, 2, 0.3})}, {{i, branch}});
}

TEST(FunctionGradient, OfBranchesInBranchesAndCalls) {
  Builder g;
  Output x = ops::Placeholder(g, kDouble, {2}, {.name = "x"});
  FuncRef f = DefineFunction(g, "f", {kDouble}, [](const Outputs& v) {
    Output positive = ops::Greater(ReduceSum(v[0]), 0.0);
    return Outputs{Cond(
        positive, [&] { return ops::Exp(v[0]) * v[0]; },
        [&] {
          return Cond(
              ops::Less(v[0][0], -1.0), [&] { return ops::Sin(v[0]) * v[0]; }, [&] { return ops::Square(v[0]); });
        })};
  });
  Output y = ReduceSum(Call(g, f, {ops::Sin(x) * 3.0})[0]);
  for (std::vector<double> at : {std::vector<double>{0.5, 1}, {-1, 0.2}, {-0.1, -0.5}})
    ExpectDerived(g, y, {x}, {Doubles(at)});
}

TEST(FunctionGradient, OfVariablesThatABranchReads) {
  Builder g;
  Variable w(g, Tensor::Of<float>({2, 2}, {1, 2, 3, 4}), {.name = "w"});
  Output x = ops::Placeholder(g, kFloat, {1, 2}, {.name = "x"}), p = ops::Placeholder(g, kBool, {}, {.name = "p"});
  Output y = ReduceSum(Cond(p, [&] { return ops::MatMul(x, w) + ops::Gather(w, {0}); }, [&] { return x * 2.0f; }));
  Operation train = GradientDescentOptimizer(1.0f).Minimize(y), init = GlobalVariablesInitializer(g);
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Session s(g, {.threads = 1});
  s.Run(init).Check();
  s.Run(train, {{x, {{1.f, 2.f}}}, {p, false}}).Check();
  EXPECT_EQ(s.GetVariable("w").value().ToString(), "[[1, 2], [3, 4]]");
  s.Run(train, {{x, {{1.f, 2.f}}}, {p, true}}).Check();
  EXPECT_EQ(s.GetVariable("w").value().ToString(), "[[-1, 0], [1, 2]]");  // by x, and by one for row 0
}

TEST(FunctionGradient, TwiceOfOneCallRemembersOnce) {
  Builder g;
  Output x = ops::Placeholder(g, kDouble, {3}, {.name = "x"}), p = ops::Placeholder(g, kBool, {}, {.name = "p"});
  Output y = Cond(p, [&] { return ops::Tanh(ops::Exp(x)) * x; }, [&] { return ops::Exp(ops::Sin(x)); });
  Gradients({y}, {x});
  const size_t outputs = y.node().outputs().size();
  Gradients({y}, {x});
  EXPECT_EQ(y.node().outputs().size(), outputs);
}

TEST(FunctionGradient, IntegersAndSizesOfArguments) {
  Builder g;
  Output x = ops::Placeholder(g, kDouble, {None, 2}, {.name = "x"}), n = ops::Placeholder(g, kInt32, {}, {.name = "n"});
  FuncRef f = DefineFunction(g, "f", {kDouble, kInt32}, [](const Outputs& v) {
    Output mean = ops::ReduceMean(v[0], {0}, {.keepdims = true});
    return Outputs{ops::Square(v[0] - mean) * ops::Cast(v[1], kDouble), v[1] + 1};
  });
  Outputs r = Call(g, f, {x, n});
  ExpectDerived(g, ReduceSum(r[0]), {x}, {Tensor::Of<double>({3, 2}, {1, 2, 3, -1, 0.5, 0.1})}, {{n, 3}});
}

TEST(FunctionGradient, WhatHasNoneIsNamed) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {3}, {.name = "x"});
  FuncRef f = DefineFunction(g, "f", {kFloat}, [](const Outputs& v) {
    return Outputs{Make("PreventGradient", {v[0]}, {{"message", "on purpose"}}, {.name = "barrier"})};
  });
  auto grads = GradientsOf(g, {Call(g, f, {x})[0]}, {x});
  ASSERT_FALSE(grads.ok());
  const std::string text = grads.status().ToString();
  for (const char* part : {"'f'", "barrier", "on purpose"}) EXPECT_NE(text.find(part), std::string::npos) << text;
}

// A gradient of the user's own holds in bodies, and may use what is around them.
TEST(FunctionGradient, OfTheUsersOwnHoldsInBodies) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {2}, {.name = "x"}), scale = ops::Placeholder(g, kFloat, {}, {.name = "s"});
  SetGradient(g, "Sin", [&](GradContext& c) {
    c.set(0, c.grad() * scale);
    return Status();
  });
  FuncRef f = DefineFunction(g, "f", {kFloat}, [](const Outputs& v) { return Outputs{ops::Sin(v[0])}; });
  Output p = ops::Placeholder(g, kBool, {}, {.name = "p"});
  Output y = Cond(p, [&] { return Call(g, f, {x})[0]; }, [&] { return ops::Sin(x) * 2.0f; });
  Output dx = Gradients({y}, {x})[0];
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Session s(g, {.threads = 1});
  EXPECT_EQ(s.Run(dx, {{x, {1.f, 2.f}}, {scale, 5.f}, {p, true}}).value().ToString(), "[5, 5]");
  EXPECT_EQ(s.Run(dx, {{x, {1.f, 2.f}}, {scale, 5.f}, {p, false}}).value().ToString(), "[10, 10]");
}

}  // namespace
}  // namespace weir
