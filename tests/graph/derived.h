// Gradients against finite differences, of first and second order. TensorFlow may be asked to compute them as well
// (tests/oracle/check_state.py).
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "weir/graph/gradients.h"
#include "weir/ops/math/math.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/session/gradient_checker.h"
#include "weir/session/session.h"
#include "weir/tests/ops/model/keep_for_tensorflow.h"

namespace weir {

inline void KeepDerived(const Builder& b, const std::vector<Output>& fetches, const std::vector<Output>& xs,
                        const std::vector<Tensor>& values, const Feeds& others) {
  if (!KeepsForTensorFlow()) return;
  Feeds feeds = others;
  for (size_t i = 0; i < xs.size(); ++i) feeds.emplace_back(xs[i], values[i]);
  std::vector<std::pair<std::string, Tensor>> arrays;
  for (const Feed& f : feeds)
    arrays.emplace_back("feed/" + f.output.name(), f.value.ToTensor(f.output.dtype()).value());
  const auto got = Session(b.graph(), {.threads = 1}).Run(fetches, feeds);
  if (!got.ok()) return;  // of variables that the test itself gives values
  for (size_t i = 0; i < fetches.size(); ++i) arrays.emplace_back("fetch/" + fetches[i].name(), (*got)[i]);
  static int count = 0;
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  std::string name = std::string(test->test_suite_name()) + "." + test->name() + "_" + std::to_string(count++);
  std::replace(name.begin(), name.end(), '/', '_');
  KeepForTensorFlow("derived_" + name, b.graph(), arrays);
}

// Those of y by each x, at `values`.
inline void ExpectDerived(Builder& b, Output y, const std::vector<Output>& xs, const std::vector<Tensor>& values,
                          const Feeds& others = {}) {
  auto first = CheckGradient(b, y, xs, values, others);
  ASSERT_TRUE(first.ok()) << first.status().ToString();
  EXPECT_LT(first->max_error, 1e-6);
  Output inner;
  std::vector<Output> kept{y};
  for (const Output& dx : Gradients({y}, xs)) {
    if (!dx.valid()) continue;
    kept.push_back(dx);
    Output weighted = ops::ReduceSum(ops::Sin(dx));
    inner = inner.valid() ? inner + weighted : weighted;
  }
  ASSERT_TRUE(b.status().ok()) << b.status().ToString();
  for (const Output& ddx : Gradients({inner}, xs)) {
    if (ddx.valid()) kept.push_back(ddx);
  }
  KeepDerived(b, kept, xs, values, others);
  auto second = CheckGradient(b, inner, xs, values, others);
  ASSERT_TRUE(second.ok()) << second.status().ToString();
  EXPECT_LT(second->max_error, 1e-6);
}

}  // namespace weir
