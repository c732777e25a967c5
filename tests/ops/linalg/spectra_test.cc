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
      Rough(100, {"Svd", {Regular({2, 3, 3})}}),
      Rough(100, {"Svd", {{4, 2}}}),
      Rough(100, {"Svd", {{2, 2, 4}}}),
      {"Svd", {{2, 3, 4}}, {{"compute_uv", false}}},
      Rough(100, {"Svd", {{3, 4}}, {{"full_matrices", true}}}),
      RefusesGradient({"Svd", {{2, 4}}, {{"full_matrices", true}}}),
      Rough(100, {"SelfAdjointEigV2", {{2, 3, 3}}}),
      {"SelfAdjointEigV2", {{4, 4}}, {{"compute_v", false}}},
      {"MatrixSquareRoot", {Definite({2, 3, 3})}},
      {"MatrixSquareRoot", {Regular({4, 4})}},
  };
}

namespace {

Output LargestOf(const Output& x) { return ops::ReduceMax(ops::Abs(x)); }

TEST(Svd, FactorsMakeTheMatrix) {
  for (auto [m, n] : {std::pair{1, 1}, {5, 3}, {3, 5}, {40, 40}, {70, 30}}) {
    for (bool full : {false, true}) {
      Builder g;
      Output x = ops::RandomNormal(g, {2, m, n}, {.dtype = kDouble, .seed = 5});
      ops::SvdFactors f = ops::Svd(x, {.full_matrices = full});
      const int p = std::min(m, n);
      Output u = f.u[{Ellipsis, {0, p}}], v = f.v[{Ellipsis, {0, p}}];
      std::vector<Output> off = {LargestOf(ops::MatMul(u * ops::ExpandDims(f.s, -2), v, {.transpose_b = true}) - x)};
      for (const Output& w : {f.u, f.v}) {
        Output ww = ops::MatMul(w, w, {.transpose_a = true});
        off.push_back(LargestOf(ww - Make("MatrixDiag", {ops::OnesLike(Make("MatrixDiagPart", {ww}))})));
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
  for (int64_t n : {1, 2, 10, 60}) {
    Builder g;
    Output x = ops::RandomNormal(g, {2, n, n}, {.dtype = kDouble, .seed = 5});
    Output a = x + ops::MatrixTranspose(x);
    ops::EigenPairs e = ops::SelfAdjointEig(ops::MatrixBandPart(a, -1, 0));  // the lower triangle is read
    std::vector<Output> off = {LargestOf(ops::MatMul(a, e.vectors) - e.vectors * ops::ExpandDims(e.values, -2)),
                               LargestOf(e.values - ops::SelfAdjointEig(a, {.compute_v = false}).values)};
    Session session(g);
    for (const Tensor& t : session.Run(off).value()) EXPECT_LT(t.data<double>()[0], 1e-12) << n;
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
