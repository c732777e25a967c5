// Rows of Cholesky; what it refuses; its small and its large way against the definition.
#include <gtest/gtest.h>

#include "weir/session/session.h"
#include "weir/tests/ops/linalg/matrices.h"
#include "weir/weir.h"

namespace weir::testing {

std::vector<OpRow> CholeskyRows() {
  return {
      {"Cholesky", {Definite({3, 3})}},
      {"Cholesky", {Definite({2, 2, 4, 4})}},
      Rough(10, {"Cholesky", {Definite({18, 18})}}),
      {"CholeskyGrad", {{{2, 3, 3}, 0.5, 2}, {2, 3, 3}}},
  };
}

namespace {

TEST(Cholesky, RefusesWhatIsNotDefiniteAndNamesIt) {
  Builder g;
  Output x = ops::Placeholder(g, kDouble, {2, 2, 2}, {.name = "x"});
  Output y = ops::Cholesky(x, {.name = "factor"});
  Session session(g);
  Result<Tensor> got = session.Run(y, {{x, Tensor::Of<double>({2, 2, 2}, {2, 0, 1, 3, 1, 0, 2, 1})}});
  ASSERT_FALSE(got.ok());
  const std::string text = got.status().ToString();
  EXPECT_NE(text.find("factor"), std::string::npos) << text;
  EXPECT_NE(text.find("not positive definite"), std::string::npos) << text;
  EXPECT_NE(text.find("matrix 1 of the batch, leading minor 2"), std::string::npos) << text;
}

// Of any order L is lower, with L·Lᴴ the matrix and a solution by it one of the matrix, for the plain loops as for
// LAPACK. What is above the diagonal is not read.
TEST(Cholesky, FactorsAnyOrder) {
  for (DType dtype : kPrecise) {
    for (int64_t n : {1, 2, 15, 16, 17, 40, 130}) {
      Builder g;
      Output a = Definite({}).through(RandomMatrices(g, {2, n, n}, dtype, 5));
      Output l = ops::Cholesky(ops::MatrixBandPart(a, -1, 0)), b = RandomMatrices(g, {2, n, 3}, dtype, 7);
      Output off = LargestOf(ops::MatMul(l, l, {.adjoint_b = true}) - a) / LargestOf(a);
      Output above = LargestOf(l - ops::MatrixBandPart(l, -1, 0));
      Output solved = LargestOf(ops::MatMul(a, ops::CholeskySolve(l, b)) - b);
      Session session(g);
      std::vector<Tensor> got = session.Run(std::vector<Output>{off, above, solved}).value();
      EXPECT_LT(got[0].data<double>()[0], 1e-14) << n;
      EXPECT_EQ(got[1].data<double>()[0], 0) << n;
      EXPECT_LT(got[2].data<double>()[0], 1e-9) << n;
    }
  }
}

}  // namespace
}  // namespace weir::testing
