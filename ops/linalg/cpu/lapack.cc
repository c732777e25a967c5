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
using Single = std::complex<float>;
using Complex = std::complex<double>;
void spotrf_(Text uplo, Int n, float* a, Int lda, Ints info, size_t);
void dpotrf_(Text uplo, Int n, double* a, Int lda, Ints info, size_t);
void cpotrf_(Text uplo, Int n, Single* a, Int lda, Ints info, size_t);
void zpotrf_(Text uplo, Int n, Complex* a, Int lda, Ints info, size_t);
void strsm_(Text side, Text uplo, Text trans, Text diag, Int m, Int n, const float* alpha, const float* a, Int lda,
            float* b, Int ldb, size_t, size_t, size_t, size_t);
void dtrsm_(Text side, Text uplo, Text trans, Text diag, Int m, Int n, const double* alpha, const double* a, Int lda,
            double* b, Int ldb, size_t, size_t, size_t, size_t);
void ctrsm_(Text side, Text uplo, Text trans, Text diag, Int m, Int n, const Single* alpha, const Single* a, Int lda,
            Single* b, Int ldb, size_t, size_t, size_t, size_t);
void ztrsm_(Text side, Text uplo, Text trans, Text diag, Int m, Int n, const Complex* alpha, const Complex* a, Int lda,
            Complex* b, Int ldb, size_t, size_t, size_t, size_t);
void sgetrf_(Int m, Int n, float* a, Int lda, Ints pivots, Ints info);
void dgetrf_(Int m, Int n, double* a, Int lda, Ints pivots, Ints info);
void cgetrf_(Int m, Int n, Single* a, Int lda, Ints pivots, Ints info);
void zgetrf_(Int m, Int n, Complex* a, Int lda, Ints pivots, Ints info);
void sgeqrf_(Int m, Int n, float* a, Int lda, float* tau, float* work, Int lwork, Ints info);
void dgeqrf_(Int m, Int n, double* a, Int lda, double* tau, double* work, Int lwork, Ints info);
void cgeqrf_(Int m, Int n, Single* a, Int lda, Single* tau, Single* work, Int lwork, Ints info);
void zgeqrf_(Int m, Int n, Complex* a, Int lda, Complex* tau, Complex* work, Int lwork, Ints info);
void sorgqr_(Int m, Int n, Int k, float* a, Int lda, const float* tau, float* work, Int lwork, Ints info);
void dorgqr_(Int m, Int n, Int k, double* a, Int lda, const double* tau, double* work, Int lwork, Ints info);
void cungqr_(Int m, Int n, Int k, Single* a, Int lda, const Single* tau, Single* work, Int lwork, Ints info);
void zungqr_(Int m, Int n, Int k, Complex* a, Int lda, const Complex* tau, Complex* work, Int lwork, Ints info);
void ssyevd_(Text job, Text uplo, Int n, float* a, Int lda, float* w, float* work, Int lwork, Ints iwork, Int liwork,
             Ints info, size_t, size_t);
void dsyevd_(Text job, Text uplo, Int n, double* a, Int lda, double* w, double* work, Int lwork, Ints iwork,
             Int liwork, Ints info, size_t, size_t);
void cheevd_(Text job, Text uplo, Int n, Single* a, Int lda, float* w, Single* work, Int lwork, float* rwork,
             Int lrwork, Ints iwork, Int liwork, Ints info, size_t, size_t);
void zheevd_(Text job, Text uplo, Int n, Complex* a, Int lda, double* w, Complex* work, Int lwork, double* rwork,
             Int lrwork, Ints iwork, Int liwork, Ints info, size_t, size_t);
void sgesdd_(Text job, Int m, Int n, float* a, Int lda, float* s, float* u, Int ldu, float* vt, Int ldvt, float* work,
             Int lwork, Ints iwork, Ints info, size_t);
void dgesdd_(Text job, Int m, Int n, double* a, Int lda, double* s, double* u, Int ldu, double* vt, Int ldvt,
             double* work, Int lwork, Ints iwork, Ints info, size_t);
void cgesdd_(Text job, Int m, Int n, Single* a, Int lda, float* s, Single* u, Int ldu, Single* vt, Int ldvt,
             Single* work, Int lwork, float* rwork, Ints iwork, Ints info, size_t);
void zgesdd_(Text job, Int m, Int n, Complex* a, Int lda, double* s, Complex* u, Int ldu, Complex* vt, Int ldvt,
             Complex* work, Int lwork, double* rwork, Ints iwork, Ints info, size_t);
void sgelsy_(Int m, Int n, Int k, float* a, Int lda, float* b, Int ldb, Ints pivots, const float* rcond, Ints rank,
             float* work, Int lwork, Ints info);
void dgelsy_(Int m, Int n, Int k, double* a, Int lda, double* b, Int ldb, Ints pivots, const double* rcond, Ints rank,
             double* work, Int lwork, Ints info);
void cgelsy_(Int m, Int n, Int k, Single* a, Int lda, Single* b, Int ldb, Ints pivots, const float* rcond, Ints rank,
             Single* work, Int lwork, float* rwork, Ints info);
void zgelsy_(Int m, Int n, Int k, Complex* a, Int lda, Complex* b, Int ldb, Ints pivots, const double* rcond, Ints rank,
             Complex* work, Int lwork, double* rwork, Ints info);
void zgees_(Text vectors, Text sort, const void* select, Int n, Complex* a, Int lda, Ints sorted, Complex* w,
            Complex* vs, Int ldvs, Complex* work, Int lwork, double* rwork, Ints bwork, Ints info, size_t, size_t);
}

namespace weir::linalg {
namespace {

std::mutex& Lock() {
  static std::mutex lock;
  return lock;
}

// The routine for T, run under the lock. Routines that take other arguments for complex numbers are called as pairs.
template <class P, class S, class D, class... Args>
void CallPair(S* single, D* precise, Args... args) {
  std::lock_guard hold(Lock());
  if constexpr (std::is_same_v<P, float>) single(args...);
  else precise(args...);
}
template <class T, class S, class D, class C, class Z, class... Args>
void Call(S* s, D* d, C* c, Z* z, Args... args) {
  if constexpr (kIsComplexType<T>) CallPair<PartOf<T>>(c, z, args...);
  else CallPair<T>(s, d, args...);
}

int32_t Narrow(int64_t n) { return static_cast<int32_t>(n); }

// What a routine answers when asked for its best scratch; a float may have rounded the number down.
template <class T>
int64_t ScratchOf(T answer) {
  return static_cast<int64_t>(std::ceil(static_cast<double>(RealOf(answer)) * 1.000001));
}

// ---- plain loops, matrices row-major unless said otherwise

template <class T>
int64_t SmallCholesky(T* a, int64_t n) {
  for (int64_t j = 0; j < n; ++j) {
    T* row = a + j * n;
    PartOf<T> d = RealOf(row[j]);
    for (int64_t p = 0; p < j; ++p) d -= RealOf(row[p] * Conj(row[p]));
    if (d <= 0) return j + 1;
    row[j] = std::sqrt(d);
    for (int64_t i = j + 1; i < n; ++i) {
      T* below = a + i * n;
      T sum = below[j];
      for (int64_t p = 0; p < j; ++p) sum -= below[p] * Conj(row[p]);
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
      const T stored = t.transposed ? a[p * n + i] : a[i * n + p], f = t.conjugated ? Conj(stored) : stored;
      const T* solved = b + p * k;
      for (int64_t j = 0; j < k; ++j) row[j] -= f * solved[j];
    }
    const T pivot = t.conjugated ? Conj(a[i * n + i]) : a[i * n + i];
    for (int64_t j = 0; j < k && !t.unit; ++j) row[j] /= pivot;
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
    if (column[best] == T(0)) {
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
  // The lower triangle by rows is the upper one by columns, of the conjugate of a: conj(a) = uᴴ·u, and L = uᵀ.
  int32_t order = Narrow(n), info = 0;
  Call<T>(spotrf_, dpotrf_, cpotrf_, zpotrf_, "U", &order, a, &order, &info, 1);
  return info;
}

template <class T>
void SolveTriangular(const T* a, int64_t n, Triangle t, T* b, int64_t k) {
  if (n == 0 || k == 0) return;
  if (n <= kSmallOrder) return SmallTriangular(a, n, t, b, k);
  // By columns a and b are transposed: xᵀ·op(a)ᵀ = bᵀ.
  int32_t order = Narrow(n), columns = Narrow(k);
  const T one = 1;
  const char* op = !t.transposed ? "N" : t.conjugated ? "C" : "T";
  Call<T>(strsm_, dtrsm_, ctrsm_, ztrsm_, "R", t.lower ? "U" : "L", op, t.unit ? "U" : "N", &columns, &order,
          static_cast<const T*>(&one), a, &order, b, &columns, 1, 1, 1, 1);
}

template <class T>
bool LuInPlace(T* a, int64_t n, int32_t* pivots) {
  if (n <= kSmallOrder) return SmallLu(a, n, pivots);
  int32_t order = Narrow(n), info = 0;
  Call<T>(sgetrf_, dgetrf_, cgetrf_, zgetrf_, &order, &order, a, &order, pivots, &info);
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
  if (adjoint) ConjugateAll(b, n * k);  // aᴴ·x = b: aᵀ·conj(x) = conj(b)
  else
    for (int64_t i = 0; i < n; ++i) exchange(i);
  SolveTriangular(lu, n, adjoint ? u : l, b, k);
  SolveTriangular(lu, n, adjoint ? l : u, b, k);
  for (int64_t i = n; adjoint && i-- > 0;) exchange(i);
  if (adjoint) ConjugateAll(b, n * k);
}

// ---- orthogonal factors

template <class T>
int64_t QrScratch(int64_t m, int64_t n, int64_t columns) {
  int32_t rows = Narrow(m), cols = Narrow(n), wide = Narrow(columns), least = std::min({rows, cols, wide}), ask = -1,
          info = 0;
  T factor = 0, expand = 0;
  T* none = nullptr;
  Call<T>(sgeqrf_, dgeqrf_, cgeqrf_, zgeqrf_, &rows, &cols, none, &rows, none, &factor, &ask, &info);
  Call<T>(sorgqr_, dorgqr_, cungqr_, zungqr_, &rows, &wide, &least, none, &rows, static_cast<const T*>(none), &expand,
          &ask, &info);
  return std::max(ScratchOf(factor), ScratchOf(expand));
}

template <class T>
void QrFactor(T* a, int64_t m, int64_t n, T* tau, T* scratch, int64_t scratch_size) {
  int32_t rows = Narrow(m), cols = Narrow(n), size = Narrow(scratch_size), info = 0;
  Call<T>(sgeqrf_, dgeqrf_, cgeqrf_, zgeqrf_, &rows, &cols, a, &rows, tau, scratch, &size, &info);
}

template <class T>
void QrExpand(T* a, int64_t m, int64_t columns, int64_t reflectors, const T* tau, T* scratch, int64_t scratch_size) {
  int32_t rows = Narrow(m), wide = Narrow(columns), least = Narrow(reflectors), size = Narrow(scratch_size), info = 0;
  Call<T>(sorgqr_, dorgqr_, cungqr_, zungqr_, &rows, &wide, &least, a, &rows, tau, scratch, &size, &info);
}

// ---- spectra

namespace {

template <class T>
void CallEig(const char* job, int32_t* n, T* a, PartOf<T>* values, T* numbers, int32_t* size, PartOf<T>* parts,
             int32_t* more, int32_t* integers, int32_t* count, int32_t* info) {
  if constexpr (kIsComplexType<T>) {
    CallPair<PartOf<T>>(cheevd_, zheevd_, job, "U", n, a, n, values, numbers, size, parts, more, integers, count, info,
                        1, 1);
  } else {
    CallPair<T>(ssyevd_, dsyevd_, job, "U", n, a, n, values, numbers, size, integers, count, info, 1, 1);
  }
}

}  // namespace

template <class T>
ScratchSizes EigScratch(int64_t n, bool vectors) {
  int32_t order = Narrow(n), ask = -1, integers = 0, info = 0;
  T numbers = 0;
  PartOf<T> parts = 0;
  CallEig<T>(vectors ? "V" : "N", &order, nullptr, nullptr, &numbers, &ask, &parts, &ask, &integers, &ask, &info);
  return {ScratchOf(numbers), ScratchOf(parts), integers};
}

template <class T>
bool SelfAdjointEig(T* a, int64_t n, bool vectors, PartOf<T>* values, const Scratch<T>& scratch, ScratchSizes sizes) {
  int32_t order = Narrow(n), size = Narrow(sizes.numbers), more = Narrow(sizes.parts), count = Narrow(sizes.integers),
          info = 0;
  CallEig<T>(vectors ? "V" : "N", &order, a, values, scratch.numbers, &size, scratch.parts, &more, scratch.integers,
             &count, &info);
  if (vectors) ConjugateAll(a, n * n);  // by columns it was the conjugate of a, and so are its vectors
  return info == 0;
}

namespace {

template <class T>
void CallSvd(const char* job, int32_t* m, int32_t* n, T* a, PartOf<T>* s, T* u, T* vt, int32_t* ldvt, T* numbers,
             int32_t* size, PartOf<T>* parts, int32_t* integers, int32_t* info) {
  if constexpr (kIsComplexType<T>) {
    CallPair<PartOf<T>>(cgesdd_, zgesdd_, job, m, n, a, m, s, u, m, vt, ldvt, numbers, size, parts, integers, info, 1);
  } else {
    CallPair<T>(sgesdd_, dgesdd_, job, m, n, a, m, s, u, m, vt, ldvt, numbers, size, integers, info, 1);
  }
}

// What LAPACK asks of the parts' scratch, which it does not tell when asked.
template <class T>
int64_t SvdParts(int64_t m, int64_t n, bool vectors) {
  const int64_t least = std::min(m, n), most = std::max(m, n);
  if (!kIsComplexType<T>) return 0;
  return vectors ? least * std::max(5 * least + 7, 2 * most + 2 * least + 1) : 7 * least;
}

}  // namespace

template <class T>
ScratchSizes SvdScratch(int64_t m, int64_t n, bool vectors, bool full) {
  int32_t rows = Narrow(m), cols = Narrow(n), ask = -1, info = 0, vt = full ? cols : std::min(rows, cols);
  T numbers = 0;
  CallSvd<T>(!vectors ? "N" : full ? "A" : "S", &rows, &cols, nullptr, nullptr, nullptr, nullptr, &vt, &numbers, &ask,
             nullptr, nullptr, &info);
  return {ScratchOf(numbers), SvdParts<T>(m, n, vectors), 8 * std::min(m, n)};
}

template <class T>
bool SvdInPlace(T* a, int64_t m, int64_t n, bool vectors, bool full, PartOf<T>* s, T* u, T* vt,
                const Scratch<T>& scratch, ScratchSizes sizes) {
  int32_t rows = Narrow(m), cols = Narrow(n), size = Narrow(sizes.numbers), info = 0;
  int32_t ldvt = full ? cols : std::min(rows, cols);
  CallSvd<T>(!vectors ? "N" : full ? "A" : "S", &rows, &cols, a, s, u, vt, &ldvt, scratch.numbers, &size,
             scratch.parts, scratch.integers, &info);
  return info == 0;
}

namespace {

template <class T>
void CallLeastSquares(int32_t* m, int32_t* n, int32_t* k, T* a, T* b, int32_t* ldb, int32_t* pivots,
                      const PartOf<T>* rcond, T* numbers, int32_t* size, PartOf<T>* parts) {
  int32_t rank = 0, info = 0;
  if constexpr (kIsComplexType<T>) {
    CallPair<PartOf<T>>(cgelsy_, zgelsy_, m, n, k, a, m, b, ldb, pivots, rcond, &rank, numbers, size, parts, &info);
  } else {
    CallPair<T>(sgelsy_, dgelsy_, m, n, k, a, m, b, ldb, pivots, rcond, &rank, numbers, size, &info);
  }
}

}  // namespace

template <class T>
ScratchSizes LeastSquaresScratch(int64_t m, int64_t n, int64_t k) {
  int32_t rows = Narrow(m), cols = Narrow(n), wide = Narrow(k), ldb = std::max(rows, cols), ask = -1;
  T numbers = 0;
  const PartOf<T> rcond = 0;
  CallLeastSquares<T>(&rows, &cols, &wide, nullptr, nullptr, &ldb, nullptr, &rcond, &numbers, &ask, nullptr);
  return {ScratchOf(numbers), kIsComplexType<T> ? 2 * n : 0, n};
}

template <class T>
void LeastSquares(T* a, int64_t m, int64_t n, T* b, int64_t k, PartOf<T> rcond, const Scratch<T>& scratch,
                  ScratchSizes sizes) {
  int32_t rows = Narrow(m), cols = Narrow(n), wide = Narrow(k), ldb = std::max(rows, cols),
          size = Narrow(sizes.numbers);
  std::fill_n(scratch.integers, n, 0);  // every column may move
  CallLeastSquares<T>(&rows, &cols, &wide, a, b, &ldb, scratch.integers, &rcond, scratch.numbers, &size, scratch.parts);
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
  template ScratchSizes EigScratch<T>(int64_t, bool);                                                               \
  template bool SelfAdjointEig(T*, int64_t, bool, PartOf<T>*, const Scratch<T>&, ScratchSizes);                     \
  template ScratchSizes SvdScratch<T>(int64_t, int64_t, bool, bool);                                                \
  template bool SvdInPlace(T*, int64_t, int64_t, bool, bool, PartOf<T>*, T*, T*, const Scratch<T>&, ScratchSizes);  \
  template ScratchSizes LeastSquaresScratch<T>(int64_t, int64_t, int64_t);                                          \
  template void LeastSquares(T*, int64_t, int64_t, T*, int64_t, PartOf<T>, const Scratch<T>&, ScratchSizes);        \
  template void TransposeTo(const T*, int64_t, int64_t, T*);
WEIR_INSTANTIATE(float)
WEIR_INSTANTIATE(double)
WEIR_INSTANTIATE(Single)
WEIR_INSTANTIATE(Complex)
#undef WEIR_INSTANTIATE

}  // namespace weir::linalg
