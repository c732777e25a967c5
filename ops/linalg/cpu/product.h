// Products of complex matrices, made of a real one.
//
// A row of complex numbers is a row of twice as many reals, (re, im) side by side. So a·b is the real product of a as
// it lies, [m,2k], and the expanded b [2k,2n], which has for each row of b that row and i times it; the result lies as
// complex numbers do. Rows of the result thus have Gemm's promise (runtime/cpu/gemm.h): their bits depend on neither
// the batch nor the cut.
#pragma once

#include <complex>
#include <cstdint>

#include "weir/ops/linalg/cpu/numbers.h"
#include "weir/runtime/cpu/gemm.h"

namespace weir::linalg {

// How an operand is taken.
struct Taken {
  bool transposed = false, conjugated = false;
};

// Row p of op(b), which has n columns (b is [k,n], or [n,k] where it is taken transposed), as the two rows, 4n numbers
// at `out`, of the expanded b.
template <class P>
void ExpandRow(Taken how, int64_t k, int64_t n, int64_t p, const std::complex<P>* b, P* out) {
  const std::complex<P>* from = how.transposed ? b + p : b + p * n;
  const int64_t step = how.transposed ? k : 1;
  const P sign = how.conjugated ? P(-1) : P(1);
  for (int64_t j = 0; j < n; ++j) {
    const P re = from[j * step].real(), im = sign * from[j * step].imag();
    out[2 * j] = re, out[2 * j + 1] = im;
    out[2 * (n + j)] = -im, out[2 * (n + j) + 1] = re;
  }
}

// Row i of op(a), of k numbers; a is [k,m] where it is taken transposed, else [m,k].
template <class P>
void TakeRow(Taken how, int64_t m, int64_t k, int64_t i, const std::complex<P>* a, std::complex<P>* out) {
  const std::complex<P>* from = how.transposed ? a + i : a + i * k;
  const int64_t step = how.transposed ? m : 1;
  for (int64_t p = 0; p < k; ++p) out[p] = how.conjugated ? std::conj(from[p * step]) : from[p * step];
}

// The room in numbers T that MatrixProduct of these sizes wants: 0 of real ones.
template <class T>
int64_t ProductRoom(int64_t m, int64_t n, int64_t k) {
  return kIsComplexType<T> ? m * k + 2 * k * n : 0;
}

// out [m,n] = op(a) [m,k]·op(b) [k,n], row-major without gaps; op takes the adjoint where asked to, the transpose of
// real matrices.
template <class T>
void MatrixProduct(bool adjoint_a, bool adjoint_b, int64_t m, int64_t n, int64_t k, const T* a, const T* b, T* room,
                   T* out) {
  if constexpr (!kIsComplexType<T>) {
    Gemm(adjoint_a, adjoint_b, m, n, k, a, adjoint_a ? m : k, b, adjoint_b ? k : n, false, out, n);
  } else {
    using P = PartOf<T>;
    if (adjoint_a) {
      for (int64_t i = 0; i < m; ++i) TakeRow({true, true}, m, k, i, a, room + i * k);
      a = room;
    }
    P* expanded = reinterpret_cast<P*>(room + m * k);
    for (int64_t p = 0; p < k; ++p) ExpandRow({adjoint_b, adjoint_b}, k, n, p, b, expanded + 4 * p * n);
    Gemm(false, false, m, 2 * n, 2 * k, reinterpret_cast<const P*>(a), 2 * k, expanded, 2 * n, false,
         reinterpret_cast<P*>(out), 2 * n);
  }
}

}  // namespace weir::linalg
