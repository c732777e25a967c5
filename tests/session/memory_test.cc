// What a session keeps between runs is bounded, and shared by its plans; what does not fit is an error that names who
// needs it.
#include <gtest/gtest.h>

#include <thread>

#include "weir/graph/base/memory.h"
#include "weir/ops/array/array.h"
#include "weir/ops/conv/conv.h"
#include "weir/ops/model/control_flow.h"
#include "weir/ops/math/math.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/nn/nn.h"
#include "weir/ops/pool/pool.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/session/session.h"

namespace weir {
namespace {

constexpr int64_t kMiB = 1 << 20;

// A small convolutional network on digits.
struct Network {
  Network() {
    Output h = ops::Relu(ops::Conv2D(x, Weight({5, 5, 1, 8}), {.padding = "SAME"}));
    h = ops::Relu(ops::Conv2D(ops::MaxPool(h), Weight({5, 5, 8, 16}), {.padding = "SAME"}));
    h = ops::Relu(ops::MatMul(ops::Reshape(ops::MaxPool(h), {-1, 7 * 7 * 16}), Weight({7 * 7 * 16, 128})));
    y = ops::Softmax(ops::MatMul(h, Weight({128, 10})));
  }
  Output Weight(const Shape& shape) {
    Tensor t = Tensor::Allocate(kFloat, shape).value();
    for (int64_t i = 0; i < t.num_elements(); ++i) t.mutable_data<float>()[i] = static_cast<float>(i % 13 - 6) / 100;
    return ops::Constant(g, t);
  }
  Status Run(const Session& s, int64_t batch) const {
    return s.Run(y, {{x, Tensor::Zeros(kFloat, {batch, 28, 28, 1})}}).status();
  }

  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None, 28, 28, 1}, {.name = "x"});
  Output y;
};

// Each of 8 threads with each of 65 batch sizes.
void ServeAll(const Network& n, const Session& s) {
  std::vector<std::thread> threads;
  for (int id = 0; id < 8; ++id) {
    threads.emplace_back([&, id] {
      for (int i = 0; i < 65; ++i) ASSERT_TRUE(n.Run(s, 1 + (i * 7 + id * 11) % 65).ok());
    });
  }
  for (auto& t : threads) t.join();
}

TEST(SessionMemory, ManyThreadsWithManyBatchSizesStayFlat) {
  Network n;
  Session s(n.g, {.threads = 1});
  const int64_t before = memory::bytes_in_use();
  auto arena =
      s.GetPlanStats({{"x", Tensor::Zeros(kFloat, {65, 28, 28, 1})}}, {n.y.name()}).value().arena_bytes;
  for (int round = 0; round < 3; ++round) {
    ServeAll(n, s);
    // As many arenas as threads, and some small buffers of fetches; not one for each batch size and thread.
    EXPECT_LE(memory::bytes_in_use() - before, 8 * arena + 8 * kMiB) << "round " << round;
    EXPECT_LE(s.CacheBytes(), int64_t{256} * kMiB);
  }
}

TEST(SessionMemory, IsBoundedByTheOption) {
  Network n;
  Session s(n.g, {.threads = 1, .max_cache_bytes = 16 * kMiB});
  const int64_t before = memory::bytes_in_use();
  for (int round = 0; round < 2; ++round) {
    ServeAll(n, s);
    EXPECT_LE(s.CacheBytes(), 16 * kMiB);
    EXPECT_LE(memory::bytes_in_use() - before, 17 * kMiB);
  }
}

TEST(SessionMemory, WhatTheLastRunUsedStaysHoweverLarge) {
  Network n;
  Session s(n.g, {.threads = 1, .max_cache_bytes = kMiB});
  n.Run(s, 64).Check();
  Tensor fed = Tensor::Zeros(kFloat, {64, 28, 28, 1});
  const int64_t allocations = memory::allocations();
  for (int i = 0; i < 5; ++i) s.Run(n.y, {{n.x, fed}}).value();
  EXPECT_EQ(memory::allocations(), allocations);
}

TEST(SessionMemory, PlansGoToo) {
  Network n;
  Session s(n.g, {.threads = 1, .max_cache_bytes = 1});
  for (int round = 0; round < 2; ++round) {
    for (int64_t batch : {1, 2, 3}) ASSERT_TRUE(n.Run(s, batch).ok());
  }
  EXPECT_EQ(s.GetCompileCounts().plans, 6) << "each is compiled again";
}

TEST(SessionMemory, TrimGivesAllBack) {
  Network n;
  Session s(n.g, {.threads = 1});
  const int64_t before = memory::bytes_in_use();
  ServeAll(n, s);
  EXPECT_GT(s.CacheBytes(), kMiB);
  std::thread trimmer([&] {
    for (int i = 0; i < 20; ++i) s.Trim();
  });
  ServeAll(n, s);
  trimmer.join();
  s.Trim();
  EXPECT_EQ(s.CacheBytes(), 0);
  EXPECT_EQ(memory::bytes_in_use(), before);
  EXPECT_TRUE(n.Run(s, 3).ok());
}

class Budget {
 public:
  explicit Budget(int64_t more) : before_(memory::budget()) { memory::set_budget(memory::bytes_in_use() + more); }
  ~Budget() { memory::set_budget(before_); }

 private:
  int64_t before_;
};

TEST(OutOfMemory, WhatIsIdleGoesBefore) {
  Network n;
  Session s(n.g, {.threads = 1});
  Builder other;
  Output size = ops::Placeholder(other, kInt32, {1}), filled = ops::Fill(other, size, 1.0f);
  Session fills(other, {.threads = 1});
  Callable call = fills.MakeCallable({size}, {filled}).value();
  call.BindFeed(0, Tensor::Vector(std::vector<int32_t>{kMiB / 4})).Check();
  n.Run(s, 64).Check();
  ASSERT_GT(s.CacheBytes(), 2 * kMiB);
  {
    Budget none(kMiB / 2);
    EXPECT_TRUE(call.Run().ok()) << "what another session keeps, and a step needs while it runs";
    EXPECT_LT(s.CacheBytes(), kMiB);
  }
  n.Run(s, 64).Check();
  Budget none(0);
  EXPECT_TRUE(Tensor::Allocate(kFloat, {kMiB / 4}).ok());
  EXPECT_FALSE(Tensor::Allocate(kFloat, {16 * kMiB}).ok());
}

TEST(OutOfMemory, NamesTheNode) {
  Builder g;
  Output n = ops::Placeholder(g, kInt32, {2}, {.name = "n"}), x = ops::Placeholder(g, kFloat, {None}, {.name = "x"});
  Output column = ops::Reshape(x, {-1, 1}), row = ops::Reshape(x, {1, -1});
  Output large = ops::MatMul(column, row, {.name = "outer_product"}), sum = ops::ReduceSum(large + 1.0f);
  Output filled = ops::ReduceSum(ops::Fill(g, ops::Identity(n) + 0, 1.0f, {.name = "filled"}));
  Session s(g, {.threads = 1});
  Tensor fed = Tensor::Zeros(kFloat, {4096});
  Budget budget(2 * kMiB);
  auto error = [](const Status& status) {
    EXPECT_EQ(status.code(), Code::kResourceExhausted) << status.ToString();
    return status.ToString();
  };
  const std::string arena = error(s.Run(sum, {{x, fed}}).status());
  EXPECT_NE(arena.find("outer_product"), std::string::npos) << arena;
  EXPECT_NE(arena.find("f32[4096,4096]"), std::string::npos) << arena;
  const std::string fetched = error(s.Run(large, {{x, fed}}).status());
  EXPECT_NE(fetched.find("outer_product"), std::string::npos) << fetched;
  Callable call =
      s.MakeCallable(std::vector<Output>{n}, std::vector<Output>{filled}).value();  // no value is compiled in
  call.BindFeed(0, Tensor::Of<int32_t>({2}, {4096, 4096})).Check();
  const std::string dynamic = error(call.Run());
  EXPECT_NE(dynamic.find("'filled' cannot run: there is not enough memory"), std::string::npos) << dynamic;
}

TEST(CheckNumerics, NamesTheOpInsideAFusedGroup) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None}, {.name = "x"});
  Output y = ops::Sqrt(
      ops::Add(ops::Log(ops::Multiply(x, 2.0f, {.name = "twice"}), {.name = "the_log"}), 1.0f, {.name = "more"}),
      {.name = "root"});
  Output branch = Cond(
      ops::Greater(ops::ReduceSum(x), -1e9f), [&] { return ops::Tanh(ops::Log(x * 3.0f, {.name = "inner_log"})); },
      [&] { return x; });
  Session s(g, {.threads = 1});
  RunConfig check{.check_numerics = true};
  auto error = [&](Output fetch) { return s.Run(fetch, {{x, {1.f, -1.f}}}, check).status().ToString(); };
  EXPECT_NE(error(y).find("Log 'the_log' computed NaN or infinity"), std::string::npos) << error(y);
  EXPECT_NE(error(branch).find("inner_log"), std::string::npos) << error(branch);
  EXPECT_EQ(s.Run(y, {{x, {1.f, 4.f}}}, check).value().ToString(), s.Run(y, {{x, {1.f, 4.f}}}).value().ToString());
  Callable call = s.MakeCallable(std::vector<Output>{x}, std::vector<Output>{y}).value();
  call.BindFeed(0, Tensor::Of<float>({2}, {1, -1})).Check();
  EXPECT_TRUE(call.Run().ok());
  EXPECT_NE(call.Run(check).ToString().find("the_log"), std::string::npos);
}

// What only data sizes has its memory, and its preparation, from the run before.
TEST(SessionMemory, DynamicStepsAllocateNothingForShapesThatComeAgain) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None}, {.name = "x"});
  Output positive = ops::BooleanMask(x, ops::Greater(x, 0.f));
  Output y = ops::ReduceSum(ops::Exp(positive) + 1.f);
  Session s(g, {.threads = 1});
  Callable call = s.MakeCallable({x}, {y}).value();
  call.BindFeed(0, Tensor::Vector(std::vector<float>{-1, 0, -2, 0, 0})).Check();
  call.Run().Check();
  EXPECT_EQ(call.Fetch(0).value().scalar<float>(), 0);
  call.BindFeed(0, Tensor::Vector(std::vector<float>{1, -1, 2, 3, 0})).Check();
  call.Run().Check();
  const float sum = call.Fetch(0).value().scalar<float>();
  const int64_t before = memory::allocations();
  for (int i = 0; i < 3; ++i) call.Run().Check();
  EXPECT_LE(memory::allocations() - before, 3) << "but for the copies of a mask that preparing needs";
  EXPECT_EQ(call.Fetch(0).value().scalar<float>(), sum);
}

}  // namespace
}  // namespace weir
