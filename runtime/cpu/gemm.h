// Matrix product of one slice, on the calling thread: what MatMul and convolution are made of.
//
// Matrices are row-major with a leading dimension (the distance between rows). A caller who wants parallel work cuts
// the product by the problem's size (GemmCut) and calls Gemm once a slice; Gemm itself never starts a thread. Safe to
// call from any number of threads.
//
// Invariant: the bits of an element depend on its row of a, its column of b, k, `ta` and whether n is 1, and on nothing
// else: not on how many rows there are, nor on how a product is cut into slices. So a row of a batch has the same bits
// in any batch.
#pragma once

#include <cstdint>

namespace weir {

// c [m,n] = op(a) [m,k] · op(b) [k,n], or c += that, where op transposes when `ta`, `tb` are set (a is then stored
// [k,m], b [n,k]). Unless `add`, what is in c does not matter (NaN is not carried on). Any size may be 0; k = 0 is a
// product of zeros.
void Gemm(bool ta, bool tb, int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b, int64_t ldb,
          bool add, float* c, int64_t ldc);
void Gemm(bool ta, bool tb, int64_t m, int64_t n, int64_t k, const double* a, int64_t lda, const double* b, int64_t ldb,
          bool add, double* c, int64_t ldc);

// A right operand that is used again and again, packed as Gemm packs it otherwise each time: b [k,n], or [n,k] when
// `tb`. n >= kGemmColumns. The form depends on the machine.
int64_t PackedBytesOf(int64_t n, int64_t k, size_t element_bytes);  // of floats or doubles
template <class T>
int64_t PackedBytes(int64_t n, int64_t k) { return PackedBytesOf(n, k, sizeof(T)); }
void PackRight(bool tb, int64_t n, int64_t k, const float* b, int64_t ldb, float* packed);
void PackRight(bool tb, int64_t n, int64_t k, const double* b, int64_t ldb, double* packed);

// Gemm by columns [first, first + columns) of a packed b of n columns; `first` is a multiple of kGemmColumns. The bits
// are those of Gemm.
struct PackedColumns {
  int64_t n, first, columns;
};
void GemmPacked(bool ta, int64_t m, int64_t k, const float* a, int64_t lda, const float* packed, PackedColumns columns,
                bool add, float* c, int64_t ldc);
void GemmPacked(bool ta, int64_t m, int64_t k, const double* a, int64_t lda, const double* packed,
                PackedColumns columns, bool add, double* c, int64_t ldc);

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
