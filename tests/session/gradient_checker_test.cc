#include "weir/session/gradient_checker.h"

#include <gtest/gtest.h>

#include "weir/graph/gradients.h"
#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"

namespace weir {
namespace {

TEST(GradientChecker, AcceptsTheRightOneAndFindsTheWrongOne) {
  Builder g;
  Output x = ops::Placeholder(g, kDouble, {3}, {.name = "x"});
  Tensor at = Tensor::Of<double>({3}, {0.5, -1.0, 2.0});
  auto right = CheckGradient(g, ops::Square(x), {x}, {at});
  ASSERT_TRUE(right.ok()) << right.status().ToString();
  EXPECT_LT(right->max_error, 1e-8);
  SetGradient(g, "Tanh", [](GradContext& c) { c.set(0, c.grad()); return OkStatus(); });
  auto wrong = CheckGradient(g, ops::Tanh(x), {x}, {at});
  ASSERT_TRUE(wrong.ok()) << wrong.status().ToString();
  EXPECT_GT(wrong->max_error, 0.5);
  EXPECT_EQ(wrong->element, 2) << "tanh is flattest there";
}

TEST(GradientChecker, RefusesIntegers) {
  Builder g;
  Output x = ops::Placeholder(g, kInt32, {1}, {.name = "x"});
  EXPECT_FALSE(CheckGradient(g, x, {x}, {Tensor::Of<int32_t>({1}, {1})}).ok());
}

}  // namespace
}  // namespace weir
