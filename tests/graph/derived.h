// Gradients against finite differences, of first and second order.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "weir/graph/gradients.h"
#include "weir/ops/math/math.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/session/gradient_checker.h"

namespace weir {

// Those of y by each x, at `values`.
inline void ExpectDerived(Builder& b, Output y, const std::vector<Output>& xs, const std::vector<Tensor>& values,
                          const Feeds& others = {}) {
  auto first = CheckGradient(b, y, xs, values, others);
  ASSERT_TRUE(first.ok()) << first.status().ToString();
  EXPECT_LT(first->max_error, 1e-6);
  Output inner;
  for (const Output& dx : Gradients({y}, xs)) {
    if (!dx.valid()) continue;
    Output weighted = ops::ReduceSum(ops::Sin(dx));
    inner = inner.valid() ? inner + weighted : weighted;
  }
  ASSERT_TRUE(b.status().ok()) << b.status().ToString();
  auto second = CheckGradient(b, inner, xs, values, others);
  ASSERT_TRUE(second.ok()) << second.status().ToString();
  EXPECT_LT(second->max_error, 1e-6);
}

}  // namespace weir
