// Rows of tridiagonal matrices; the solution against the product.
#include <gtest/gtest.h>

#include <cmath>

#include "weir/session/session.h"
#include "weir/tests/ops/linalg/matrices.h"
#include "weir/weir.h"

namespace weir::testing {

std::vector<OpRow> TridiagonalRows() {
  return {
      {"TridiagonalMatMul", {{2, 1, 4}, {2, 1, 4}, {2, 1, 4}, {2, 4, 3}}},
      {"TridiagonalMatMul", {{1, 3}, {1, 3}, {1, 3}, {3, 1}}},
      Rough(10, {"TridiagonalSolve", {{2, 3, 4}, {2, 4, 2}}}),
      {"TridiagonalSolve", {Elements({3, 3}, {1, -1, 9, 4, 5, 6, 9, 2, 1}), {3, 2}}, {{"partial_pivoting", false}}},
      {"TridiagonalSolve", {Elements({3, 3}, {1, -1, 9, 0.1, 5, 6, 9, 2, 1}), {3, 2}}, {{"perturb_singular", true}}},
  };
}

namespace {

TEST(TridiagonalSolve, IsTheProductsInverse) {
  for (DType dtype : kPrecise) {
    for (int64_t n : {1, 2, 3, 50}) {
      Builder g;
      Output d = RandomMatrices(g, {2, 3, n}, dtype, 5), b = RandomMatrices(g, {2, n, 3}, dtype, 7);
      Output x = ops::TridiagonalSolve(d, b);
      auto row = [&](int64_t i) { return d[{_, {i, i + 1}}]; };
      Output off = LargestOf(ops::TridiagonalMatMul(row(0), row(1), row(2), x) - b);
      Session session(g);
      EXPECT_LT(session.Run(off).value().data<double>()[0], 1e-10) << n;
    }
  }
}

TEST(TridiagonalSolve, WithoutInverse) {
  Builder g;
  Output d = ops::Constant(g, {{0.0, 0.0}, {2.0, 0.0}, {0.0, 0.0}}, kDouble);
  Output b = ops::Ones(g, {2, 1}, kDouble);
  Output none = ops::TridiagonalSolve(d, b);
  Output near = Make("TridiagonalSolve", {d, b}, {{"perturb_singular", true}});
  Session session(g);
  EXPECT_TRUE(std::isnan(session.Run(none).value().data<double>()[0]));
  EXPECT_NEAR(session.Run(near).value().data<double>()[1] / 2.25179981e15, 1, 1e-8);
}

}  // namespace
}  // namespace weir::testing
