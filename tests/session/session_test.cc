// Sessions: feeds, fetches, targets, variables, errors, callables, cancelling, snapshots.
#include "weir/session/session.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "weir/ops/array/array.h"
#include "weir/ops/control/control.h"
#include "weir/ops/model/control_flow.h"
#include "weir/ops/gather/gather.h"
#include "weir/ops/math/math.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/random/random.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/ops/state/state.h"
#include "weir/ops/model/variables.h"

namespace weir {
namespace {

TEST(Session, FeedsAnyTensorAndFetchesAny) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None}, {.name = "x"});
  Output y = ops::Square(x), z = y + 1.0f;
  Session s(g, {.threads = 1});
  EXPECT_EQ(s.Run(z, {{x, {1, 2, 3}}}).value().ToString(), "[2, 5, 10]");
  EXPECT_EQ(s.Run(z, {{y, {10.f, 20.f}}}).value().ToString(), "[11, 21]") << "an inner tensor is fed; x is not needed";
  EXPECT_EQ(s.Run(x, {{x, {4.f}}}).value().ToString(), "[4]") << "a feed can be fetched";
  auto two = s.Run({y, y, z}, {{x, {2.f}}}).value();
  EXPECT_EQ(two[0].ToString(), "[4]");
  EXPECT_EQ(two[1].ToString(), "[4]");
}

// An id of another graph would be some other node of this one.
TEST(Session, RefusesWhatAnotherBuilderMade) {
  Builder g, h;
  Output p = ops::Placeholder(g, kFloat, {2}, {.name = "p"}), doubled = p * 2.0f;
  Output q = ops::Placeholder(h, kFloat, {2}, {.name = "q"}), other = q * 100.0f;
  Session s(g, {.threads = 1});
  for (const Status& status : {s.Run(other, {{p, {1.f, 2.f}}}).status(), s.Run(doubled, {{q, {1.f, 2.f}}}).status(),
                               s.Run(other.op()), s.Extend(h)}) {
    EXPECT_EQ(status.code(), Code::kInvalidArgument) << status.ToString();
  }
  EXPECT_NE(s.Run(other, {{p, {1.f, 2.f}}}).status().ToString().find("is of another builder"), std::string::npos);
  EXPECT_TRUE(s.Run(doubled, {{p, {1.f, 2.f}}}).ok());
}

TEST(Session, RefusesAnOutputThatAnOpDoesNotHave) {
  Builder g;
  Output nothing = g.Add("NoOp", {}, {}, {.name = "nothing"});
  Session s(g, {.threads = 1});
  const Status status = s.Run(nothing).status();
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_NE(status.ToString().find("'nothing' has no output 0"), std::string::npos) << status.ToString();
  EXPECT_TRUE(s.Run(nothing.op()).ok());
}

TEST(Session, VariablesAreFetched) {
  Builder g;
  Variable w(ops::Zeros(g, {2}), {.name = "w"});
  Operation init = GlobalVariablesInitializer(g), add = ops::AssignAdd(w, {1, 2});
  Session s(g, {.threads = 1});
  s.Run(init).Check();
  s.Run(add).Check();
  EXPECT_EQ(s.Run(w).value().ToString(), "[1, 2]");
}

TEST(Session, ConditionalsOfOneResult) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, PartialShape::Scalar(), {.name = "x"});
  Output y = Cond(ops::Greater(x, 0), [&] { return x * 2; }, [&] { return -x; });
  Session s(g, {.threads = 1});
  EXPECT_EQ(s.Run(y, {{x, 3.f}}).value().scalar<float>(), 6);
  EXPECT_EQ(s.Run(y, {{x, -3.f}}).value().scalar<float>(), 3);
}

TEST(Session, RangesOfOutputsAreArguments) {
  Builder g;
  std::vector<Output> halves = ops::Split(g.Constant(Tensor::Of<float>({4}, {1, 2, 3, 4})), 2);
  Output columns = ops::Stack(halves, 1), mixed = ops::Stack({halves[0], {7, 8}}), sum = ops::AddN(halves);
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  auto values = Session(g, {.threads = 1}).Run({columns, mixed, sum}).value();
  EXPECT_EQ(values[0].ToString(), "[[1, 3], [2, 4]]");
  EXPECT_EQ(values[1].ToString(), "[[1, 2], [7, 8]]");
  EXPECT_EQ(values[2].ToString(), "[4, 6]");
  EXPECT_NE(g.graph()[sum.endpoint().node].loc().ToString().find("session_test.cc"), std::string::npos);
}

// The signature used longest ago goes, whatever its place in an order of signatures.
TEST(Session, TheSignatureUsedLongestAgoIsForgotten) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {2}, {.name = "x"});
  std::vector<Output> ys;
  for (int i = 0; i < 4; ++i) ys.push_back(x + static_cast<float>(i));
  Session s(g, {.threads = 1, .max_plans = 2});
  const Feeds feeds{{x, {1.f, 2.f}}};
  auto lowerings = [&](const Output& y) {
    const int64_t before = s.GetCompileCounts().signatures;
    s.Run(y, feeds).status().Check();
    return s.GetCompileCounts().signatures - before;
  };
  EXPECT_EQ(lowerings(ys[0]), 1);
  EXPECT_EQ(lowerings(ys[1]), 1);
  EXPECT_EQ(lowerings(ys[0]), 0);
  EXPECT_EQ(lowerings(ys[2]), 1) << "in the place of the second";
  EXPECT_EQ(lowerings(ys[0]), 0);
  EXPECT_EQ(lowerings(ys[1]), 1);
}

TEST(Session, ByNames) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {2}, {.name = "x"});
  ops::Relu(x, {.name = "y"});
  Session s(g, {.threads = 1});
  NamedFeeds feeds{{"x", Tensor::Of<float>({2}, {-1, 1})}};
  EXPECT_EQ(s.Run(feeds, {"y:0"}).value()[0].ToString(), "[0, 1]");
  auto missing = s.Run(feeds, {"yy"});
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.status().ToString().find("error[fetch]: the graph has no node 'yy'"), std::string::npos)
      << missing.status().ToString();
}

TEST(Session, FeedErrorsEchoBothTypes) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None, 3}, {.name = "x"}), y = ops::Relu(x, {.name = "y"});
  Session s(g, {.threads = 1});
  auto wrong_shape = s.Run(y, {{x, {{1, 2}}}});
  ASSERT_FALSE(wrong_shape.ok());
  for (const char* part : {"error[feed]: Placeholder 'x:0' is f32[?,3]", "f32[1,2]", "session_test.cc"}) {
    EXPECT_NE(wrong_shape.status().ToString().find(part), std::string::npos) << wrong_shape.status().ToString();
  }
  auto wrong_dtype = s.Run({{"x", Tensor::Of<int32_t>({1, 3}, {1, 2, 3})}}, {"y"});
  EXPECT_EQ(wrong_dtype.status().code(), Code::kInvalidArgument);
  auto twice = s.Run({y}, {{x, {{1, 2, 3}}}, {x, {{1, 2, 3}}}});
  EXPECT_NE(twice.status().ToString().find("fed twice"), std::string::npos);
  auto unfed = s.Run(y);
  ASSERT_FALSE(unfed.ok());
  EXPECT_NE(unfed.status().ToString().find("Placeholder 'x' must be fed"), std::string::npos)
      << unfed.status().ToString();
}

TEST(Session, AnErrorWhileBuildingReachesTheRun) {
  Builder g;
  Output y = ops::MatMul(ops::Placeholder(g, kFloat, {2, 3}), ops::Placeholder(g, kFloat, {2, 3}));
  Session s(g);
  auto r = s.Run(y);
  ASSERT_FALSE(r.ok());
  EXPECT_NE(r.status().ToString().find("cannot multiply"), std::string::npos) << r.status().ToString();
}

TEST(Session, WorksOnASnapshotUntilExtended) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {1}, {.name = "x"});
  Session s(g, {.threads = 1});
  Output y = x * 2.0f;
  auto early = s.Run(y, {{x, {1.f}}});
  ASSERT_FALSE(early.ok());
  EXPECT_NE(early.status().ToString().find("Extend"), std::string::npos);
  s.Extend(g).Check();
  EXPECT_EQ(s.Run(y, {{x, {1.f}}}).value().ToString(), "[2]");
}

TEST(Session, VariablesByNameAndUninitialisedOnes) {
  Builder g;
  Variable w(g, Tensor::Of<float>({2}, {1, 2}), {.name = "w"});
  Output y = w * 2.0f;
  Operation init = GlobalVariablesInitializer(g), add = ops::AssignAdd(w, {10.f, 20.f});
  Session s(g, {.threads = 1});
  auto unset = s.Run(y);
  ASSERT_FALSE(unset.ok());
  EXPECT_EQ(unset.status().code(), Code::kFailedPrecondition);
  EXPECT_NE(unset.status().ToString().find("variable 'w' has no value yet"), std::string::npos)
      << unset.status().ToString();
  EXPECT_FALSE(s.FindValue("w").value().has_value());
  EXPECT_FALSE(s.FindValue("another").value().has_value());
  s.Run(init).Check();
  EXPECT_EQ(s.FindValue("w").value()->ToString(), "[1, 2]");
  Tensor before = s.GetVariable("w").value();
  s.Run(add).Check();
  EXPECT_EQ(s.GetVariable("w").value().ToString(), "[11, 22]");
  EXPECT_EQ(before.ToString(), "[1, 2]") << "a value never changes after it was read";
  s.SetVariable("w", Tensor::Of<float>({2}, {5, 6})).Check();
  EXPECT_EQ(s.Run(y).value().ToString(), "[10, 12]");
  EXPECT_FALSE(s.SetVariable("w", Tensor::Of<float>({3}, {1, 2, 3})).ok());
  EXPECT_FALSE(s.SetVariable("v", Tensor(1.0f)).ok());
}

TEST(Session, EffectsKeepProgramOrder) {
  Builder g;
  Variable w(g, Tensor(1.0f), {.name = "w"});
  Output before = w.Read();
  Operation add = ops::AssignAdd(w, 10.0f);
  Output after = w.Read();
  Operation twice = ops::Assign(w, after * 2.0f);
  Operation init = GlobalVariablesInitializer(g);
  for (bool optimize : {false, true}) {
    Session s(g, {.threads = 1, .optimize = optimize});
    s.Run(init).Check();
    auto r = s.Run({before, after}, {}, {add, twice}).value();
    EXPECT_EQ(r[0].scalar<float>(), 1.0f);
    EXPECT_EQ(r[1].scalar<float>(), 11.0f);
    EXPECT_EQ(s.GetVariable("w").value().scalar<float>(), 22.0f);
  }
}

TEST(Session, AFetchedReadSurvivesLaterWrites) {
  Builder g;
  Variable w(g, Tensor::Of<float>({3}, {1, 2, 3}), {.name = "w"});
  Output read = w.Read();
  Operation add = ops::AssignAdd(w, {1.f, 1.f, 1.f}), init = GlobalVariablesInitializer(g);
  Session s(g, {.threads = 1});
  s.Run(init).Check();
  Tensor held = s.Run(read).value();
  s.Run(add).Check();
  EXPECT_EQ(held.ToString(), "[1, 2, 3]");
  EXPECT_EQ(s.Run(read).value().ToString(), "[2, 3, 4]");
}

TEST(Session, ShapesThatOnlyDataTells) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None}, {.name = "x"});
  Output where = ops::Squeeze(ops::Where(ops::Greater(x, 0.0f)), {1});
  Output positive = ops::Gather(x, where) * 10.0f;
  Output n = ops::Range(g, 0, ops::Size(where), 1);
  Output still_static = x + 1.0f;
  for (bool optimize : {false, true}) {
    Session s(g, {.threads = 1, .optimize = optimize});
    auto r = s.Run({positive, n, still_static}, {{x, {1.f, -2.f, 3.f}}}).value();
    EXPECT_EQ(r[0].ToString(), "[10, 30]");
    EXPECT_EQ(r[1].ToString(), "[0, 1]");
    EXPECT_EQ(r[2].ToString(), "[2, -1, 4]");
    EXPECT_EQ(s.Run(positive, {{x, {-1.f, -2.f, -3.f}}}).value().shape().ToString(), "[0]");
    std::string plan =
        s.ExplainPlan({{"x", Tensor::Of<float>({3}, {1, 2, 3})}}, {positive.name(), still_static.name()}).value();
    EXPECT_NE(plan.find("AddV2(%"), std::string::npos) << plan;
    EXPECT_NE(plan.find("f32[3] = AddV2"), std::string::npos) << "static neighbours stay static\n" << plan;
  }
}

TEST(Session, AFedSizeIsCompiledIn) {
  Builder g;
  Output n = ops::Placeholder(g, kInt32, PartialShape::Scalar(), {.name = "n"}),
         x = ops::Placeholder(g, kFloat, {None}, {.name = "x"});
  Output y = ops::Reshape(x, ops::Stack({n, -1})) * 2.0f;
  Session s(g, {.threads = 1});
  Tensor four = Tensor::Of<float>({4}, {1, 2, 3, 4});
  for (int32_t rows : {1, 2, 4, 2}) {
    EXPECT_EQ(s.Run({{"n", Tensor(rows)}, {"x", four}}, {y.name()}).value()[0].shape().ToString(),
              Shape({rows, 4 / rows}).ToString());
  }
  std::string plan = s.ExplainPlan({{"n", Tensor(2)}, {"x", four}}, {y.name()}).value();
  EXPECT_EQ(plan.find("dynamic"), std::string::npos) << plan;
  for (int32_t rows = 1; rows < 100; ++rows) {
    std::vector<float> values(rows * 2);
    auto r = s.Run({{"n", Tensor(rows)}, {"x", Tensor::Vector(values)}}, {y.name()});
    ASSERT_TRUE(r.ok()) << r.status().ToString();
    EXPECT_EQ((*r)[0].shape()[0], rows) << "after many values they are no longer compiled in";
  }
  Callable c = s.MakeCallable({n, x}, {y}).value();
  int32_t rows = 2;
  c.BindFeed(0, Tensor::Wrap(kInt32, Shape(), &rows)).Check();
  c.BindFeed(1, four).Check();
  c.Run().Check();
  EXPECT_EQ(c.Fetch(0).value().shape().ToString(), "[2,2]");
  rows = 4;
  c.Run().Check();
  EXPECT_EQ(c.Fetch(0).value().shape().ToString(), "[4,1]") << "the caller's memory is read at each run";
}

TEST(Session, CondAndWhile) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None}, {.name = "x"}),
         n = ops::Placeholder(g, kInt32, PartialShape::Scalar(), {.name = "n"});
  Variable count(g, Tensor(0.0f), {.name = "count"});
  Outputs c = Cond(
      ops::Greater(ops::ReduceSum(x), 0.0f), [&] { return Outputs{x * 2.0f}; }, [&] { return Outputs{-x}; });
  Outputs w = WhileLoop(g, [&](const Outputs& v) { return ops::Less(v[0], n); },
                        [&](const Outputs& v) {
                          ops::AssignAdd(count, 1.0f);
                          return Outputs{v[0] + 1, v[1] * x};
                        },
                        {0, x});
  Operation init = GlobalVariablesInitializer(g);
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  for (bool optimize : {false, true}) {
    Session s(g, {.threads = 1, .optimize = optimize});
    s.Run(init).Check();
    auto r = s.Run({c[0], w[0], w[1]}, {{x, {1.f, 2.f}}, {n, 3}});
    ASSERT_TRUE(r.ok()) << r.status().ToString();
    EXPECT_EQ((*r)[0].ToString(), "[2, 4]");
    EXPECT_EQ((*r)[1].ToString(), "3");
    EXPECT_EQ((*r)[2].ToString(), "[1, 16]");
    EXPECT_EQ(s.GetVariable("count").value().scalar<float>(), 3.0f);
    EXPECT_EQ(s.Run(c[0], {{x, {-1.f}}}).value().ToString(), "[1]");
    EXPECT_EQ(s.Run(w[1], {{x, {5.f}}, {n, 0}}).value().ToString(), "[5]") << "no iteration";
  }
}

TEST(Session, ALoopWhoseVariableGrows) {
  Builder g;
  Output n = ops::Placeholder(g, kInt32, PartialShape::Scalar(), {.name = "n"}),
         start = ops::Placeholder(g, kFloat, {None}, {.name = "start"});
  Outputs w = WhileLoop(g, [&](const Outputs& v) { return ops::Less(v[0], n); },
                        [&](const Outputs& v) { return Outputs{v[0] + 1, ops::Concat({v[1], v[1]}, 0)}; }, {0, start});
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Session s(g, {.threads = 1});
  auto r = s.Run(w[1], {{start, {1.f, 2.f}}, {n, 2}});
  ASSERT_TRUE(r.ok()) << r.status().ToString();
  EXPECT_EQ(r->ToString(), "[1, 2, 1, 2, 1, 2, 1, 2]");
}

TEST(Session, FunctionsAreInlined) {
  Builder g;
  FuncRef twice = DefineFunction(g, "twice", {kFloat}, [](const Outputs& a) { return Outputs{a[0] + a[0]}; });
  Output x = ops::Placeholder(g, kFloat, {2}, {.name = "x"});
  Output y = Call(g, twice, {Call(g, twice, {x})[0]})[0];
  Session s(g, {.threads = 1});
  EXPECT_EQ(s.Run(y, {{x, {1.f, 2.f}}}).value().ToString(), "[4, 8]");
}

TEST(Session, AFunctionThatCallsItselfIsRefused) {
  Builder g;
  FuncRef f = DefineFunction(g, "f", {kFloat}, [](const Outputs& a) { return Outputs{a[0] + 1.0f}; });
  Function self(&g.graph().registry());
  self = *g.graph().FindFunction("f");
  NodeSpec call;
  call.op = "f", call.name = "again", call.inputs = {{self.body.Find("arg0"), 0}};
  ASSERT_TRUE(self.body.AddRaw(call, 1).ok());
  g.mutable_graph().RetainFunctions({});
  ASSERT_TRUE(g.mutable_graph().AddFunction(self).ok());
  Output x = ops::Placeholder(g, kFloat, {2}, {.name = "x"});
  Outputs y = Call(g, f, {x});
  Session s(g, {.threads = 1});
  auto r = y.empty() || !y[0].valid() ? Result<Tensor>(g.status()) : s.Run(y[0], {{x, {1.f, 2.f}}});
  ASSERT_FALSE(r.ok());
}

TEST(Session, CancelAndDeadlineEndALoop) {
  Builder g;
  Output go = ops::Placeholder(g, kBool, PartialShape::Scalar(), {.name = "go"});
  Outputs w = WhileLoop(
      g, [&](const Outputs&) { return ops::Identity(go); }, [](const Outputs& v) { return Outputs{v[0] + 1}; }, {0});
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Session s(g, {.threads = 1});
  RunConfig timeout;
  timeout.timeout = std::chrono::milliseconds(50);
  EXPECT_EQ(s.Run({w[0]}, {{go, true}}, {}, timeout).status().code(), Code::kDeadlineExceeded);
  std::atomic<bool> cancel{false};
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    cancel = true;
  });
  RunConfig cancelled;
  cancelled.cancel = &cancel;
  EXPECT_EQ(s.Run({w[0]}, {{go, true}}, {}, cancelled).status().code(), Code::kCancelled);
  later.join();
}

TEST(Session, AssertFailsTheRunAndNamesItself) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, PartialShape::Scalar(), {.name = "x"});
  Operation check = ops::Assert(ops::Greater(x, 0.0f), {"x must be positive", x}, 3, {.name = "check"});
  Session s(g, {.threads = 1});
  EXPECT_TRUE(s.Run(check, {{x, 1.0f}}).ok());
  Status bad = s.Run(check, {{x, -1.0f}});
  ASSERT_FALSE(bad.ok());
  EXPECT_NE(bad.ToString().find("'check'"), std::string::npos) << bad.ToString();
  EXPECT_NE(bad.ToString().find("x must be positive"), std::string::npos) << bad.ToString();
}

TEST(Session, CheckNumericsNamesTheFirstBadOp) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {2}, {.name = "x"});
  Output y = ops::Log(x, {.name = "the_log"}) * 0.0f;
  Session s(g, {.threads = 1, .optimize = false});
  RunConfig config;
  config.check_numerics = true;
  auto r = s.Run({y}, {{x, {1.f, -1.f}}}, {}, config);
  ASSERT_FALSE(r.ok());
  EXPECT_NE(r.status().ToString().find("Log 'the_log'"), std::string::npos) << r.status().ToString();
}

TEST(Session, TraceListsTheSteps) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {2, 2}, {.name = "x"});
  Output y = ops::MatMul(x, x, {.name = "product"});
  Session s(g, {.threads = 1});
  RunMetadata metadata;
  RunConfig config;
  config.metadata = &metadata;
  s.Run({y}, {{x, {{1, 2}, {3, 4}}}}, {}, config).value();
  ASSERT_EQ(metadata.steps.size(), 1u);
  EXPECT_EQ(metadata.steps[0].name, "product");
  std::string path = testing::TempDir() + "/trace.json";
  metadata.WriteChromeTrace(path).Check();
  std::string text((std::istreambuf_iterator<char>(*std::make_unique<std::ifstream>(path))), {});
  EXPECT_NE(text.find("\"name\":\"MatMul\""), std::string::npos);
  EXPECT_FALSE(metadata.WriteChromeTrace("/nonexistent/trace.json").ok());
}

TEST(Callable, ReadsAndWritesTheCallersMemory) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {2}, {.name = "x"}), y = ops::Square(x) + 1.0f;
  Session s(g, {.threads = 1});
  Callable c = s.MakeCallable({x}, {y}).value();
  float in[2] = {1, 2}, out[2] = {};
  c.BindFeed(0, Tensor::Wrap(kFloat, {2}, in)).Check();
  c.BindFetch(0, Tensor::Wrap(kFloat, {2}, out)).Check();
  c.Run().Check();
  EXPECT_EQ(out[1], 5.0f);
  in[1] = 3;
  c.Run().Check();
  EXPECT_EQ(out[1], 10.0f);
  EXPECT_FALSE(c.BindFeed(1, Tensor(1.0f)).ok());
  EXPECT_FALSE(c.BindFeed(0, Tensor(1.0f)).ok());
}

TEST(Callable, APreparedRunAllocatesNoTensors) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {4, 4}, {.name = "x"});
  Variable w(g, Tensor::Of<float>({4}, {1, 2, 3, 4}), {.name = "w"});
  Output y = ops::Relu(ops::MatMul(x, x) + w);
  Operation init = GlobalVariablesInitializer(g);
  Session s(g, {.threads = 1});
  s.Run(init).Check();
  Callable c = s.MakeCallable({x}, {y}).value();
  c.BindFeed(0, Tensor::Zeros(kFloat, {4, 4})).Check();
  c.BindFetch(0, Tensor::Zeros(kFloat, {4, 4})).Check();
  c.Run().Check();
  int64_t before = memory::allocations();
  for (int i = 0; i < 100; ++i) c.Run().Check();
  EXPECT_EQ(memory::allocations(), before);
}

TEST(Session, OneThreadMeansNoOther) {
  auto count = [] {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("Threads:")) return std::stoi(line.substr(8));
    }
    return -1;
  };
  int before = count();
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {256, 256}, {.name = "x"});
  Output y = ops::MatMul(x, x);
  Session s(g, {.threads = 1});
  s.Run({{"x", Tensor::Zeros(kFloat, {256, 256})}}, {y.name()}).value();
  EXPECT_EQ(count(), before);
}

TEST(Session, TheSameBitsForAnyNumberOfThreads) {
  Builder g;
  g.SetSeed(7);
  Output a = ops::RandomNormal(g, {300, 200}, {.seed = 1}), b = ops::RandomNormal(g, {200, 100}, {.seed = 2});
  Output y = ops::ReduceSum(ops::Tanh(ops::MatMul(a, b)), {0}), all = ops::ReduceMean(ops::Exp(a));
  std::vector<Tensor> first;
  for (int threads : {1, 2, 3, 8}) {
    Session s(g, {.threads = threads});
    auto r = s.Run({y, all}).value();
    if (first.empty()) first = r;
    EXPECT_TRUE(r[0].Identical(first[0])) << threads;
    EXPECT_TRUE(r[1].Identical(first[1])) << threads;
  }
  Session unoptimised(g, {.threads = 1, .optimize = false}), exact(g, {.threads = 2, .precision = Precision::kExact});
  auto plain = unoptimised.Run({y, all}).value(), optimised = exact.Run({y, all}).value();
  EXPECT_TRUE(plain[0].Identical(optimised[0]));
  EXPECT_TRUE(plain[1].Identical(optimised[1]));
}

}  // namespace
}  // namespace weir
