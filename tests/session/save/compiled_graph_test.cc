// Compiled graphs: what a session compiled runs from a file with the same bits and no pass, by the names it had.
#include "weir/session/save/compiled_graph.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "weir/graph/export.h"
#include "weir/ops/array/array.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/control_flow.h"
#include "weir/ops/model/optimizers.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/session/session.h"

namespace weir {
namespace {

class Compiled : public testing::Test {
 protected:
  ~Compiled() override { std::filesystem::remove(path_); }

  CompiledGraph Reread(const CompiledGraph& c) {
    Status s = c.Save(path_);
    EXPECT_TRUE(s.ok()) << s.ToString();
    auto loaded = CompiledGraph::Load(path_);
    EXPECT_TRUE(loaded.ok()) << loaded.status().ToString();
    return loaded.ok() ? std::move(*loaded) : c;
  }

  std::string path_ = (std::filesystem::path(testing::TempDir()) / ("compiled_" + std::to_string(getpid()) + ".meta"));
};

TEST_F(Compiled, AChainStaysFusedAndHasItsNames) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None, 3}, {.name = "x"});
  Output h = ops::Tanh(x * 2.0f + 1.0f);
  ops::Exp(h - 0.5f, {.name = "y"});
  Session session(g);
  const Tensor fed = Tensor::Of<float>({2, 3}, {0, 1, -1, 0.5f, 2, -3});
  const NamedFeeds feeds = {{"x", fed}};
  auto compiled = session.CompileGraph(feeds, {"y"});
  ASSERT_TRUE(compiled.ok()) << compiled.status().ToString();
  Session fast(Reread(*compiled));
  Tensor want = session.Run(feeds, {"y:0"}).value()[0], got = fast.Run(feeds, {"y:0"}).value()[0];
  EXPECT_TRUE(want.Identical(got)) << want.ToString() << got.ToString();
  EXPECT_EQ(fast.GetPlanStats(feeds, {"y"}).value().steps, 1);
  // Other shapes were not compiled.
  Status s = fast.Run({{"x", Tensor::Zeros(kFloat, {1, 3})}}, {"y"}).status();
  EXPECT_NE(s.ToString().find("[2,3]"), std::string::npos) << s.ToString();
}

TEST_F(Compiled, BodiesOfLoopsAreOptimised) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {8}, {.name = "x"});
  Outputs last = WhileLoop(
      g, [](const Outputs& v) { return ops::Less(v[0], 3); },
      [](const Outputs& v) { return Outputs{v[0] + 1, ops::Tanh(ops::Exp(v[1]) * 0.5f - 1.0f)}; },
      {ops::Constant(g, 0), x});
  ops::Identity(last[1], {.name = "y"});
  Session session(g);
  const NamedFeeds feeds = {{"x", Tensor::Of<float>({8}, {0, 1, -1, 0.5f, 2, -3, 4, 5})}};
  auto compiled = session.CompileGraph(feeds, {"y"});
  ASSERT_TRUE(compiled.ok()) << compiled.status().ToString();
  Session fast(Reread(*compiled)), plain(Reread(*compiled), {.optimize = false});
  auto steps = [&](Session& s) {
    RunMetadata trace;
    EXPECT_TRUE(s.Run(feeds, {"y"}, {}, {.metadata = &trace}).ok());
    return trace.steps.size();
  };
  EXPECT_EQ(steps(fast), steps(session));
  EXPECT_LT(steps(fast), steps(plain));
  EXPECT_TRUE(session.Run(feeds, {"y"}).value()[0].Identical(fast.Run(feeds, {"y"}).value()[0]));
}

TEST_F(Compiled, ATrainingStepGoesOnWithItsVariables) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {4, 2}, {.name = "x"});
  Variable w(g, Tensor::Of<float>({2, 1}, {0.5f, -0.5f}), {.name = "w"});
  Output loss = ops::ReduceMean(ops::Square(ops::MatMul(x, w) - 1.0f));
  Operation train = AdamOptimizer(0.1f).Minimize(loss), init = GlobalVariablesInitializer(g);
  Session session(g);
  const NamedFeeds feeds = {{"x", Tensor::Of<float>({4, 2}, {1, 2, 3, 4, 5, 6, 7, 8})}};
  ASSERT_TRUE(session.Run(init).ok());
  auto compiled = session.CompileGraph(feeds, {loss.name()}, {train.name()});
  ASSERT_TRUE(compiled.ok()) << compiled.status().ToString();
  Session fast(Reread(*compiled));
  for (const std::string& name : session.VariableNames())
    ASSERT_TRUE(fast.SetVariable(name, session.GetVariable(name).value()).ok()) << name;
  for (int step = 0; step < 3; ++step) {
    auto want = session.Run(feeds, {loss.name()}, {train.name()}), got = fast.Run(feeds, {loss.name()}, {train.name()});
    ASSERT_TRUE(got.ok()) << got.status().ToString();
    EXPECT_TRUE((*want)[0].Identical((*got)[0])) << step;
  }
  EXPECT_TRUE(session.GetVariable("w").value().Identical(fast.GetVariable("w").value()));
}

TEST_F(Compiled, AFeedThatDecidesAShapeIsCompiledIn) {
  Builder g;
  Output n = ops::Placeholder(g, kInt32, {}, {.name = "n"});
  ops::Fill(g, ops::Stack({n, 2}), 3.0f, {.name = "y"});
  Session session(g);
  auto compiled = session.CompileGraph({{"n", Tensor(2)}}, {"y"});
  ASSERT_TRUE(compiled.ok()) << compiled.status().ToString();
  const CompiledGraph loaded = Reread(*compiled);
  EXPECT_EQ(loaded.fixed, std::vector<std::string>{"n:0"});
  Session fast(loaded);
  EXPECT_EQ(fast.Run(NamedFeeds{}, {"y"}).value()[0].ToString(), "[[3, 3], [3, 3]]");
  Status s = fast.Run({{"n", Tensor(3)}}, {"y"}).status();
  EXPECT_NE(s.ToString().find("'n' is compiled in"), std::string::npos) << s.ToString();
}

// A tensor that is fed and fetched, one that another node computes now, one of several of a node.
TEST_F(Compiled, AnyTensorMayBeFedAndFetched) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {4}, {.name = "x"});
  Output same = ops::Identity(x, {.name = "same"});
  OutputList parts = ops::Split(ops::Relu(same), 2, 0, {.name = "parts"});
  ops::Add(ops::Constant(g, 3.0f), 4.0f, {.name = "seven"});
  Session session(g);
  const NamedFeeds feeds = {{"x", Tensor::Of<float>({4}, {1, -2, 3, 4})}};
  const std::vector<std::string> fetches = {"x", "same", "parts:1", "seven"};
  auto compiled = session.CompileGraph(feeds, fetches);
  ASSERT_TRUE(compiled.ok()) << compiled.status().ToString();
  Session fast(Reread(*compiled));
  auto want = session.Run(feeds, fetches), got = fast.Run(feeds, fetches);
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  for (size_t i = 0; i < fetches.size(); ++i) EXPECT_TRUE((*want)[i].Identical((*got)[i])) << fetches[i];
}

TEST_F(Compiled, OtherFilesAreRefused) {
  Builder g;
  ops::Placeholder(g, kFloat, {4}, {.name = "x"});
  std::ofstream(path_) << "no graph";
  EXPECT_FALSE(CompiledGraph::Load(path_).ok());
  ASSERT_TRUE(SaveMetaGraph(g.graph(), {}, path_).ok());
  Status s = CompiledGraph::Load(path_).status();
  EXPECT_NE(s.ToString().find("is no compiled graph"), std::string::npos) << s.ToString();
  CompiledGraph wrong{.graph = g.graph(), .feeds = {{"x:0", "x:0"}}};
  ASSERT_TRUE(wrong.Save(path_).ok());
  EXPECT_TRUE(CompiledGraph::Load(path_).ok());
  wrong.fetches["y:0"] = "y:0";
  EXPECT_NE(wrong.Save(path_).ToString().find("'y'"), std::string::npos);
}

}  // namespace
}  // namespace weir
