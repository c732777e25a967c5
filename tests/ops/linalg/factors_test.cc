// Rows of Qr and Lu; their products.
#include <gtest/gtest.h>

#include "weir/session/session.h"
#include "weir/tests/ops/linalg/matrices.h"
#include "weir/weir.h"

namespace weir::testing {

std::vector<OpRow> FactorRows() {
  return {
      {"Qr", {Regular({2, 3, 3})}},
      {"Qr", {{4, 2}}},
      {"Qr", {{2, 2, 4}}},
      {"Qr", {{2, 3}}, {{"full_matrices", true}}},
      RefusesGradient({"Qr", {{2, 4, 2}}, {{"full_matrices", true}}}),
      {"Lu", {Regular({2, 3, 3})}},
      {"Lu", {{4, 4}}, {{"output_idx_type", kInt64}}},
      {"Lu", {Regular({20, 20})}},
  };
}

namespace {

TEST(Qr, OrthonormalTimesUpper) {
  for (auto [m, n] : {std::pair{1, 1}, {5, 3}, {3, 5}, {16, 16}, {17, 17}, {40, 40}, {70, 30}}) {
    for (int which = 0; which < 4; ++which) {
      Builder g;
      Output x = RandomMatrices(g, {2, m, n}, kPrecise[which % 2], 5);
      ops::QrFactors f = ops::Qr(x, {.full_matrices = which > 1});
      Output qq = ops::MatMul(f.q, f.q, {.adjoint_a = true}), diagonal = Make("MatrixDiagPart", {f.r});
      std::vector<Output> off = {LargestOf(ops::MatMul(f.q, f.r) - x), LargestOf(qq - OnesOf(qq)),
                                 LargestOf(f.r - ops::MatrixBandPart(f.r, 0, -1)),
                                 LargestOf(diagonal - ops::Conj(diagonal))};
      Session session(g);
      for (const Tensor& t : session.Run(off).value()) EXPECT_LT(t.data<double>()[0], 1e-13) << m << " " << n;
    }
  }
}

TEST(Qr, OrthogonalInitialValues) {
  for (const Shape& s : {Shape({3, 2, 4}), Shape({2, 9})}) {
    Builder g;
    Output x = ops::Reshape(ops::OrthogonalInitializer({.gain = 2, .seed = 5})(g, s, kDouble), {-1, s[s.rank() - 1]});
    const bool wide = s[0] == 2;
    Output product = ops::MatMul(x, x, {.transpose_a = !wide, .transpose_b = wide});
    Output off = LargestOf(product - 4 * Make("MatrixDiag", {ops::OnesLike(Make("MatrixDiagPart", {product}))}));
    Session session(g);
    EXPECT_LT(session.Run(off).value().data<double>()[0], 1e-14) << s.ToString();
  }
}

TEST(Lu, ProductIsThePermutedInput) {
  for (DType dtype : kPrecise) {
    for (int64_t n : {1, 5, 16, 17, 90}) {
      Builder g;
      Output x = RandomMatrices(g, {2, n, n}, dtype, 5);
      ops::LuFactors f = ops::Lu(x);
      Output upper = ops::MatrixBandPart(f.lu, 0, -1);
      Output lower = Make("MatrixSetDiag", {f.lu - upper, ops::OnesLike(Make("MatrixDiagPart", {f.lu}))});
      Output permuted = Make("GatherV2", {x, f.p, 1}, {{"batch_dims", 1}});
      Output off = LargestOf(ops::MatMul(lower, upper) - permuted), largest = LargestOf(lower);
      Session session(g);
      std::vector<Tensor> got = session.Run(std::vector<Output>{off, largest}).value();
      EXPECT_LT(got[0].data<double>()[0], 1e-13) << n;
      // Pivots are the largest of their columns; LAPACK takes |re| + |im| for a complex number's size.
      EXPECT_LE(got[1].data<double>()[0], dtype == kDouble ? 1 : 1.42) << n;
    }
  }
}

TEST(Lu, RefusesWhatHasNoInverse) {
  Builder g;
  ops::LuFactors f = ops::Lu(ops::Ones(g, {2, 2}, kDouble));
  Session session(g);
  EXPECT_FALSE(session.Run(f.lu).ok());
}

TEST(Qr, IdentityOfNoElements) {
  Builder g;
  ops::QrFactors f = ops::Qr(ops::Zeros(g, {2, 0}, kDouble), {.full_matrices = true});
  Session session(g);
  EXPECT_TRUE(session.Run(f.q).value().Identical(Tensor::Of<double>({2, 2}, {1, 0, 0, 1})));
}

}  // namespace
}  // namespace weir::testing
