// Rows of the matrix exponential; what it is known to be of some matrices.
#include <gtest/gtest.h>

#include <cmath>

#include "weir/session/session.h"
#include "weir/tests/ops/linalg/matrices.h"
#include "weir/weir.h"

namespace weir::testing {

std::vector<OpRow> ExponentialRows() {
  return {
      {"MatrixExponential", {{2, 3, 3}}},
      {"MatrixExponential", {In({2, 2}, -9, 9)}},
  };
}

namespace {

Tensor Expm(const Tensor& x) {
  Builder g;
  Output y = ops::Expm(ops::Constant(g, x));
  return Session(g).Run(y).value();
}

// Relative errors double with each squaring: `norm` times as large.
void ExpectNear(const Tensor& got, const std::vector<double>& want, double norm = 10) {
  for (size_t i = 0; i < want.size(); ++i)
    EXPECT_NEAR(got.data<double>()[i], want[i], 1e-15 * norm * std::max(1.0, std::abs(want[i]))) << i;
}

TEST(MatrixExponential, OfDiagonalsRotationsAndNilpotents) {
  ExpectNear(Expm(Tensor::Of<double>({2, 2}, {1, 0, 0, -30})), {std::exp(1), 0, 0, std::exp(-30)}, 30);
  ExpectNear(Expm(Tensor::Of<double>({2, 2}, {0, 20, -20, 0})),
             {std::cos(20), std::sin(20), -std::sin(20), std::cos(20)}, 20);
  ExpectNear(Expm(Tensor::Of<double>({3, 3}, {0, 2, 5, 0, 0, 4, 0, 0, 0})), {1, 2, 9, 0, 1, 4, 0, 0, 1});
  ExpectNear(Expm(Tensor::Of<double>({1, 1}, {700})), {std::exp(700)}, 700);
  EXPECT_EQ(Expm(Tensor::Zeros(kDouble, {0, 0})).num_elements(), 0);
}

TEST(MatrixExponential, OfNumbersThatAreNotFiniteIsNan) {
  for (double x : {std::nan(""), HUGE_VAL}) {
    Tensor t = Expm(Tensor::Of<double>({2, 2}, {1, x, 0, 1}));
    EXPECT_TRUE(std::isnan(t.data<double>()[0])) << x;
  }
}

// e^a · e^-a = I, by plain loops and by LAPACK.
TEST(MatrixExponential, OfMinusIsTheInverse) {
  for (DType dtype : kPrecise) {
    for (int64_t n : {1, 3, 16, 17, 60}) {
      Builder g;
      Output x = RandomMatrices(g, {2, n, n}, dtype, 5) / std::sqrt(double(n));
      Output off = LargestOf(ops::MatMul(ops::Expm(x), ops::Expm(-x)) - OnesOf(x));
      EXPECT_LT(Session(g).Run(off).value().data<double>()[0], 1e-11) << n;
    }
  }
}

}  // namespace
}  // namespace weir::testing
