// A fetched tensor is the caller's own: writing it changes no later run, and no later run or refilled feed changes it.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/model/control_flow.h"
#include "weir/ops/math/math.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/ops/state/state.h"
#include "weir/ops/model/variables.h"
#include "weir/runtime/exec/executor.h"
#include "weir/session/session.h"

namespace weir {
namespace {

void Scribble(Tensor t) {
  for (int64_t i = 0; i < t.num_elements(); ++i) t.mutable_data<float>()[i] = -99;
}

TEST(OwnFetch, WritingAFetchedTensorChangesNoLaterRun) {
  Builder g;
  Output c = ops::Constant(g, {1.f, 2.f}), view = ops::Reshape(c, {2, 1});
  Variable v(ops::Constant(g, {3.f, 4.f}), {.name = "v"});
  Output x = ops::Placeholder(g, kFloat, {None}, {.name = "x"}), kept = ops::Identity(x), doubled = x * 2.0f;
  Operation init = GlobalVariablesInitializer(g);
  Session s(g, {.threads = 1});
  s.Run(init).Check();
  const Tensor fed = Tensor::Of<float>({2}, {5, 6});
  const std::vector<Output> fetches = {c, view, v.snapshot(), x, kept, doubled, doubled};
  for (int run = 0; run < 3; ++run) {
    std::vector<Tensor> got = s.Run(fetches, {{x, fed}}).value();
    for (size_t i = 0; i < got.size(); ++i) {
      const char* want[] = {"[1, 2]", "[[1], [2]]", "[3, 4]", "[5, 6]", "[5, 6]", "[10, 12]", "[10, 12]"};
      EXPECT_EQ(got[i].ToString(), want[i]) << "fetch " << i << " of run " << run;
      Scribble(got[i]);
    }
  }
  EXPECT_EQ(fed.ToString(), "[5, 6]");
  EXPECT_EQ(s.GetVariable("v").value().ToString(), "[3, 4]");
}

TEST(OwnFetch, RefilledFeedsAndLaterWritesChangeNothingFetched) {
  Builder g;
  Variable v(ops::Constant(g, {3.f}), {.name = "v"});
  Output x = ops::Placeholder(g, kFloat, {None}, {.name = "x"}), kept = ops::Identity(x);
  Operation init = GlobalVariablesInitializer(g), add = ops::AssignAdd(v, {1.f});
  Session s(g, {.threads = 1});
  s.Run(init).Check();
  Tensor fed = Tensor::Of<float>({1}, {7});
  std::vector<Tensor> got = s.Run({kept, v.snapshot()}, {{x, fed}}).value();
  Scribble(fed);
  s.Run(add).Check();
  EXPECT_EQ(got[0].ToString(), "[7]");
  EXPECT_EQ(got[1].ToString(), "[3]");
}

// Shapes that only data tells, and values that branches hand through.
TEST(OwnFetch, DynamicTensorsAndBranchResultsToo) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None}, {.name = "x"}), n = ops::Placeholder(g, kInt32, {None}, {.name = "n"});
  Output unknown = ops::Reshape(x, ops::Identity(n));
  Output either = Cond(
      ops::Greater(ops::ReduceSum(x), 0.0f),
      [&] {
        return ops::Constant(g, {1.f, 1.f});
      },
      [&] { return ops::Identity(x); });
  Session s(g, {.threads = 1});
  for (float sign : {1.f, -1.f}) {
    for (int run = 0; run < 2; ++run) {
      Tensor fed = Tensor::Of<float>({2}, {2 * sign, 3 * sign});
      std::vector<Tensor> got = s.Run({unknown, either}, {{x, fed}, {n, {1, 2}}}).value();
      EXPECT_EQ(got[0].data<float>()[1], 3 * sign);
      EXPECT_EQ(got[1].data<float>()[0], sign > 0 ? 1 : -2);
      Scribble(got[0]), Scribble(got[1]);
      EXPECT_EQ(fed.data<float>()[0], 2 * sign);
    }
  }
}

TEST(OwnFetch, OutputsAreNotCopied) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {1 << 16}, {.name = "x"}), y = x * 2.0f;
  Session s(g, {.threads = 1});
  Tensor fed = Tensor::Zeros(kFloat, {1 << 16});
  s.Run(y, {{x, fed}}).value();
  const int64_t before = memory::allocations();
  for (int i = 0; i < 10; ++i) s.Run(y, {{x, fed}}).value();
  EXPECT_EQ(memory::allocations(), before) << "one buffer is used again and again";
}

TEST(OwnFetch, CallablesFetchesAreTheCallersToo) {
  Builder g;
  Output c = ops::Constant(g, {1.f}), x = ops::Placeholder(g, kFloat, {1}, {.name = "x"}), y = x + 1.0f;
  Session s(g, {.threads = 1});
  Callable call = s.MakeCallable(std::vector<Output>{x}, std::vector<Output>{c, x, y}).value();
  Tensor fed = Tensor::Of<float>({1}, {5});
  call.BindFeed(0, fed).Check();
  for (int run = 0; run < 3; ++run) {
    call.Run().Check();
    Tensor constant = call.Fetch(0).value(), input = call.Fetch(1).value(), output = call.Fetch(2).value();
    EXPECT_EQ(constant.ToString() + input.ToString() + output.ToString(), "[1][5][6]");
    Scribble(constant), Scribble(input), Scribble(output);
  }
  EXPECT_EQ(fed.ToString(), "[5]");
}

TEST(OwnFetch, IdleSessionsKeepNoFeedAlive) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None}, {.name = "x"}), y = x + 1.0f;
  Session s(g, {.threads = 1});
  bool released = false;
  float data[4] = {1, 2, 3, 4};
  Tensor fed = Tensor::Wrap(kFloat, {4}, data, [&] { released = true; });
  s.Run(y, {{x, fed}}).value();
  fed = Tensor();
  EXPECT_TRUE(released);
}

}  // namespace
}  // namespace weir
