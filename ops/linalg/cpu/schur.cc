#include "weir/ops/linalg/cpu/schur.h"

namespace weir::linalg {

SchurRoom::SchurRoom(Staging& staging, int64_t n) : n_(n), scratch_size_(SchurScratch(n)) {
  first_ = staging.Add<Complex128>(n * n);
  for (int i = 1; i < 3; ++i) staging.Add<Complex128>(n * n);
  staging.Add<Complex128>(n);
  staging.Add<Complex128>(scratch_size_);
  staging.Add<double>(n);
}

SchurForm SchurRoom::Get(const Staging& staging, const RunArgs& a) const {
  auto numbers = [&](int i) { return staging.Get<Complex128>(a, first_ + i); };
  double* real = staging.Get<double>(a, first_ + 5);
  return {n_, numbers(0), numbers(1), numbers(2), numbers(3), numbers(4), scratch_size_, real};
}

template <class T>
bool Factor(const SchurForm& s, const T* a) {
  const int64_t n = s.n;
  if (!AllFinite(a, n * n)) return false;
  for (int64_t k = 0; k < n * n; ++k) s.t[k % n * n + k / n] = Precise<T>(a[k]);
  return Schur(s.t, n, s.row, s.z, s.scratch, s.scratch_size, s.real);
}

template <class T>
bool Join(const SchurForm& s, T* out) {
  const int64_t n = s.n;
  Complex128 *product = s.product, *row = s.row;
  for (int64_t j = 0; j < n; ++j) {  // product = z·t
    for (int64_t i = 0; i < n; ++i) product[j * n + i] = 0;
    for (int64_t k = 0; k <= j; ++k) {
      for (int64_t i = 0; i < n; ++i) product[j * n + i] += s.z[k * n + i] * s.t[j * n + k];
    }
  }
  double size = 0, off = 0;
  for (int64_t j = 0; j < n; ++j) {
    std::fill_n(row, n, Complex128(0));
    for (int64_t k = 0; k < n; ++k) {
      const Complex128 f = std::conj(s.z[k * n + j]);
      for (int64_t i = 0; i < n; ++i) row[i] += product[k * n + i] * f;
    }
    for (int64_t i = 0; i < n; ++i) {
      if constexpr (kIsComplexType<T>) {
        out[i * n + j] = T(row[i]);
      } else {
        out[i * n + j] = T(row[i].real());
        size = std::max(size, std::abs(row[i]));
        off = std::max(off, std::abs(row[i].imag()));
      }
    }
  }
  // A matrix that is not real has imaginary parts of its own size, not of rounding's.
  return off <= 1e-6 * size;
}

void RootOfTriangle(Complex128* t, int64_t n) {
  for (int64_t j = 0; j < n; ++j) {
    Complex128* column = t + j * n;
    column[j] = std::sqrt(column[j]);
    for (int64_t i = j; i-- > 0;) {
      Complex128 sum = column[i];
      for (int64_t k = i + 1; k < j; ++k) sum -= t[k * n + i] * column[k];
      column[i] = sum / (t[i * n + i] + column[j]);
    }
  }
}

#define WEIR_INSTANTIATE(T)                         \
  template bool Factor(const SchurForm&, const T*); \
  template bool Join(const SchurForm&, T*);
WEIR_INSTANTIATE(float)
WEIR_INSTANTIATE(double)
WEIR_INSTANTIATE(Complex64)
WEIR_INSTANTIATE(Complex128)
#undef WEIR_INSTANTIATE

}  // namespace weir::linalg
