// The vectorised product behind Gemm, of the best instruction set of this machine (gemm_simd.cc).
#pragma once

#include <cstdint>

namespace weir::kernels {

// The arguments of Gemm (gemm.h); sizes are positive.
template <class T>
struct Product {
  bool ta, tb;
  int64_t m, n, k;
  const T* a;
  int64_t lda;
  const T* b;
  int64_t ldb;
  bool add;
  T* c;
  int64_t ldc;
  // Where b is packed already: all of it, [k, packed_n], of which the product takes the n columns from `first` on, a
  // multiple of kGemmColumns. Then b is not read.
  const T* packed = nullptr;
  int64_t packed_n = 0, first = 0;
};

void SimdGemm(const Product<float>& p);
void SimdGemm(const Product<double>& p);

// The elements of b [k, n] packed, and packing it: `to` is aligned to 64 bytes.
template <class T>
int64_t SimdPackedSize(int64_t n, int64_t k);
void SimdPack(bool tb, int64_t n, int64_t k, const float* b, int64_t ldb, float* to);
void SimdPack(bool tb, int64_t n, int64_t k, const double* b, int64_t ldb, double* to);

}  // namespace weir::kernels
