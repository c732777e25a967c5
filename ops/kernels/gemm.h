// Matrix product of one slice, on the calling thread: what MatMul and convolution are made of.
//
// Matrices are row-major with a leading dimension (the distance between rows). A caller who wants parallel work cuts the
// product by the problem's size (GemmCut) and calls Gemm once a slice; Gemm itself never starts a thread. Safe to call
// from any number of threads. The bits of a slice depend on its sizes only.
#pragma once

#include <cstdint>

namespace weir {

// c [m,n] = alpha · op(a) [m,k] · op(b) [k,n] + beta · c, where op transposes when `ta`, `tb` are set (a is then stored
// [k,m], b [n,k]). With beta 0 what is in c does not matter (NaN is not carried on). k = 0 gives beta · c. Any size may be 0.
void Gemm(bool ta, bool tb, int64_t m, int64_t n, int64_t k, float alpha, const float* a, int64_t lda, const float* b, int64_t ldb,
          float beta, float* c, int64_t ldc);
void Gemm(bool ta, bool tb, int64_t m, int64_t n, int64_t k, double alpha, const double* a, int64_t lda, const double* b,
          int64_t ldb, double beta, double* c, int64_t ldc);

// Sizes of which products are made best: whole tiles of registers.
inline constexpr int64_t kGemmRows = 24, kGemmColumns = 32;

// About how long a product takes on one thread, in nanoseconds.
double GemmNs(int64_t m, int64_t n, int64_t k);

// How to cut one product into slices of rows or of columns.
struct GemmCut {
  bool by_rows = true;
  int64_t slices = 1, step = 1;
  // The items (rows or columns, of `n` in all) of slice i: [begin, end), cut at multiples of `step`.
  int64_t Begin(int64_t i, int64_t n) const;
};
GemmCut CutGemm(int64_t m, int64_t n, int64_t k, int64_t max_slices = 64);

}  // namespace weir
