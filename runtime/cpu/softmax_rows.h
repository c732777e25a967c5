// The loops of softmax and cross-entropy over one row, for several instruction sets (softmax_rows_simd.cc).
//
// Every function reads a row of n elements; NaN anywhere in the row makes its results NaN. Sums are made in vectors of
// the element type over at most a thousand elements and added up in double.
#pragma once

#include <cstdint>

namespace weir::kernels {

template <class T>
struct RowFunctions {
  T (*max)(const T* x, int64_t n);  // -inf of no elements; NaN elements may be passed over
  // Σ exp(x - shift) for a shift not below x; the terms go to e unless it is null, and e may be x.
  double (*exp_sum)(const T* x, T shift, T* e, int64_t n);
  // Σ w · (log_sum - (x - shift))
  double (*cross)(const T* x, const T* w, T shift, T log_sum, int64_t n);
};

// Of the best instruction set of this machine. T is float or double.
template <class T>
RowFunctions<T> BestRowFunctions();
template <>
RowFunctions<float> BestRowFunctions<float>();
template <>
RowFunctions<double> BestRowFunctions<double>();

}  // namespace weir::kernels
