// The type that elements are computed in.
#pragma once

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

}  // namespace weir::kernels
