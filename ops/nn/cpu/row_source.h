// Rows as softmax and the cross-entropies read them: wide elements, perhaps of a row or column that is broadcast.
#pragma once

#include <cstdint>
#include <type_traits>

#include "weir/runtime/cpu/wide.h"

namespace weir::kernels {

inline constexpr double kRowElementNs = 1.0;  // an element of a row of softmax

// A matrix operand, perhaps broadcast along either axis.
struct RowSource {
  int64_t rows = 0, columns = 0;  // its own

  // Row i as `n` wide elements: in place where it is that already, else in `buffer`.
  template <class T>
  const Wide<T>* Row(const T* data, int64_t i, int64_t n, Wide<T>* buffer) const {
    const T* row = data + (rows == 1 ? 0 : i) * columns;
    if constexpr (std::is_same_v<T, Wide<T>>) {
      if (columns == n) return row;
    }
    for (int64_t j = 0; j < n; ++j) buffer[j] = Wide<T>(row[columns == 1 ? 0 : j]);
    return buffer;
  }
};

}  // namespace weir::kernels
