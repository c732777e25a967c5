// Rows of singular values, eigenvalues and roots; what defines them, for many sizes.
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <thread>

#include "weir/session/session.h"
#include "weir/tests/ops/linalg/matrices.h"
#include "weir/weir.h"

namespace weir::testing {

std::vector<OpRow> SpectrumRows() {
  return {
      RealGradient(Rough(100, {"Svd", {Regular({2, 3, 3})}})),
      RealGradient(Rough(100, {"Svd", {{4, 2}}})),
      RealGradient(Rough(100, {"Svd", {{2, 2, 4}}})),
      RealGradient({"Svd", {{2, 3, 4}}, {{"compute_uv", false}}}),  // as complex numbers these have rank 2
      {"Svd", {Regular({2, 3, 3})}, {{"compute_uv", false}}},
      RealGradient(Rough(100, {"Svd", {{3, 4}}, {{"full_matrices", true}}})),
      RefusesGradient({"Svd", {{2, 4}}, {{"full_matrices", true}}}),
      RealGradient(Rough(100, {"SelfAdjointEigV2", {{2, 3, 3}}})),
      {"SelfAdjointEigV2", {{4, 4}}, {{"compute_v", false}}},
      {"MatrixSquareRoot", {Definite({2, 3, 3})}},
      {"MatrixSquareRoot", {Regular({4, 4})}},
  };
}

namespace {

TEST(Svd, FactorsMakeTheMatrix) {
  for (auto [m, n] : {std::pair{1, 1}, {5, 3}, {3, 5}, {40, 40}, {70, 30}}) {
    for (int which = 0; which < 4; ++which) {
      Builder g;
      Output x = RandomMatrices(g, {2, m, n}, kPrecise[which % 2], 5);
      ops::SvdFactors f = ops::Svd(x, {.full_matrices = which > 1});
      const int p = std::min(m, n);
      Output u = f.u[{Ellipsis, {0, p}}], v = f.v[{Ellipsis, {0, p}}];
      std::vector<Output> off = {LargestOf(ops::MatMul(u * ops::ExpandDims(f.s, -2), v, {.adjoint_b = true}) - x)};
      for (const Output& w : {f.u, f.v}) {
        Output ww = ops::MatMul(w, w, {.adjoint_a = true});
        off.push_back(LargestOf(ww - OnesOf(ww)));
      }
      off.push_back(LargestOf(f.s - ops::Svd(x, {.compute_uv = false}).s));
      Session session(g);
      for (const Tensor& t : session.Run(off).value()) EXPECT_LT(t.data<double>()[0], 1e-12) << m << " " << n;
    }
  }
}

TEST(Svd, NotFiniteGivesNan) {
  Builder g;
  Output x = ops::Constant(g, {{1.0, INFINITY}, {0.0, 1.0}}, kDouble);
  Output s = ops::Svd(x).s, e = ops::SelfAdjointEig(ops::MatrixTranspose(x)).values;
  Session session(g);
  EXPECT_TRUE(std::isnan(session.Run(s).value().data<double>()[0]));
  EXPECT_FALSE(session.Run(e).ok());
}

TEST(SelfAdjointEig, VectorsTimesValues) {
  for (DType dtype : kPrecise) {
    for (int64_t n : {1, 2, 10, 16, 17, 60}) {
      Builder g;
      Output x = RandomMatrices(g, {2, n, n}, dtype, 5);
      Output a = x + ops::Adjoint(x);
      ops::EigenPairs e = ops::SelfAdjointEig(ops::MatrixBandPart(a, -1, 0));  // the lower triangle is read
      Output v = e.vectors, values = ops::ExpandDims(e.values, -2);
      std::vector<Output> off = {LargestOf(ops::MatMul(a, v) - v * values),
                                 LargestOf(ops::MatMul(v * values, v, {.adjoint_b = true}) - a),
                                 LargestOf(e.values - ops::SelfAdjointEig(a, {.compute_v = false}).values)};
      Session session(g);
      for (const Tensor& t : session.Run(off).value()) EXPECT_LT(t.data<double>()[0], 1e-12) << n;
    }
  }
}

// ---- gradients of complex matrices, of functions that do not depend on the vectors' factors

Output SumOf(const Output& y) { return ops::ReduceSum(ops::Real(y * y)); }
Output Ascending(const Output& x) { return ops::Constant(*x.builder(), {1.0, 2.0, 5.0}, x.dtype()); }
Output OfSingularVectors(const Output& x) {
  ops::SvdFactors f = ops::Svd(x);
  return SumOf(ops::MatMul(f.u * Ascending(x), f.v, {.adjoint_b = true})) + ops::ReduceSum(ops::Real(f.s * f.s));
}
Output OfEigenvectors(const Output& x) {
  ops::EigenPairs e = ops::SelfAdjointEig(x);
  return SumOf(ops::MatMul(e.vectors * Ascending(x), e.vectors, {.adjoint_b = true})) +
         ops::ReduceSum(ops::Real(e.values * e.values * e.values));
}
Output OfSingularValues(const Output& x) { return ops::ReduceSum(ops::Real(ops::Svd(x, {.compute_uv = false}).s)); }

TEST(Spectra, ComplexGradientsAreDerivatives) {
  struct Case {
    Output (*f)(const Output&);
    Shape shape;
  };
  for (const Case& c : {Case{OfSingularVectors, {3, 3}}, Case{OfSingularVectors, {2, 3, 4}},
                        Case{OfSingularVectors, {2, 4, 3}}, Case{OfSingularValues, {2, 3, 4}},
                        Case{OfEigenvectors, {2, 3, 3}}}) {
    Builder g;
    Output x = RandomMatrices(g, c.shape, kComplex128, 5), way = RandomMatrices(g, c.shape, kComplex128, 7);
    const double step = 1e-5;
    Output dx = Gradients({c.f(x)}, {x})[0];
    Output along = ops::ReduceSum(ops::Real(dx * ops::Conj(way)));
    Output want = (c.f(x + step * way) - c.f(x - step * way)) / (2 * step);
    Session session(g);
    std::vector<Tensor> got = session.Run(std::vector<Output>{along, want}).value();
    const double derivative = got[1].data<double>()[0];
    EXPECT_NEAR(got[0].data<double>()[0], derivative, 1e-6 * (1 + std::abs(derivative))) << c.shape.ToString();
  }
}

// OpenBLAS's serial build is not safe for several threads: the lock is.
TEST(Lapack, SessionsAtOnceAgree) {
  Builder g;
  Output x = ops::RandomNormal(g, {4, 90, 90}, {.dtype = kDouble, .seed = 5});
  Output a = ops::Placeholder(g, kDouble, {4, 90, 90}, {.name = "a"});
  std::vector<Output> fetches = {ops::Svd(a).s, ops::Solve(a, a), ops::SelfAdjointEig(a).values, ops::Det(a)};
  Session session(g);
  const Tensor value = session.Run(x).value();
  const std::vector<Tensor> want = session.Run(fetches, {{a, value}}).value();
  std::atomic<int> differences = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      Session own(g);
      for (int run = 0; run < 8; ++run) {
        std::vector<Tensor> got = own.Run(fetches, {{a, value}}).value();
        for (size_t i = 0; i < got.size(); ++i) differences += !got[i].Identical(want[i]);
      }
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(differences, 0);
}

TEST(MatrixSquareRoot, SquaresAndNan) {
  Builder g;
  Output x = ops::RandomNormal(g, {2, 20, 20}, {.dtype = kDouble, .seed = 5}) + 30 * ops::Constant(g, [] {
    Tensor one = Tensor::Zeros(kDouble, {20, 20});
    for (int i = 0; i < 20; ++i) one.mutable_data<double>()[21 * i] = 1;
    return one;
  }());
  Output r = ops::MatrixSquareRoot(x);
  Output off = LargestOf(ops::MatMul(r, r) - x);
  Output turn = ops::MatrixSquareRoot(ops::Constant(g, {{0.0, 1.0}, {-1.0, 0.0}}, kDouble));
  Output none = ops::MatrixSquareRoot(ops::Constant(g, {{-1.0, 0.0}, {0.0, 4.0}}, kDouble));
  Session session(g);
  EXPECT_LT(session.Run(off).value().data<double>()[0], 1e-12);
  EXPECT_NEAR(session.Run(turn).value().data<double>()[1], std::sqrt(0.5), 1e-14);
  EXPECT_TRUE(std::isnan(session.Run(none).value().data<double>()[0]));
}

// The principal root of any regular matrix is complex.
TEST(MatrixSquareRoot, OfComplexMatrices) {
  for (int64_t n : {1, 2, 15, 16, 17, 40}) {
    Builder g;
    Output x = RandomMatrices(g, {2, n, n}, kComplex128, 5), r = ops::MatrixSquareRoot(x);
    Output off = LargestOf(ops::MatMul(r, r) - x);
    Output of_negative = ops::Imag(ops::MatrixSquareRoot(ops::Constant(g, {{-4.0, 0.0}, {0.0, 4.0}}, kComplex128)));
    Session session(g);
    EXPECT_LT(session.Run(off).value().data<double>()[0], 1e-11) << n;
    EXPECT_EQ(session.Run(of_negative).value().data<double>()[0], 2);
  }
}

TEST(Norm, OfComplexNumbersIsReal) {
  Builder g;
  Output x = ops::Complex(ops::Constant(g, {{3.0, 0.0}, {0.0, 0.0}}, kDouble),
                          ops::Constant(g, {{4.0, 0.0}, {0.0, -12.0}}, kDouble));
  std::vector<Output> norms = {ops::Norm(x), ops::Norm(x, {.ord = "1"}), ops::Norm(x, {.ord = "inf"}),
                               ops::Norm(x, {.ord = "1", .matrices = true}),
                               ops::Norm(x, {.ord = "2", .matrices = true})};
  Session session(g);
  std::vector<Tensor> got = session.Run(norms).value();
  const std::vector<double> want = {13, 17, 12, 12, 12};
  for (size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(got[i].data<double>()[0], want[i], 1e-13) << i;
}

TEST(Norm, AsDefined) {
  Builder g;
  Output x = ops::Constant(g, {{{1.0, -2.0}, {3.0, 4.0}}}, kDouble);
  std::vector<Output> norms = {ops::Norm(x), ops::Norm(x, {.ord = "1"}), ops::Norm(x, {.ord = "inf"}),
                               ops::Norm(x, {.ord = "1", .matrices = true}),
                               ops::Norm(x, {.ord = "inf", .matrices = true}),
                               ops::Norm(x, {.ord = "2", .matrices = true}), ops::Trace(x)};
  Session session(g);
  std::vector<Tensor> got = session.Run(norms).value();
  // σ² of [[1,-2],[3,4]]: 15 ± √(15² - 10²)
  const std::vector<double> want = {std::sqrt(30.0), 10, 4, 6, 7, std::sqrt(15 + std::sqrt(125.0)), 5};
  for (size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(got[i].data<double>()[0], want[i], 1e-13) << i;
  EXPECT_FALSE(ops::Norm(x, {.ord = "3"}).valid());
}

}  // namespace
}  // namespace weir::testing
