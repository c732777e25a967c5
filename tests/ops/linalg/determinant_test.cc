// Rows of determinants; what is out of the range on the way, and matrices without an inverse.
#include <gtest/gtest.h>

#include <cmath>

#include "weir/session/session.h"
#include "weir/tests/ops/linalg/matrices.h"
#include "weir/weir.h"

namespace weir::testing {

std::vector<OpRow> DeterminantRows() {
  return {
      {"MatrixDeterminant", {Regular({2, 3, 3})}},
      Rough(100, {"MatrixDeterminant", {Regular({4, 4})}}),
      {"LogMatrixDeterminant", {Regular({2, 3, 3})}},
      {"LogMatrixDeterminant", {Regular({18, 18})}},
  };
}

namespace {

TEST(Determinant, StaysWithinRangeWhereTheResultDoes) {
  Builder g;
  Output d = ops::Det(Make("MatrixDiag", {ops::Constant(g, {1e200, -1e200, 1e-300, 1e-99}, kDouble)}));
  ops::LogDeterminant log = ops::Slogdet(ops::Zeros(g, {2, 2}, kDouble));
  Session session(g);
  std::vector<Tensor> got = session.Run(std::vector<Output>{d, log.sign, log.log_abs}).value();
  EXPECT_NEAR(got[0].data<double>()[0], -10, 1e-12);
  EXPECT_EQ(got[1].data<double>()[0], 0);
  EXPECT_EQ(got[2].data<double>()[0], -INFINITY);
}

TEST(Determinant, LargeOrderAgreesWithTheFactors) {
  for (DType dtype : kPrecise) {
    Builder g;
    Output x = RandomMatrices(g, {3, 60, 60}, dtype, 5);
    ops::LogDeterminant log = ops::Slogdet(x);
    Output diagonal = Make("MatrixDiagPart", {ops::Qr(x).r});
    Output off = LargestOf(ops::ReduceSum(ops::Log(ops::Abs(diagonal)), -1) - ops::Real(log.log_abs));
    Output product = LargestOf(ops::Det(x) / (log.sign * ops::Exp(log.log_abs)) - 1);
    Session session(g);
    std::vector<Tensor> got = session.Run(std::vector<Output>{off, product}).value();
    EXPECT_LT(got[0].data<double>()[0], 1e-11);
    EXPECT_LT(got[1].data<double>()[0], 1e-11);
  }
}

// Of plain loops and of LAPACK: the determinant of a product is the product of both, that of the adjoint the conjugate.
TEST(Determinant, OfProductsAndAdjoints) {
  for (DType dtype : kPrecise) {
    for (int64_t n : {1, 2, 15, 16, 17, 40}) {
      Builder g;
      Output x = RandomMatrices(g, {2, n, n}, dtype, 5), y = RandomMatrices(g, {2, n, n}, dtype, 7);
      std::vector<Output> off = {LargestOf(ops::Det(ops::MatMul(x, y)) / (ops::Det(x) * ops::Det(y)) - 1),
                                 LargestOf(ops::Det(ops::Adjoint(x)) / ops::Conj(ops::Det(x)) - 1)};
      Session session(g);
      for (const Tensor& t : session.Run(off).value()) EXPECT_LT(t.data<double>()[0], 1e-10) << n;
    }
  }
}

TEST(Determinant, GradientWithoutInverseIsAnError) {
  Builder g;
  Output x = ops::Ones(g, {2, 2}, kDouble);
  Output dx = Gradients({ops::Det(x)}, {x})[0];
  Session session(g);
  EXPECT_FALSE(session.Run(dx).ok());
}

}  // namespace
}  // namespace weir::testing
