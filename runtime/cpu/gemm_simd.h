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
};

void SimdGemm(const Product<float>& p);
void SimdGemm(const Product<double>& p);

}  // namespace weir::kernels
