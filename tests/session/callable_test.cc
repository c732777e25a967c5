// Callables: what they hold between runs, and what they keep of other shapes.
#include <gtest/gtest.h>

#include "weir/graph/base/memory.h"
#include "weir/ops/array/array.h"
#include "weir/ops/control/control.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/control_flow.h"
#include "weir/ops/model/variables.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/session/session.h"

namespace weir {
namespace {

constexpr int64_t kMiB = 1 << 20;

// While it lives, no more than `bytes` can be allocated.
class Headroom {
 public:
  explicit Headroom(int64_t bytes) : before_(memory::budget()) { memory::set_budget(memory::bytes_in_use() + bytes); }
  ~Headroom() { memory::set_budget(before_); }

 private:
  int64_t before_;
};

// A variable of 100 MB and an update of one of its rows.
struct LargeVariable {
  Builder g;
  Variable w{ops::Fill(g, {1000, 25000}, 1.f), {.name = "w"}};
  Operation add = ops::ScatterAdd(w, {0}, ops::Fill(g, {1, 25000}, 1.f));
  Operation init = GlobalVariablesInitializer(g);
};

TEST(Callables, ThatTakeTurnsCopyNoVariable) {
  LargeVariable m;
  Output total = ops::ReduceSum(m.w);
  Session s(m.g, {.threads = 1});
  s.Run(m.init).Check();
  Callable train = s.MakeCallable({}, std::vector<Output>{}, {m.add}).value();
  Callable evaluate = s.MakeCallable({}, {total}).value();
  train.Run().Check();
  evaluate.Run().Check();
  Headroom headroom(20 * kMiB);
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(train.Run().ToString(), "OK");
    ASSERT_EQ(evaluate.Run().ToString(), "OK");
    EXPECT_EQ(evaluate.Fetch(0).value().scalar<float>(), 25e6f + 25000.f * static_cast<float>(i + 2));
  }
}

// A fetch that was copied to the caller's own tensor needs the variable's memory no more.
TEST(Callables, AVariableFetchedIntoABoundTensorIsLetGo) {
  LargeVariable m;
  Output value = m.w.Read();
  Session s(m.g, {.threads = 1});
  s.Run(m.init).Check();
  Callable train = s.MakeCallable({}, std::vector<Output>{}, {m.add}).value();
  Callable read = s.MakeCallable({}, {value}).value();
  Tensor mine = Tensor::Zeros(kFloat, {1000, 25000});
  read.BindFetch(0, mine).Check();
  train.Run().Check();
  read.Run().Check();
  Headroom headroom(20 * kMiB);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(train.Run().ToString(), "OK");
    ASSERT_EQ(read.Run().ToString(), "OK");
    EXPECT_EQ(mine.at<float>(0, 0), static_cast<float>(i + 3));
  }
}

// A run that fails within a branch, whose body has read the variable, keeps it no longer than one that succeeds.
TEST(Callables, AVariableReadInABranchThatFailsIsLetGo) {
  LargeVariable m;
  Output bad = ops::Placeholder(m.g, kBool, {}, {.name = "bad"});
  Output total = Cond(
      bad,
      [&] {
        Output sum = ops::ReduceSum(m.w.Read());
        return ops::Cast(ops::FloorDiv(ops::Cast(sum, kInt32), ops::Cast(sum, kInt32) * 0), kFloat);
      },
      [&] { return ops::ReduceSum(m.w.Read()); });
  Session s(m.g, {.threads = 1});
  s.Run(m.init).Check();
  s.Run(m.add).Check();
  EXPECT_FALSE(s.Run(total, {{bad, true}}).ok());
  Headroom headroom(20 * kMiB);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(s.Run(m.add).ToString(), "OK");
}

TEST(Callables, KeepAFewShapes) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None, 16}, {.name = "x"});
  Output y = ops::ReduceSum(ops::Exp(ops::Transpose(x, {1, 0})) * 2.f, {0});
  Session s(g, {.threads = 1});
  Callable call = s.MakeCallable({x}, {y}).value();
  Tensor one = Tensor::Zeros(kFloat, {1, 16}), three = Tensor::Zeros(kFloat, {3, 16});
  auto run = [&](const Tensor& value) {
    call.BindFeed(0, value).Check();
    call.Run().Check();
    EXPECT_EQ(call.Fetch(0).value().num_elements(), value.shape()[0]);
  };
  run(one), run(three), run(one), run(three);
  const int64_t before = memory::allocations(), plans = s.GetCompileCounts().plans;
  for (int i = 0; i < 10; ++i) run(one), run(three);
  EXPECT_EQ(memory::allocations(), before) << "two shapes in turn make new contexts";
  EXPECT_EQ(s.GetCompileCounts().plans, plans);
}

TEST(Callables, AFetchIsUnboundByNoTensor) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {2}, {.name = "x"});
  Output y = x + 1.f;
  Session s(g, {.threads = 1});
  Callable call = s.MakeCallable({x}, {y}).value();
  Tensor mine = Tensor::Zeros(kFloat, {2});
  call.BindFeed(0, Tensor::Vector(std::vector<float>{1, 2})).Check();
  call.BindFetch(0, mine).Check();
  call.Run().Check();
  EXPECT_EQ(mine.ToString(), "[2, 3]");
  call.BindFetch(0, Tensor()).Check();
  call.BindFeed(0, Tensor::Vector(std::vector<float>{5, 6})).Check();
  call.Run().Check();
  EXPECT_EQ(mine.ToString(), "[2, 3]") << "it is no longer bound";
  EXPECT_EQ(call.Fetch(0).value().ToString(), "[6, 7]");
}

TEST(Loops, ThatWriteAVariableCopyNothing) {
  LargeVariable m;
  auto once = [&](const Outputs& v) {
    auto after = m.g.ControlDependencies({ops::ScatterAdd(m.w, {0}, ops::Fill(m.g, {1, 25000}, 1.f))});
    return Outputs{ops::Add(v[0], 1)};
  };
  Output n = ops::Placeholder(m.g, kInt32, {}, {.name = "n"});
  Output count = WhileLoop(m.g, [&](const Outputs& v) { return ops::Less(v[0], n); }, once, {0})[0];
  Output both = Cond(ops::Less(n, 2), [&] { return once({n})[0]; }, [&] { return Output(ops::Identity(n)); });
  Session s(m.g, {.threads = 1});
  s.Run(m.init).Check();
  Headroom headroom(20 * kMiB);
  auto got = s.Run(count, {{n, 5}});
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  EXPECT_EQ(got->scalar<int32_t>(), 5);
  auto branch = s.Run(both, {{n, 1}});
  ASSERT_TRUE(branch.ok()) << branch.status().ToString();
  memory::set_budget(memory::bytes_in_use() + 300 * kMiB);
  EXPECT_EQ(s.GetVariable("w").value().data<float>()[0], 7.f);
}

TEST(Loops, AreInTheTrace) {
  Builder g;
  Outputs v = WhileLoop(
      g, [](const Outputs& v) { return ops::Less(v[0], 3); },
      [](const Outputs& v) { return Outputs{ops::Add(v[0], 1), ops::Cumsum(v[1], 0)}; },
      {0, ops::Placeholder(g, kFloat, {4}, {.name = "x"})});
  Session s(g, {.threads = 1});
  RunMetadata trace;
  s.Run(v[1], {{g.FindOutput("x:0"), {1, 1, 1, 1}}}, {.metadata = &trace}).value();
  int sums = 0, loops = 0;
  double begin = -1, end = -1;
  for (const StepStats& step : trace.steps) {
    sums += step.op == "Cumsum";
    if (!step.op.ends_with("While")) continue;
    ++loops, begin = step.start_us, end = step.start_us + step.duration_us;
  }
  EXPECT_EQ(sums, 3);
  EXPECT_EQ(loops, 1);
  for (const StepStats& step : trace.steps) {
    if (step.op == "Cumsum") EXPECT_TRUE(step.start_us >= begin && step.start_us + step.duration_us <= end);
  }
}

TEST(Print, CountsItsNodeNotItsPlans) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None}, {.name = "x"});
  Output y = ops::Print(x, {x}, {.message = "x = ", .first_n = 2}) * 2.f;
  std::vector<std::string> printed;
  Session s(g, {.threads = 1, .print = [&](const std::string& text) { printed.push_back(text); }});
  for (int64_t n : {1, 2, 3, 1}) s.Run(y, {{x, Tensor::Zeros(kFloat, {n})}}).value();
  EXPECT_EQ(printed, (std::vector<std::string>{"x = [0]", "x = [0 0]"}));
}

}  // namespace
}  // namespace weir
