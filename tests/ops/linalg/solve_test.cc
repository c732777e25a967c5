// Rows of what solves equations; what it refuses; small and large orders against the definition.
#include <gtest/gtest.h>

#include "weir/session/session.h"
#include "weir/tests/ops/linalg/matrices.h"
#include "weir/weir.h"

namespace weir::testing {

std::vector<OpRow> SolveRows() {
  return {
      {"MatrixTriangularSolve", {{{2, 3, 3}, 0.5, 2}, {2, 3, 2}}},
      {"MatrixTriangularSolve", {{{3, 3}, 0.5, 2}, {2, 3, 1}}, {{"lower", false}}},
      {"MatrixTriangularSolve", {{{2, 1, 3, 3}, 0.5, 2}, {2, 3, 2}}, {{"adjoint", true}}},
      {"MatrixTriangularSolve", {{{3, 3}, 0.5, 2}, {3, 4}}, {{"lower", false}, {"adjoint", true}}},
      {"MatrixTriangularSolve", {Regular({18, 18}), {18, 3}}},
      {"MatrixSolve", {Regular({2, 3, 3}), {2, 3, 2}}},
      {"MatrixSolve", {Regular({4, 4}), {4, 1}}, {{"adjoint", true}}},
      {"MatrixInverse", {Regular({2, 3, 3})}},
      {"MatrixInverse", {Regular({4, 4})}, {{"adjoint", true}}},
      ByConvention({2}, {"MatrixSolveLs", {Regular({2, 4, 3}), {2, 4, 2}, Tensor(0.5)}}),
      ByConvention({2}, {"MatrixSolveLs", {Regular({2, 4}), {2, 3}, Tensor(0.0)}}),
      RefusesGradient({"MatrixSolveLs", {Regular({2, 4, 3}), {2, 4, 2}, Tensor(0.5)}, {{"fast", false}}}),
      RefusesGradient({"MatrixSolveLs", {Regular({2, 4}), {2, 3}, Tensor(0.5)}, {{"fast", false}}}),
  };
}

namespace {

double ValueOf(Builder& g, const Output& x) {
  Session session(g);
  return session.Run(x).value().data<double>()[0];
}

TEST(Solve, AnyOrderBothWays) {
  for (int64_t n : {1, 2, 3, 15, 16, 17, 40, 64, 150}) {
    for (int which = 0; which < 4; ++which) {
      const bool adjoint = which > 1;
      const DType dtype = kPrecise[which % 2];
      Builder g;
      Output a = RandomMatrices(g, {2, n, n}, dtype, 5), b = RandomMatrices(g, {2, n, 3}, dtype, 7);
      Output x = ops::Solve(a, b, {.adjoint = adjoint});
      EXPECT_LT(ValueOf(g, LargestOf(ops::MatMul(a, x, {.adjoint_a = adjoint}) - b)), 1e-9) << n;
      Output inverse = ops::Inverse(a, {.adjoint = adjoint});
      EXPECT_LT(ValueOf(g, LargestOf(ops::MatMul(inverse, b) - x)), 1e-8) << n;
      for (bool lower : {false, true}) {
        Output t = lower ? ops::MatrixBandPart(a, -1, 0) : ops::MatrixBandPart(a, 0, -1);
        t = Make("MatrixSetDiag", {t, Make("MatrixDiagPart", {t}) * 0.1 + double(n)});
        Output y = ops::TriangularSolve(a - ops::MatrixBandPart(a, 0, 0) + ops::MatrixBandPart(t, 0, 0), b,
                                        {.lower = lower, .adjoint = adjoint});
        EXPECT_LT(ValueOf(g, LargestOf(ops::MatMul(t, y, {.adjoint_a = adjoint}) - b)), 1e-12) << n;
      }
    }
  }
}

TEST(Solve, RefusesWhatHasNoInverse) {
  for (int64_t n : {2, 20}) {
    Builder g;
    Output a = ops::Ones(g, {3, n, n}, kDouble);
    Output b = ops::Ones(g, {3, n, 1}, kDouble);
    for (const Output& x : {ops::Solve(a, b, {.name = "it"}), ops::Inverse(a, {.name = "it"})}) {
      Session session(g);
      Result<Tensor> got = session.Run(x);
      ASSERT_FALSE(got.ok());
      const std::string text = got.status().ToString();
      EXPECT_NE(text.find("'it"), std::string::npos) << text;
      EXPECT_NE(text.find("no inverse"), std::string::npos) << text;
      EXPECT_NE(text.find("matrix 0 of the batch"), std::string::npos) << text;
    }
  }
}

// Both ways find the same where there is one answer; only the slow one finds the least x of a deficient matrix.
TEST(LeastSquares, FullAndDeficientRank) {
  Builder g;
  for (int which = 0; which < 4; ++which) {
    const int64_t m = which > 1 ? 30 : 20, n = which > 1 ? 20 : 30;
    Output a = RandomMatrices(g, {2, m, n}, kPrecise[which % 2], 5);
    Output b = RandomMatrices(g, {2, m, 3}, kPrecise[which % 2], 7);
    Output fast = ops::LeastSquares(a, b);
    EXPECT_LT(ValueOf(g, LargestOf(fast - ops::LeastSquares(a, b, {.fast = false}))), 1e-9);
    // What is left over is orthogonal to the columns.
    Output left = ops::MatMul(a, ops::MatMul(a, fast) - b, {.adjoint_a = true});
    EXPECT_LT(ValueOf(g, LargestOf(left)), 1e-9);
  }
  Output ones = ops::Ones(g, {3, 2}, kDouble), right = ops::Ones(g, {3, 1}, kDouble);
  EXPECT_LT(ValueOf(g, LargestOf(ops::LeastSquares(ones, right, {.fast = false}) - 0.5)), 1e-14);
  Output deficient = ops::LeastSquares(ones, right), negative = ops::LeastSquares(ones, right, {.l2_regularizer = -1});
  Session session(g);
  EXPECT_FALSE(session.Run(deficient).ok());
  EXPECT_FALSE(session.Run(negative).ok());
}

}  // namespace
}  // namespace weir::testing
