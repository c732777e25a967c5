// LAPACK behind the lock, and what goes without it: plain loops for small orders.
#include "weir/ops/linalg/cpu/lapack.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <type_traits>
#include <utility>

// Fortran's calling convention: everything by address, and the lengths of texts at the end.
extern "C" {
using Text = const char*;
using Int = const int32_t*;
using Ints = int32_t*;
using Complex = std::complex<double>;
void spotrf_(Text uplo, Int n, float* a, Int lda, Ints info, size_t);
void dpotrf_(Text uplo, Int n, double* a, Int lda, Ints info, size_t);
void strsm_(Text side, Text uplo, Text trans, Text diag, Int m, Int n, const float* alpha, const float* a, Int lda,
            float* b, Int ldb, size_t, size_t, size_t, size_t);
void dtrsm_(Text side, Text uplo, Text trans, Text diag, Int m, Int n, const double* alpha, const double* a, Int lda,
            double* b, Int ldb, size_t, size_t, size_t, size_t);
void sgetrf_(Int m, Int n, float* a, Int lda, Ints pivots, Ints info);
void dgetrf_(Int m, Int n, double* a, Int lda, Ints pivots, Ints info);
void sgeqrf_(Int m, Int n, float* a, Int lda, float* tau, float* work, Int lwork, Ints info);
void dgeqrf_(Int m, Int n, double* a, Int lda, double* tau, double* work, Int lwork, Ints info);
void sorgqr_(Int m, Int n, Int k, float* a, Int lda, const float* tau, float* work, Int lwork, Ints info);
void dorgqr_(Int m, Int n, Int k, double* a, Int lda, const double* tau, double* work, Int lwork, Ints info);
void ssyevd_(Text job, Text uplo, Int n, float* a, Int lda, float* w, float* work, Int lwork, Ints iwork, Int liwork,
             Ints info, size_t, size_t);
void dsyevd_(Text job, Text uplo, Int n, double* a, Int lda, double* w, double* work, Int lwork, Ints iwork,
             Int liwork, Ints info, size_t, size_t);
void sgesdd_(Text job, Int m, Int n, float* a, Int lda, float* s, float* u, Int ldu, float* vt, Int ldvt, float* work,
             Int lwork, Ints iwork, Ints info, size_t);
void dgesdd_(Text job, Int m, Int n, double* a, Int lda, double* s, double* u, Int ldu, double* vt, Int ldvt,
             double* work, Int lwork, Ints iwork, Ints info, size_t);
void sgelsy_(Int m, Int n, Int k, float* a, Int lda, float* b, Int ldb, Ints pivots, const float* rcond, Ints rank,
             float* work, Int lwork, Ints info);
void dgelsy_(Int m, Int n, Int k, double* a, Int lda, double* b, Int ldb, Ints pivots, const double* rcond, Ints rank,
             double* work, Int lwork, Ints info);
void zgees_(Text vectors, Text sort, const void* select, Int n, Complex* a, Int lda, Ints sorted, Complex* w,
            Complex* vs, Int ldvs, Complex* work, Int lwork, double* rwork, Ints bwork, Ints info, size_t, size_t);
}

namespace weir::linalg {
namespace {

std::mutex& Lock() {
  static std::mutex lock;
  return lock;
}

// The routine for T, run under the lock.
template <class T, class S, class D, class... Args>
void Call(S* single, D* precise, Args... args) {
  std::lock_guard hold(Lock());
  if constexpr (std::is_same_v<T, float>) single(args...);
  else precise(args...);
}

int32_t Narrow(int64_t n) { return static_cast<int32_t>(n); }

// What a routine answers when asked for its best scratch; a float may have rounded the number down.
template <class T>
int64_t ScratchOf(T answer) {
  return static_cast<int64_t>(std::ceil(static_cast<double>(answer) * 1.000001));
}

// ---- plain loops, matrices row-major unless said otherwise

template <class T>
int64_t SmallCholesky(T* a, int64_t n) {
  for (int64_t j = 0; j < n; ++j) {
    T* row = a + j * n;
    T d = row[j];
    for (int64_t p = 0; p < j; ++p) d -= row[p] * row[p];
    if (d <= 0) return j + 1;
    row[j] = std::sqrt(d);
    for (int64_t i = j + 1; i < n; ++i) {
      T* below = a + i * n;
      T sum = below[j];
      for (int64_t p = 0; p < j; ++p) sum -= below[p] * row[p];
      below[j] = sum / row[j];
    }
  }
  return 0;
}

template <class T>
void SmallTriangular(const T* a, int64_t n, Triangle t, T* b, int64_t k) {
  const bool forward = t.lower != t.transposed;
  for (int64_t step = 0; step < n; ++step) {
    const int64_t i = forward ? step : n - 1 - step;
    T* row = b + i * k;
    for (int64_t before = 0; before < step; ++before) {
      const int64_t p = forward ? before : n - 1 - before;
      const T f = t.transposed ? a[p * n + i] : a[i * n + p];
      const T* solved = b + p * k;
      for (int64_t j = 0; j < k; ++j) row[j] -= f * solved[j];
    }
    for (int64_t j = 0; j < k && !t.unit; ++j) row[j] /= a[i * n + i];
  }
}

// `a` column-major.
template <class T>
bool SmallLu(T* a, int64_t n, int32_t* pivots) {
  bool regular = true;
  for (int64_t j = 0; j < n; ++j) {
    T* column = a + j * n;
    int64_t best = j;
    for (int64_t i = j + 1; i < n; ++i) {
      if (std::abs(column[i]) > std::abs(column[best])) best = i;
    }
    pivots[j] = Narrow(best);
    if (column[best] == 0) {
      regular = false;
      continue;
    }
    for (int64_t c = 0; c < n && best != j; ++c) std::swap(a[c * n + j], a[c * n + best]);
    for (int64_t i = j + 1; i < n; ++i) column[i] /= column[j];
    for (int64_t c = j + 1; c < n; ++c) {
      const T f = a[c * n + j];
      for (int64_t i = j + 1; i < n; ++i) a[c * n + i] -= column[i] * f;
    }
  }
  return regular;
}

}  // namespace

template <class T>
int64_t CholeskyInPlace(T* a, int64_t n) {
  if (n <= kSmallOrder) return SmallCholesky(a, n);
  // The lower triangle by rows is the upper one by columns.
  int32_t order = Narrow(n), info = 0;
  Call<T>(spotrf_, dpotrf_, "U", &order, a, &order, &info, 1);
  return info;
}

template <class T>
void SolveTriangular(const T* a, int64_t n, Triangle t, T* b, int64_t k) {
  if (n == 0 || k == 0) return;
  if (n <= kSmallOrder) return SmallTriangular(a, n, t, b, k);
  // By columns a and b are transposed: xᵀ·op(a)ᵀ = bᵀ.
  int32_t order = Narrow(n), columns = Narrow(k);
  const T one = 1;
  Call<T>(strsm_, dtrsm_, "R", t.lower ? "U" : "L", t.transposed ? "T" : "N", t.unit ? "U" : "N", &columns, &order,
          &one, a, &order, b, &columns, 1, 1, 1, 1);
}

template <class T>
bool LuInPlace(T* a, int64_t n, int32_t* pivots) {
  if (n <= kSmallOrder) return SmallLu(a, n, pivots);
  int32_t order = Narrow(n), info = 0;
  Call<T>(sgetrf_, dgetrf_, &order, &order, a, &order, pivots, &info);
  for (int64_t i = 0; i < n; ++i) --pivots[i];  // Fortran counts from 1
  return info == 0;
}

template <class T>
void SolveByLu(const T* lu, const int32_t* pivots, int64_t n, bool adjoint, T* b, int64_t k) {
  // Transposed, the factors are U below and on the diagonal, L above it.
  const Triangle l{.lower = false, .transposed = !adjoint, .unit = true}, u{.lower = true, .transposed = !adjoint};
  auto exchange = [&](int64_t i) {
    if (pivots[i] != i) std::swap_ranges(b + i * k, b + (i + 1) * k, b + pivots[i] * k);
  };
  if (!adjoint) {
    for (int64_t i = 0; i < n; ++i) exchange(i);
  }
  SolveTriangular(lu, n, adjoint ? u : l, b, k);
  SolveTriangular(lu, n, adjoint ? l : u, b, k);
  for (int64_t i = n; adjoint && i-- > 0;) exchange(i);
}

// ---- orthogonal factors

template <class T>
int64_t QrScratch(int64_t m, int64_t n, int64_t columns) {
  int32_t rows = Narrow(m), cols = Narrow(n), wide = Narrow(columns), least = std::min({rows, cols, wide}), ask = -1,
          info = 0;
  T factor = 0, expand = 0;
  Call<T>(sgeqrf_, dgeqrf_, &rows, &cols, static_cast<T*>(nullptr), &rows, static_cast<T*>(nullptr), &factor, &ask,
          &info);
  Call<T>(sorgqr_, dorgqr_, &rows, &wide, &least, static_cast<T*>(nullptr), &rows, static_cast<const T*>(nullptr),
          &expand, &ask, &info);
  return std::max(ScratchOf(factor), ScratchOf(expand));
}

template <class T>
void QrFactor(T* a, int64_t m, int64_t n, T* tau, T* scratch, int64_t scratch_size) {
  int32_t rows = Narrow(m), cols = Narrow(n), size = Narrow(scratch_size), info = 0;
  Call<T>(sgeqrf_, dgeqrf_, &rows, &cols, a, &rows, tau, scratch, &size, &info);
}

template <class T>
void QrExpand(T* a, int64_t m, int64_t columns, int64_t reflectors, const T* tau, T* scratch, int64_t scratch_size) {
  int32_t rows = Narrow(m), wide = Narrow(columns), least = Narrow(reflectors), size = Narrow(scratch_size), info = 0;
  Call<T>(sorgqr_, dorgqr_, &rows, &wide, &least, a, &rows, tau, scratch, &size, &info);
}

// ---- spectra

template <class T>
EigScratch EigScratchOf(int64_t n, bool vectors) {
  int32_t order = Narrow(n), ask = -1, integers = 0, info = 0;
  T numbers = 0;
  Call<T>(ssyevd_, dsyevd_, vectors ? "V" : "N", "U", &order, static_cast<T*>(nullptr), &order,
          static_cast<T*>(nullptr), &numbers, &ask, &integers, &ask, &info, 1, 1);
  return {ScratchOf(numbers), integers};
}

template <class T>
bool SymmetricEig(T* a, int64_t n, bool vectors, T* values, T* scratch, int32_t* integers, EigScratch sizes) {
  int32_t order = Narrow(n), size = Narrow(sizes.numbers), count = Narrow(sizes.integers), info = 0;
  Call<T>(ssyevd_, dsyevd_, vectors ? "V" : "N", "U", &order, a, &order, values, scratch, &size, integers, &count,
          &info, 1, 1);
  return info == 0;
}

template <class T>
int64_t SvdScratch(int64_t m, int64_t n, bool vectors, bool full) {
  int32_t rows = Narrow(m), cols = Narrow(n), ask = -1, info = 0, vt = full ? cols : std::min(rows, cols);
  T numbers = 0;
  T* none = nullptr;
  Call<T>(sgesdd_, dgesdd_, !vectors ? "N" : full ? "A" : "S", &rows, &cols, none, &rows, none, none, &rows, none, &vt,
          &numbers, &ask, static_cast<int32_t*>(nullptr), &info, 1);
  return ScratchOf(numbers);
}

template <class T>
bool SvdInPlace(T* a, int64_t m, int64_t n, bool vectors, bool full, T* s, T* u, T* vt, T* scratch,
                int64_t scratch_size, int32_t* integers) {
  int32_t rows = Narrow(m), cols = Narrow(n), size = Narrow(scratch_size), info = 0;
  int32_t ldvt = full ? cols : std::min(rows, cols);
  Call<T>(sgesdd_, dgesdd_, !vectors ? "N" : full ? "A" : "S", &rows, &cols, a, &rows, s, u, &rows, vt, &ldvt, scratch,
          &size, integers, &info, 1);
  return info == 0;
}

template <class T>
int64_t LeastSquaresScratch(int64_t m, int64_t n, int64_t k) {
  int32_t rows = Narrow(m), cols = Narrow(n), wide = Narrow(k), ldb = std::max(rows, cols), ask = -1, rank = 0,
          info = 0;
  T numbers = 0, rcond = 0;
  T* none = nullptr;
  Call<T>(sgelsy_, dgelsy_, &rows, &cols, &wide, none, &rows, none, &ldb, static_cast<int32_t*>(nullptr), &rcond, &rank,
          &numbers, &ask, &info);
  return ScratchOf(numbers);
}

template <class T>
void LeastSquares(T* a, int64_t m, int64_t n, T* b, int64_t k, T rcond, int32_t* pivots, T* scratch,
                  int64_t scratch_size) {
  int32_t rows = Narrow(m), cols = Narrow(n), wide = Narrow(k), ldb = std::max(rows, cols),
          size = Narrow(scratch_size), rank = 0, info = 0;
  std::fill_n(pivots, n, 0);  // every column may move
  Call<T>(sgelsy_, dgelsy_, &rows, &cols, &wide, a, &rows, b, &ldb, pivots, &rcond, &rank, scratch, &size, &info);
}

int64_t SchurScratch(int64_t n) {
  int32_t order = Narrow(n), ask = -1, sorted = 0, info = 0;
  Complex numbers = 0;
  std::lock_guard hold(Lock());
  zgees_("V", "N", nullptr, &order, nullptr, &order, &sorted, nullptr, nullptr, &order, &numbers, &ask, nullptr,
         nullptr, &info, 1, 1);
  return ScratchOf(numbers.real());
}

bool Schur(Complex* a, int64_t n, Complex* values, Complex* z, Complex* scratch, int64_t scratch_size, double* real) {
  int32_t order = Narrow(n), size = Narrow(scratch_size), sorted = 0, info = 0;
  std::lock_guard hold(Lock());
  zgees_("V", "N", nullptr, &order, a, &order, &sorted, values, z, &order, scratch, &size, real, nullptr, &info, 1, 1);
  return info == 0;
}

template <class T>
void TransposeTo(const T* from, int64_t rows, int64_t cols, T* to) {
  constexpr int64_t kBlock = 16;  // of which both sides stay in the cache
  for (int64_t i0 = 0; i0 < rows; i0 += kBlock) {
    const int64_t i1 = std::min(rows, i0 + kBlock);
    for (int64_t j = 0; j < cols; ++j) {
      for (int64_t i = i0; i < i1; ++i) to[j * rows + i] = from[i * cols + j];
    }
  }
}

#define WEIR_INSTANTIATE(T)                                                                                         \
  template int64_t CholeskyInPlace(T*, int64_t);                                                                    \
  template void SolveTriangular(const T*, int64_t, Triangle, T*, int64_t);                                          \
  template bool LuInPlace(T*, int64_t, int32_t*);                                                                   \
  template void SolveByLu(const T*, const int32_t*, int64_t, bool, T*, int64_t);                                    \
  template int64_t QrScratch<T>(int64_t, int64_t, int64_t);                                                         \
  template void QrFactor(T*, int64_t, int64_t, T*, T*, int64_t);                                                    \
  template void QrExpand(T*, int64_t, int64_t, int64_t, const T*, T*, int64_t);                                     \
  template EigScratch EigScratchOf<T>(int64_t, bool);                                                               \
  template bool SymmetricEig(T*, int64_t, bool, T*, T*, int32_t*, EigScratch);                                      \
  template int64_t SvdScratch<T>(int64_t, int64_t, bool, bool);                                                     \
  template bool SvdInPlace(T*, int64_t, int64_t, bool, bool, T*, T*, T*, T*, int64_t, int32_t*);                    \
  template int64_t LeastSquaresScratch<T>(int64_t, int64_t, int64_t);                                               \
  template void LeastSquares(T*, int64_t, int64_t, T*, int64_t, T, int32_t*, T*, int64_t);                          \
  template void TransposeTo(const T*, int64_t, int64_t, T*);
WEIR_INSTANTIATE(float)
WEIR_INSTANTIATE(double)
#undef WEIR_INSTANTIATE

}  // namespace weir::linalg
