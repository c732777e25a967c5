// Loops with limits and shape invariants; functions with gradients of their own, in memory and in files.
#include "weir/ops/model/control_flow.h"

#include <gtest/gtest.h>

#include "weir/graph/export.h"
#include "weir/graph/gradients.h"
#include "weir/graph/import.h"
#include "weir/graph/text/text.h"
#include "weir/ops/array/array.h"
#include "weir/ops/control/control.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/import_graph.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/ops/registry.h"
#include "weir/session/session.h"
#include "weir/tests/graph/derived.h"

namespace weir {
namespace {

using ops::ReduceSum;

Outputs Doubled(Builder& g, const Output& x, int times, const WhileOptions& o) {
  return WhileLoop(
      g, [&](const Outputs& v) { return ops::Less(v[0], times); },
      [](const Outputs& v) { return Outputs{v[0] + 1, v[1] * 2}; }, {0, x}, o);
}

TEST(WhileLoop, EndsAfterMaxIterations) {
  Builder g;
  Output x = ops::Placeholder(g, kDouble, {2}, {.name = "x"}), n = ops::Placeholder(g, kInt32, {}, {.name = "n"});
  Outputs three = Doubled(g, x, 100, {.max_iterations = 3}), asked = Doubled(g, x, 5, {.max_iterations = n});
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  EXPECT_EQ(three.size(), 2u) << "the counter is not given";
  Session s(g);
  const Tensor at = Tensor::Vector<double>({1, -3});
  EXPECT_EQ(s.Run(three[1], {{x, at}}).value().ToString(), "[8, -24]");
  for (auto [most, want] : {std::pair{0, 1}, {4, 16}, {9, 32}, {-1, 1}})
    EXPECT_EQ(s.Run(asked[1], {{x, at}, {n, most}}).value().data<double>()[0], want) << most;
  ExpectDerived(g, ReduceSum(asked[1] * asked[1]), {x}, {at}, {{n, 3}});
}

TEST(WhileLoop, MaxIterationsIsAScalarInt) {
  Builder g;
  Doubled(g, ops::Constant(g, 1.0f), 3, {.max_iterations = ops::Constant(g, 1.5f)});
  EXPECT_NE(g.status().ToString().find("error["), std::string::npos);
  Builder few;
  Outputs r = WhileLoop(
      few, [](const Outputs& v) { return ops::Less(v[0], 3); }, [](const Outputs&) { return Outputs{}; }, {0},
      {.max_iterations = 3});
  EXPECT_NE(few.status().ToString().find("gives 0 results for 1 loop variables"), std::string::npos)
      << few.status().ToString();
  EXPECT_EQ(r.size(), 1u);
}

TEST(WhileLoop, AnInvalidVariableIsAnError) {
  Builder g;
  Outputs r = WhileLoop(
      g, [](const Outputs& v) { return ops::Less(v[0], 3); }, [](const Outputs& v) { return v; }, {0, Output()});
  EXPECT_NE(g.status().ToString().find("loop variable 1 is an invalid output"), std::string::npos);
  EXPECT_EQ(r.size(), 2u);
}

TEST(WhileLoop, BodiesAreBuiltForTheShapeInvariants) {
  Builder g;
  PartialShape seen;
  auto grow = [&](const Outputs& v) {
    seen = v[1].shape();
    return Outputs{v[0] + 1, ops::Concat({v[1], v[1]}, 0)};
  };
  auto more = [](const Outputs& v) { return ops::Less(v[0], 3); };
  Outputs w = WhileLoop(g, more, grow, {0, ops::Constant(g, {{1, 2}})},
                        {.shape_invariants = {{}, {None, 2}}, .parallel_iterations = 3, .name = "grow"});
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  EXPECT_EQ(seen.rank(), 2);
  EXPECT_FALSE(Known(seen[0]));
  EXPECT_EQ(seen[1], 2);
  EXPECT_EQ(w[1].shape().ToString(), "[?,2]");
  EXPECT_EQ(w[1].node().attr<int64_t>("parallel_iterations"), 3);
  EXPECT_EQ(w[1].node().attr<AttrList>("output_shapes").shape.size(), 2u);
  EXPECT_EQ(Session(g).Run(w[1]).value().num_elements(), 16);

  auto error = [&](std::vector<PartialShape> invariants) {
    Builder b;
    WhileLoop(b, more, grow, {0, ops::Constant(b, {{1, 2}})}, {.shape_invariants = std::move(invariants)});
    return b.status().ToString();
  };
  EXPECT_NE(error({{}, {1, 2}}).find("loop variable 1 is [1,2], but [2,2] after an iteration"), std::string::npos);
  EXPECT_NE(error({{}, {None, 3}}).find("for loop variable 1, which is [1,2] at first"), std::string::npos);
  EXPECT_NE(error({{}}).find("1 shape invariants for 2 loop variables"), std::string::npos);
}

TEST(WhileLoop, WhatNobodyReadsOfOneWithShapeInvariantsIsCut) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {2}, {.name = "x"});
  Outputs w = WhileLoop(
      g, [](const Outputs& v) { return ops::Less(v[0], 3); },
      [](const Outputs& v) { return Outputs{v[0] + 1, v[1], v[2] * 2.0f}; }, {0, ops::Exp(x), x},
      {.shape_invariants = {{}, {2}, {2}}});
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  auto y = Session(g).Run(w[2], {{x, {1.0f, -2.0f}}});
  ASSERT_TRUE(y.ok()) << y.status().ToString();
  EXPECT_EQ(y->ToVector<float>(), (std::vector<float>{8, -16}));
}

// ---- functions with gradients of their own

// x * x, whose gradient is said to be 3 x dy, and `n`, an integer.
FuncRef Square(Builder& g) {
  FuncRef f = DefineFunction(g, "square", {kDouble, kInt32}, [](const Outputs& v) {
    return Outputs{v[0] * v[0], v[1] + 1};
  });
  FuncRef df = DefineFunction(g, "square_grad", {kDouble, kInt32, kDouble, kInt32}, [](const Outputs& v) {
    return Outputs{v[0] * 3.0 * v[2], v[3]};
  });
  return WithGradient(g, f, df);
}

TEST(WithGradient, IsWhatCallsHaveForAGradient) {
  Builder g;
  Output x = ops::Placeholder(g, kDouble, {2}, {.name = "x"});
  FuncRef f = Square(g);
  Output y = Call(g, f, {x, 1})[0];
  Output looped = WhileLoop(
      g, [](const Outputs& v) { return ops::Less(v[0], 2); },
      [&](const Outputs& v) { return Outputs{v[0] + 1, Call(g, f, {v[1], 1})[0]}; }, {0, x})[1];
  Output first = Gradients({y}, {x})[0], second = Gradients({first}, {x})[0], through = Gradients({looped}, {x})[0];
  Output asked = ops::SymbolicGradient({x, 1, ops::OnesLike(x), 0}, {kDouble, kInt32}, f)[0];
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  for (bool optimize : {true, false}) {
    Session s(g, {.optimize = optimize});
    const Feeds at{{x, Tensor::Vector<double>({1, -2})}};
    EXPECT_EQ(s.Run(y, at).value().ToString(), "[1, 4]");
    EXPECT_EQ(s.Run(first, at).value().ToString(), "[3, -6]");
    EXPECT_EQ(s.Run(second, at).value().ToString(), "[3, 3]") << "derived of the function's gradient";
    EXPECT_EQ(s.Run(through, at).value().ToString(), "[9, -72]") << "3 x (3 x²), bodies included";
    EXPECT_EQ(s.Run(asked, at).value().ToString(), "[3, -6]");
  }
}

TEST(WithGradient, IsInFilesAndImported) {
  Builder g;
  Output x = ops::Placeholder(g, kDouble, {2}, {.name = "x"});
  Call(g, Square(g), {x, 1}, {.name = "y"});
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  const std::string wire = ExportGraphDef(g.graph()).value();
  const Graph files[] = {ImportGraphDef(wire, &AllOps()).value(), ParseGraph(PrintGraph(g.graph()), &AllOps()).value()};
  for (const Graph& file : files) {
    EXPECT_EQ(file.FindFunction("square")->gradient, "square_grad");
    Builder b;
    DefineFunction(b, "square_grad", {kDouble}, [](const Outputs& v) { return v; });  // takes the name
    ImportedGraph net = ImportGraph(b, file);
    Output dy = Gradients({net.output("y:0")}, {net.output("x:0")})[0];
    ASSERT_TRUE(b.status().ok()) << b.status().ToString();
    EXPECT_EQ(Session(b).Run(dy, {{net.output("x:0"), Tensor::Vector<double>({1, -2})}}).value().ToString(), "[3, -6]");
  }
  EXPECT_EQ(ExportGraphDef(files[0]).value().size(), wire.size()) << "once, not kept besides";
}

TEST(WithGradient, OfOtherArgumentsIsRefused) {
  auto error = [](std::vector<DType> args, const std::string& name) {
    Builder g;
    FuncRef f = DefineFunction(g, "f", {kFloat}, [](const Outputs& v) { return v; });
    FuncRef df = DefineFunction(g, "df", args, [](const Outputs& v) { return Outputs{v[0]}; });
    df.name = name;
    WithGradient(g, f, df);
    return g.status().ToString();
  };
  EXPECT_EQ(error({kFloat, kFloat}, "df"), Status().ToString());
  EXPECT_NE(error({kFloat}, "df").find("'df' is no gradient of 'f'"), std::string::npos);
  EXPECT_NE(error({kFloat, kDouble}, "df").find("'df' is no gradient of 'f'"), std::string::npos);
  EXPECT_NE(error({kFloat, kFloat}, "none").find("no function 'none'"), std::string::npos);
}

// ---- For

TEST(For, CountsAsTensorFlowDoes) {
  Builder g;
  Output start = ops::Placeholder(g, kInt32, {}, {.name = "start"}), limit = ops::Placeholder(g, kInt32, {}),
         delta = ops::Placeholder(g, kInt32, {});
  FuncRef digits = DefineFunction(g, "digits", {kInt32, kInt32}, [](const Outputs& v) {
    return Outputs{v[1] * 10 + v[0]};
  });
  Output y = ops::For(start, limit, delta, {ops::Constant(g, 0)}, digits)[0];
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Session s(g);
  auto run = [&](int a, int b, int c) { return s.Run(y, {{start, a}, {limit, b}, {delta, c}}); };
  EXPECT_EQ(run(1, 4, 1).value().scalar<int>(), 123);
  EXPECT_EQ(run(7, 2, -2).value().scalar<int>(), 753);
  EXPECT_EQ(run(5, 5, 0).value().scalar<int>(), 0);
  for (auto [a, b, c] : {std::tuple{0, 3, 0}, {0, 3, -1}, {3, 0, 1}}) {
    EXPECT_NE(run(a, b, c).status().ToString().find("does not lead from start to limit"), std::string::npos);
  }
}

TEST(For, RunsWhatItsBodyDoesInOrder) {
  Builder g;
  Output handle = g.Add("VarHandleOp", {}, {{"dtype", kFloat}, {"shape", PartialShape({})}, {"shared_name", "v"}});
  Operation init = MakeNode("AssignVariableOp", {handle, 1.0f});
  FuncRef step = DefineFunction(g, "step", {kInt32, kResource}, [](const Outputs& v) {
    Output read = Make("ReadVariableOp", {v[1]}, {{"dtype", kFloat}});
    MakeNode("AssignVariableOp", {v[1], read * 2.0f});
    return Outputs{v[1]};
  });
  Output after = ops::For(0, 5, 1, {handle}, step)[0];
  Output value = g.Add("ReadVariableOp", {after}, {{"dtype", kFloat}});
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  for (bool optimize : {true, false}) {
    Session s(g, {.optimize = optimize});
    s.Run(init).Check();
    EXPECT_EQ(s.Run(value).value().scalar<float>(), 32);
  }
}

TEST(SymbolicGradient, SaysWhatDoesNotFit) {
  auto error = [](size_t results, const std::string& name) {
    Builder g;
    Output x = ops::Constant(g, 1.0f);
    DefineFunction(g, "f", {kFloat}, [](const Outputs& v) { return v; });
    InputList inputs{x};
    for (size_t j = 0; j < results; ++j) inputs.push_back(x);
    Output dx = ops::SymbolicGradient(inputs, {kFloat}, {name, {}})[0];
    return Session(g).Run(dx).status().ToString();
  };
  EXPECT_EQ(error(1, "f"), Status().ToString());
  EXPECT_EQ(error(1, "Sin"), Status().ToString()) << "an op";
  EXPECT_NE(error(2, "f").find("by 2 results of 'f', which gives 1"), std::string::npos) << error(2, "f");
  EXPECT_NE(error(1, "none").find("'none'"), std::string::npos);
}

}  // namespace
}  // namespace weir
