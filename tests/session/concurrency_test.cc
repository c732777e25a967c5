// Runs at once: readers see whole values, writers take turns. Run under the thread sanitizer too.
#include <gtest/gtest.h>

#include <thread>

#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/ops/state/state.h"
#include "weir/ops/model/variables.h"
#include "weir/session/session.h"

namespace weir {
namespace {

template <class F>
void InThreads(int n, F f) {
  std::vector<std::thread> threads;
  for (int i = 0; i < n; ++i) threads.emplace_back([=] { f(i); });
  for (auto& t : threads) t.join();
}

TEST(Concurrency, OneSessionRunsInManyThreads) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None, 8}, {.name = "x"});
  Output y = ops::ReduceSum(ops::Square(x) + x, {1});
  Session s(g, {.threads = 2});
  InThreads(4, [&](int id) {
    for (int i = 0; i < 50; ++i) {
      int64_t rows = 1 + (i + id) % 3;
      std::vector<float> values(rows * 8, static_cast<float>(id));
      auto r = s.Run({{"x", Tensor::Of<float>({rows, 8}, std::span<const float>(values))}}, {y.name()});
      ASSERT_TRUE(r.ok()) << r.status().ToString();
      ASSERT_EQ((*r)[0].data<float>()[rows - 1], 8.0f * (id * id + id));
    }
  });
}

TEST(Concurrency, EveryUpdateCountsAndReadersSeeWholeValues) {
  Builder g;
  constexpr int64_t kSize = 1000;
  Variable w(g, Tensor::Zeros(kFloat, {kSize}), {.name = "w"});
  Output one = ops::Ones(g, {kSize});
  Operation add = ops::AssignAdd(w, one), init = GlobalVariablesInitializer(g);
  Output low = ops::ReduceMin(w), high = ops::ReduceMax(w);
  Output both = ops::Stack({ops::ReduceMin(w), ops::ReduceMax(w)});
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Session s(g, {.threads = 1});
  s.Run(init).Check();
  InThreads(4, [&](int id) {
    for (int i = 0; i < 100; ++i) {
      if (id < 2) {
        ASSERT_TRUE(s.Run(add).ok());
      } else {
        auto r = s.Run(both);
        ASSERT_TRUE(r.ok());
        ASSERT_EQ(r->data<float>()[0], r->data<float>()[1]) << "a value half written";
      }
    }
  });
  EXPECT_EQ(s.Run({low, high}).value()[0].scalar<float>(), 200.0f);
}

TEST(Concurrency, MatrixProductsFromManyThreads) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {64, 64}, {.name = "x"});
  Output y = ops::MatMul(x, x);
  Session s(g, {.threads = 1});
  std::vector<float> values(64 * 64);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 7) - 3;
  Tensor in = Tensor::Of<float>({64, 64}, std::span<const float>(values));
  Tensor want = s.Run({{"x", in}}, {y.name()}).value()[0];
  InThreads(4, [&](int) {
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(s.Run({{"x", in}}, {y.name()}).value()[0].Identical(want));
  });
}

}  // namespace
}  // namespace weir
