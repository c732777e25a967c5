// Factorisations and solutions of one matrix of real or complex floats or doubles, on the calling thread: what the
// kernels are made of.
//
// Small matrices go by plain loops, larger ones by OpenBLAS's LAPACK behind one lock of the process: Debian's serial
// build is not safe for several threads. Which way depends on the order alone, so bits do not depend on threads.
// Operands lie in memory that is aligned to 64 bytes (Staging, batches.h): OpenBLAS's loops may look at the alignment.
// Nothing here allocates: what LAPACK wants as scratch is asked for beforehand (…Scratch), in elements.
#pragma once

#include <complex>
#include <cstdint>

#include "weir/ops/linalg/cpu/numbers.h"

namespace weir::linalg {

// Up to this order by plain loops.
inline constexpr int64_t kSmallOrder = 16;
// LAPACK counts in 32 bits, and its scratch is up to four times the square of the order.
inline constexpr int64_t kMaxOrder = 20000;

// a row-major [n,n], of which only the lower triangle is read: the lower factor L of a = L·Lᴴ takes its place (what a
// complex diagonal has of imaginary parts does not count). The order of the first leading minor that is not positive,
// or 0.
template <class T>
int64_t CholeskyInPlace(T* a, int64_t n);

// A triangle of a row-major matrix, perhaps transposed (and then perhaps conjugated), perhaps with ones on its diagonal
// that are not stored.
struct Triangle {
  bool lower = true, transposed = false, unit = false, conjugated = false;
};
// Solves op(a)·x = b: x takes the place of b, row-major [n,k]. A zero on the diagonal gives infinities and NaN.
template <class T>
void SolveTriangular(const T* a, int64_t n, Triangle t, T* b, int64_t k);

// The factors of a matrix with its rows permuted, row i swapped with row pivots[i] one after the other: below the
// diagonal L (with ones on it), above U. `a` is the *transposed* matrix, row-major [n,n], and so are the factors.
// Whether no pivot is zero.
template <class T>
bool LuInPlace(T* a, int64_t n, int32_t* pivots);
// Solves a·x = b, or aᴴ·x = b, by these factors: x takes the place of b, row-major [n,k].
template <class T>
void SolveByLu(const T* lu, const int32_t* pivots, int64_t n, bool adjoint, T* b, int64_t k);

// ---- by LAPACK for every size; matrices are column-major, that is, row-major transposed
// a [m,n] becomes Householder vectors and R; then its first `columns` columns those of Q (a has room for m·columns).
template <class T>
int64_t QrScratch(int64_t m, int64_t n, int64_t columns);
template <class T>
void QrFactor(T* a, int64_t m, int64_t n, T* tau, T* scratch, int64_t scratch_size);
template <class T>
void QrExpand(T* a, int64_t m, int64_t columns, int64_t reflectors, const T* tau, T* scratch, int64_t scratch_size);

// Scratch of more than one kind: numbers T, their parts, integers.
template <class T>
struct Scratch {
  T* numbers;
  PartOf<T>* parts;
  int32_t* integers;
};
struct ScratchSizes {
  int64_t numbers = 0, parts = 0, integers = 0;
};

// Eigenvalues in ascending order and, with `vectors`, eigenvectors (columns, in the place of a) of the symmetric or
// Hermitian a [n,n], given row-major; its lower triangle is read. False when it does not converge.
template <class T>
ScratchSizes EigScratch(int64_t n, bool vectors);
template <class T>
bool SelfAdjointEig(T* a, int64_t n, bool vectors, PartOf<T>* values, const Scratch<T>& scratch, ScratchSizes sizes);

// a [m,n] = u·diag(s)·vt; u [m,m] and vt [n,n] where `full`, else [m,p] and [p,n], p = min(m,n); neither without
// `vectors`. vt is vᴴ of complex ones. False when it does not converge.
template <class T>
ScratchSizes SvdScratch(int64_t m, int64_t n, bool vectors, bool full);
template <class T>
bool SvdInPlace(T* a, int64_t m, int64_t n, bool vectors, bool full, PartOf<T>* s, T* u, T* vt,
                const Scratch<T>& scratch, ScratchSizes sizes);

// The solution of least norm of min |a·x - b|, a [m,n], b [max(m,n),k] with room for x, by a complete orthogonal
// factorisation that takes singular values below rcond·largest for zero.
template <class T>
ScratchSizes LeastSquaresScratch(int64_t m, int64_t n, int64_t k);
template <class T>
void LeastSquares(T* a, int64_t m, int64_t n, T* b, int64_t k, PartOf<T> rcond, const Scratch<T>& scratch,
                  ScratchSizes sizes);

// The complex Schur form a = z·t·zᴴ, t upper triangular in the place of a. `real` has room for n. False when it does
// not converge.
int64_t SchurScratch(int64_t n);
bool Schur(std::complex<double>* a, int64_t n, std::complex<double>* values, std::complex<double>* z,
           std::complex<double>* scratch, int64_t scratch_size, double* real);

// to [cols,rows] = from [rows,cols] transposed.
template <class T>
void TransposeTo(const T* from, int64_t rows, int64_t cols, T* to);

}  // namespace weir::linalg
