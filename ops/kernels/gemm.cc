// Gemm over OpenBLAS's serial library, with own loops where calling it costs more than it saves.
//
// OpenBLAS counts in 32 bits: larger sizes go through the own loops.
#include "weir/ops/kernels/gemm.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <cblas.h>

namespace weir {
namespace {

constexpr int64_t kLeast = 16;  // rows or columns of a slice: fewer starve the register tile

void Blas(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int m, int n, int k, float alpha, const float* a, int lda, const float* b, int ldb,
          float beta, float* c, int ldc) {
  cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
void Blas(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int m, int n, int k, double alpha, const double* a, int lda, const double* b,
          int ldb, double beta, double* c, int ldc) {
  cblas_dgemm(CblasRowMajor, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
void BlasVector(CBLAS_TRANSPOSE t, int rows, int cols, float alpha, const float* a, int lda, const float* x, int incx, float beta,
                float* y, int incy) {
  cblas_sgemv(CblasRowMajor, t, rows, cols, alpha, a, lda, x, incx, beta, y, incy);
}
void BlasVector(CBLAS_TRANSPOSE t, int rows, int cols, double alpha, const double* a, int lda, const double* x, int incx,
                double beta, double* y, int incy) {
  cblas_dgemv(CblasRowMajor, t, rows, cols, alpha, a, lda, x, incx, beta, y, incy);
}

template <class T>
void Scale(int64_t m, int64_t n, T beta, T* c, int64_t ldc) {
  for (int64_t i = 0; i < m; ++i) {
    T* row = c + i * ldc;
    // Why not a product: 0 · NaN would keep what uninitialised memory holds.
    if (beta == T(0)) std::fill(row, row + n, T(0));
    else if (beta != T(1)) for (int64_t j = 0; j < n; ++j) row[j] *= beta;
  }
}

// Row by row: c[i,:] += a(i,p) · b(p,:). Vectorises where b is not transposed; small or huge sizes only.
template <class T>
void Plain(bool ta, bool tb, int64_t m, int64_t n, int64_t k, T alpha, const T* a, int64_t lda, const T* b, int64_t ldb, T beta, T* c,
           int64_t ldc) {
  Scale(m, n, beta, c, ldc);
  for (int64_t i = 0; i < m; ++i) {
    T* row = c + i * ldc;
    if (tb) {
      for (int64_t j = 0; j < n; ++j) {
        T sum = 0;
        for (int64_t p = 0; p < k; ++p) sum += (ta ? a[p * lda + i] : a[i * lda + p]) * b[j * ldb + p];
        row[j] += alpha * sum;
      }
      continue;
    }
    for (int64_t p = 0; p < k; ++p) {
      T x = alpha * (ta ? a[p * lda + i] : a[i * lda + p]);
      for (int64_t j = 0; j < n; ++j) row[j] += x * b[p * ldb + j];
    }
  }
}

template <class T>
void GemmOf(bool ta, bool tb, int64_t m, int64_t n, int64_t k, T alpha, const T* a, int64_t lda, const T* b, int64_t ldb, T beta, T* c,
            int64_t ldc) {
  constexpr int64_t kMax = std::numeric_limits<int>::max();
  if (m <= 0 || n <= 0) return;
  if (k <= 0) return Scale(m, n, beta, c, ldc);
  bool huge = std::max({m, n, k, lda, ldb, ldc}) > kMax;
  // Below this OpenBLAS's set-up is the larger part.
  bool tiny = double(m) * double(n) * double(k) <= 256;
  if (huge || tiny) return Plain(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
  auto trans = [](bool t) { return t ? CblasTrans : CblasNoTrans; };
  if (n == 1) {  // op(a) times a column
    if (beta == T(0)) Scale(m, 1, beta, c, ldc);
    return BlasVector(trans(ta), int(ta ? k : m), int(ta ? m : k), alpha, a, int(lda), b, tb ? 1 : int(ldb), beta, c, int(ldc));
  }
  if (m == 1) {  // a row times op(b): the transposed product
    if (beta == T(0)) Scale(1, n, beta, c, ldc);
    return BlasVector(trans(!tb), int(tb ? n : k), int(tb ? k : n), alpha, b, int(ldb), a, ta ? int(lda) : 1, beta, c, 1);
  }
  Blas(trans(ta), trans(tb), int(m), int(n), int(k), alpha, a, int(lda), b, int(ldb), beta, c, int(ldc));
}

}  // namespace

void Gemm(bool ta, bool tb, int64_t m, int64_t n, int64_t k, float alpha, const float* a, int64_t lda, const float* b, int64_t ldb,
          float beta, float* c, int64_t ldc) {
  GemmOf(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void Gemm(bool ta, bool tb, int64_t m, int64_t n, int64_t k, double alpha, const double* a, int64_t lda, const double* b,
          int64_t ldb, double beta, double* c, int64_t ldc) {
  GemmOf(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

double GemmNs(int64_t m, int64_t n, int64_t k) {
  constexpr double kFlopsPerNs = 80;  // a core of a current server; products of one row are bound by memory, at about a tenth
  double flops = 2.0 * double(m) * double(n) * double(k);
  return 100 + flops / (std::min(m, n) == 1 ? kFlopsPerNs / 10 : kFlopsPerNs);
}

GemmCut CutGemm(int64_t m, int64_t n, int64_t k, int64_t max_slices) {
  constexpr double kSliceNs = 20000;
  GemmCut cut;
  cut.by_rows = m >= 4 * kLeast || m >= n;
  int64_t items = cut.by_rows ? m : n;
  double slices = std::min({GemmNs(m, n, k) / kSliceNs, double(items) / kLeast, double(max_slices)});
  cut.slices = std::max<int64_t>(int64_t(slices), 1);
  return cut;
}

int64_t GemmCut::Begin(int64_t i, int64_t n) const {
  if (i >= slices) return n;
  int64_t blocks = (n + kLeast - 1) / kLeast;
  // Blocks spread evenly; slices ≤ blocks by construction, and an empty slice would be harmless.
  int64_t per = blocks / slices, rest = blocks % slices;
  return std::min(n, (i * per + std::min(i, rest)) * kLeast);
}

}  // namespace weir
