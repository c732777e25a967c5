// The matrix product beside OpenBLAS, called from one thread; then from several at once beside itself. (Debian's serial
// OpenBLAS is the reference here, not the kernel: it is not safe to call from two threads, see docs/architecture.md.)
#include "weir/runtime/cpu/gemm.h"

#include <cblas.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <thread>
#include <vector>

namespace weir {
namespace {

template <class T>
std::vector<T> Random(int64_t n, std::mt19937& rng) {
  std::vector<T> v(n);
  for (T& x : v) x = static_cast<T>(static_cast<int>(rng() % 2001) - 1000) / 1000;
  return v;
}

void Blas(bool ta, bool tb, int m, int n, int k, float alpha, const float* a, int lda, const float* b, int ldb,
          float beta, float* c, int ldc) {
  cblas_sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, m, n, k, alpha, a, lda, b,
              ldb, beta, c, ldc);
}
void Blas(bool ta, bool tb, int m, int n, int k, double alpha, const double* a, int lda, const double* b, int ldb,
          double beta, double* c, int ldc) {
  cblas_dgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, m, n, k, alpha, a, lda, b,
              ldb, beta, c, ldc);
}

template <class T>
void Compare(double tolerance) {
  std::mt19937 rng(1);
  const int sizes[][3] = {{1, 1, 1},    {1, 300, 70},  {70, 1, 300},  {5, 7, 3},
                          {16, 16, 16}, {33, 65, 129}, {64, 100, 17}, {130, 40, 520}};
  for (const auto& size : sizes) {
    auto [m, n, k] = size;
    for (int t = 0; t < 4; ++t) {
      bool ta = t & 1, tb = t & 2;
      auto a = Random<T>(m * k, rng), b = Random<T>(k * n, rng), c = Random<T>(m * n, rng), want = c;
      Gemm(ta, tb, m, n, k, a.data(), ta ? m : k, b.data(), tb ? k : n, true, c.data(), n);
      Blas(ta, tb, m, n, k, T(1), a.data(), ta ? m : k, b.data(), tb ? k : n, T(1), want.data(), n);
      for (size_t i = 0; i < c.size(); ++i)
        ASSERT_NEAR(c[i], want[i], tolerance * std::sqrt(k))
            << m << "x" << n << "x" << k << " transposed " << t << " at " << i;
    }
  }
}

TEST(Gemm, EqualsOpenBlasInFloat) { Compare<float>(2e-6); }
TEST(Gemm, EqualsOpenBlasInDouble) { Compare<double>(1e-14); }

// By a packed right operand, whole and by slices of columns: the bits of Gemm.
template <class T>
void ComparePacked() {
  std::mt19937 rng(5);
  for (int n : {32, 47, 64, 511, 513, 1100}) {
    for (int k : {1, 2, 383, 385, 800}) {
      for (int m : {1, 7, 130}) {
        for (int t = 0; t < 4; ++t) {
          const bool ta = t & 1, tb = t & 2;
          auto a = Random<T>(m * k, rng), b = Random<T>(k * n, rng), c = Random<T>(m * n, rng), want = c;
          std::vector<T> room(PackedBytes<T>(n, k) / sizeof(T) + 16);
          T* packed = reinterpret_cast<T*>((reinterpret_cast<uintptr_t>(room.data()) + 63) / 64 * 64);
          PackRight(tb, n, k, b.data(), tb ? k : n, packed);
          const bool add = t == 3;
          Gemm(ta, tb, m, n, k, a.data(), ta ? m : k, b.data(), tb ? k : n, add, want.data(), n);
          for (int first = 0; first < n; first += 64) {
            const int columns = std::min(64, n - first);
            GemmPacked(ta, m, k, a.data(), ta ? m : k, packed, {n, first, columns}, add, c.data() + first, n);
          }
          for (size_t i = 0; i < c.size(); ++i) ASSERT_EQ(c[i], want[i]) << m << "x" << n << "x" << k << " at " << i;
        }
      }
    }
  }
}

TEST(Gemm, ByPackedColumnsHasTheSameBits) {
  ComparePacked<float>();
  ComparePacked<double>();
}

TEST(Gemm, EmptySizesAndNaNWhereNothingIsAdded) {
  float a = 1, b = 1, c = std::nanf("");
  Gemm(false, false, 1, 1, 0, &a, 1, &b, 1, false, &c, 1);
  EXPECT_EQ(c, 0.0f);
  Gemm(false, false, 0, 1, 1, &a, 1, &b, 1, false, &c, 1);
  Gemm(false, false, 1, 0, 1, &a, 1, &b, 1, false, &c, 0);
}

// The rows of a product one by one, in small numbers and all at once: the same bits.
template <class T>
void CompareRows() {
  std::mt19937 rng(3);
  constexpr int kRows = 150;
  for (int k : {1, 3, 7, 64, 100, 385, 1000}) {
    for (int n : {1, 2, 5, 16, 33, 100, 513}) {
      for (int t = 0; t < 4; ++t) {
        bool ta = t & 1, tb = t & 2;
        auto a = Random<T>(kRows * k, rng), b = Random<T>(k * n, rng);
        std::vector<T> want(kRows * n), c(kRows * n);
        auto multiply = [&](int first, int m, std::vector<T>& out) {
          Gemm(ta, tb, m, n, k, a.data() + first * (ta ? 1 : k), ta ? kRows : k, b.data(), tb ? k : n, false,
               out.data() + first * n, n);
        };
        multiply(0, kRows, want);
        for (int m : {1, 2, 3, 7, 12, 37}) {
          for (int i = 0; i < kRows; i += m) multiply(i, std::min(m, kRows - i), c);
          ASSERT_EQ(c, want) << m << " rows of " << k << " by " << n << " columns, transposed " << t;
        }
      }
    }
  }
}
TEST(Gemm, RowsHaveTheSameBitsInAnyNumber) {
  CompareRows<float>();
  CompareRows<double>();
}

TEST(Gemm, TheSameBitsFromManyThreads) {
  std::mt19937 rng(2);
  constexpr int kSize = 96;
  auto a = Random<float>(kSize * kSize, rng), b = Random<float>(kSize * kSize, rng);
  std::vector<float> want(kSize * kSize);
  auto multiply = [&](std::vector<float>& c) {
    Gemm(false, false, kSize, kSize, kSize, a.data(), kSize, b.data(), kSize, false, c.data(), kSize);
  };
  multiply(want);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        std::vector<float> c(kSize * kSize, -1);
        multiply(c);
        ASSERT_EQ(c, want);
      }
    });
  }
  for (auto& t : threads) t.join();
}

}  // namespace
}  // namespace weir
