// The type that elements are computed in, and sums in their own.
#pragma once

#include <cstdint>
#include <type_traits>

#include "weir/graph/base/half.h"

namespace weir::kernels {

// What a type is computed in: 16-bit floats in float.
template <class T>
struct WideT {
  using type = T;
};
template <>
struct WideT<Half> {
  using type = float;
};
template <>
struct WideT<BFloat16> {
  using type = float;
};
template <class T>
using Wide = typename WideT<T>::type;

// Integers wrap around, 16-bit floats are rounded once.
template <class T>
T Plus(T a, T b) {
  if constexpr (std::is_integral_v<T>) return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
  else return T(Wide<T>(a) + Wide<T>(b));
}
template <class T>
T Minus(T a, T b) {
  if constexpr (std::is_integral_v<T>) return static_cast<T>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
  else return T(Wide<T>(a) - Wide<T>(b));
}

}  // namespace weir::kernels
