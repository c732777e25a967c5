// Rows of the matrix logarithm; what defines it, and what it is known to be of some matrices.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "weir/session/session.h"
#include "weir/tests/ops/linalg/matrices.h"
#include "weir/weir.h"

namespace weir::testing {

std::vector<OpRow> LogarithmRows() {
  return {
      {"MatrixLogarithm", {Regular({2, 3, 3})}},
      {"MatrixLogarithm", {Definite({2, 2})}},
  };
}

namespace {

Tensor Logm(const Tensor& x) {
  Builder g;
  Output y = ops::Logm(ops::Constant(g, x));
  return Session(g).Run(y).value();
}

void ExpectNear(const Tensor& got, const std::vector<Complex128>& want) {
  for (size_t i = 0; i < want.size(); ++i) EXPECT_LT(std::abs(got.data<Complex128>()[i] - want[i]), 1e-14) << i;
}

// For any order, near singular ones too, and for what is near 1.
TEST(MatrixLogarithm, IsTheExponentialsInverse) {
  for (int64_t n : {1, 2, 15, 16, 17, 40}) {
    Builder g;
    Output x = RandomMatrices(g, {2, n, n}, kComplex128, 5), small = 0.01 * x + OnesOf(x);
    Output y = 0.3 * x / std::sqrt(double(n));
    std::vector<Output> off = {LargestOf(ops::Expm(ops::Logm(x)) - x), LargestOf(ops::Expm(ops::Logm(small)) - small),
                               LargestOf(ops::Logm(ops::Expm(y)) - y)};
    Session session(g);
    for (const Tensor& t : session.Run(off).value()) EXPECT_LT(t.data<double>()[0], 1e-12) << n;
  }
}

TEST(MatrixLogarithm, OfDiagonalsRotationsAndJordanBlocks) {
  const double pi = std::numbers::pi;
  ExpectNear(Logm(Tensor::Of<Complex128>({2, 2}, {1e300, 0, 0, -4})), {std::log(1e300), 0, 0, {std::log(4), pi}});
  ExpectNear(Logm(Tensor::Of<Complex128>({2, 2}, {std::cos(2), std::sin(2), -std::sin(2), std::cos(2)})),
             {0, 2, -2, 0});
  ExpectNear(Logm(Tensor::Of<Complex128>({3, 3}, {2, 1, 0, 0, 2, 1, 0, 0, 2})),
             {std::log(2), 0.5, -0.125, 0, std::log(2), 0.5, 0, 0, std::log(2)});
  ExpectNear(Logm(Tensor::Of<Complex128>({2, 2}, {1, 1e6, 0, 1})), {0, 1e6, 0, 0});
  EXPECT_EQ(Logm(Tensor::Zeros(kComplex128, {2, 0, 0})).num_elements(), 0);
}

TEST(MatrixLogarithm, WithoutInverseOrNotFiniteIsNan) {
  for (double x : {0.0, std::nan(""), HUGE_VAL}) {
    Tensor t = Logm(Tensor::Of<Complex128>({2, 2}, {1, 1, 0, x}));
    EXPECT_TRUE(std::isnan(t.data<Complex128>()[0].real())) << x;
  }
}

}  // namespace
}  // namespace weir::testing
