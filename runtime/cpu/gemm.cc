// Gemm by the vectorised kernel; and what a product costs, and how it is cut.
//
// Why not OpenBLAS, which does the rest of the world's products: Debian's serial build gives wrong numbers when two
// threads call it at once (its buffers are handed out without a lock), the threaded builds start threads of their own,
// and on a processor that is newer than it (0.3.21) it falls back to SSE3, a third of the speed. The tests compare with
// it.
#include "weir/runtime/cpu/gemm.h"

#include <algorithm>

#include "weir/runtime/cpu/gemm_simd.h"

namespace weir {
namespace {

template <class T>
void GemmOf(const kernels::Product<T>& p) {
  if (p.m <= 0 || p.n <= 0) return;
  if (p.k > 0) return kernels::SimdGemm(p);
  for (int64_t i = 0; i < p.m && !p.add; ++i) std::fill_n(p.c + i * p.ldc, p.n, T(0));
}

}  // namespace

void Gemm(bool ta, bool tb, int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b, int64_t ldb,
          bool add, float* c, int64_t ldc) {
  GemmOf<float>({ta, tb, m, n, k, a, lda, b, ldb, add, c, ldc});
}

void Gemm(bool ta, bool tb, int64_t m, int64_t n, int64_t k, const double* a, int64_t lda, const double* b, int64_t ldb,
          bool add, double* c, int64_t ldc) {
  GemmOf<double>({ta, tb, m, n, k, a, lda, b, ldb, add, c, ldc});
}

namespace {

template <class T>
void GemmPackedOf(bool ta, int64_t m, int64_t k, const T* a, int64_t lda, const T* packed, PackedColumns columns,
                  bool add, T* c, int64_t ldc) {
  GemmOf<T>({.ta = ta, .tb = false, .m = m, .n = columns.columns, .k = k, .a = a, .lda = lda, .b = nullptr, .ldb = 0,
             .add = add, .c = c, .ldc = ldc, .packed = packed, .packed_n = columns.n, .first = columns.first});
}

}  // namespace

int64_t PackedBytesOf(int64_t n, int64_t k, size_t element_bytes) {
  const int64_t elements =
      element_bytes == sizeof(float) ? kernels::SimdPackedSize<float>(n, k) : kernels::SimdPackedSize<double>(n, k);
  return elements * static_cast<int64_t>(element_bytes);
}

void PackRight(bool tb, int64_t n, int64_t k, const float* b, int64_t ldb, float* packed) {
  kernels::SimdPack(tb, n, k, b, ldb, packed);
}
void PackRight(bool tb, int64_t n, int64_t k, const double* b, int64_t ldb, double* packed) {
  kernels::SimdPack(tb, n, k, b, ldb, packed);
}

void GemmPacked(bool ta, int64_t m, int64_t k, const float* a, int64_t lda, const float* packed, PackedColumns columns,
                bool add, float* c, int64_t ldc) {
  GemmPackedOf(ta, m, k, a, lda, packed, columns, add, c, ldc);
}
void GemmPacked(bool ta, int64_t m, int64_t k, const double* a, int64_t lda, const double* packed,
                PackedColumns columns, bool add, double* c, int64_t ldc) {
  GemmPackedOf(ta, m, k, a, lda, packed, columns, add, c, ldc);
}

double GemmNs(int64_t m, int64_t n, int64_t k) {
  constexpr double kFlopsPerNs = 80;  // a core of a current server; products of one row are bound by memory
  double flops = 2.0 * double(m) * double(n) * double(k);
  return 100 + flops / (std::min(m, n) == 1 ? kFlopsPerNs / 3 : kFlopsPerNs);
}

GemmCut CutGemm(int64_t m, int64_t n, int64_t k, int64_t max_slices) {
  constexpr double kSliceNs = 100000, kPackNs = 0.1, kWaste = 0.05;
  constexpr double kMostWasteful = 4;  // slices that are made even if packing costs more than kWaste
  // Slices of rows each pack b, slices of columns each pack a: what is packed again should be the smaller one.
  GemmCut cut;
  cut.by_rows = m >= n;
  cut.step = cut.by_rows ? kGemmRows : kGemmColumns;
  const double ns = GemmNs(m, n, k), pack = kPackNs * double(k) * double(cut.by_rows ? n : m);
  const double affordable = std::max(kMostWasteful, 1 + kWaste * ns / pack);
  const double slices =
      std::min({ns / kSliceNs, affordable, double(cut.by_rows ? m : n) / double(cut.step), double(max_slices)});
  cut.slices = std::max<int64_t>(int64_t(slices), 1);
  return cut;
}

int64_t GemmCut::Begin(int64_t i, int64_t n) const {
  if (i >= slices) return n;
  // The last slice has what is left beyond whole steps: no slice is smaller than one.
  const int64_t blocks = std::max<int64_t>(n / step, 1), per = blocks / slices, rest = blocks % slices;
  return std::min(n, (i * per + std::min(i, rest)) * step);
}

}  // namespace weir
