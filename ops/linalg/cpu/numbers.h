// What templates over real and complex numbers share: of a real number the conjugate is itself.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <type_traits>

#include "weir/graph/base/dtype.h"

namespace weir::linalg {

// The dtypes that factorisations and solutions are computed in.
using LinalgTypes = Types<float, double, Complex64, Complex128>;
using LinalgAndHalfTypes = decltype(LinalgTypes() + Types<Half>());

// double, or complex<double>.
template <class T>
using Precise = std::conditional_t<kIsComplexType<T>, Complex128, double>;

template <class T>
T Conj(T x) {
  if constexpr (kIsComplexType<T>) return std::conj(x);
  else return x;
}

template <class T>
PartOf<T> RealOf(T x) {
  if constexpr (kIsComplexType<T>) return x.real();
  else return x;
}

template <class T>
bool IsFinite(T x) {
  if constexpr (kIsComplexType<T>) return std::isfinite(x.real()) && std::isfinite(x.imag());
  else return std::isfinite(x);
}

template <class T>
bool AllFinite(const T* x, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    if (!IsFinite(x[i])) return false;
  }
  return true;
}

// Why not numeric_limits<T>: of complex numbers it has zeros.
template <class T>
T NanOf() {
  constexpr PartOf<T> kNan = std::numeric_limits<PartOf<T>>::quiet_NaN();
  if constexpr (kIsComplexType<T>) return {kNan, kNan};
  else return kNan;
}

// In place.
template <class T>
void ConjugateAll(T* x, int64_t n) {
  if constexpr (kIsComplexType<T>) std::transform(x, x + n, x, [](T v) { return std::conj(v); });
}

}  // namespace weir::linalg
