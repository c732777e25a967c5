// The row loops of softmax, vectorised by Highway and compiled once per instruction set.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "weir/runtime/cpu/softmax_rows_simd.cc"
#include "hwy/foreach_target.h"  // must come before highway.h
#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

#include <algorithm>
#include <limits>

#include "weir/runtime/cpu/softmax_rows.h"

HWY_BEFORE_NAMESPACE();
namespace weir {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int64_t kBlock = 1024;  // elements summed before the sum goes to double

// exp for arguments up to 0 (what is above is NaN's doing); Highway's gives 0 for NaN, which must stay NaN.
template <class D, class V>
HWY_INLINE V ExpNegative(D d, V x) {
  const V least = hn::Set(d, hn::TFromD<D>(sizeof(hn::TFromD<D>) == 4 ? -104 : -746));
  return hn::IfThenElse(hn::IsNaN(x), x, hn::Exp(d, hn::Max(x, least)));
}

// The last n lanes of a row, `pad` elsewhere.
template <class D>
HWY_INLINE hn::Vec<D> LoadTail(D d, const hn::TFromD<D>* x, int64_t n, hn::TFromD<D> pad) {
  HWY_ALIGN hn::TFromD<D> buffer[hn::MaxLanes(D())];
  for (int64_t i = 0; i < int64_t(hn::Lanes(d)); ++i) buffer[i] = i < n ? x[i] : pad;
  return hn::Load(d, buffer);
}

template <class T>
T RowMax(const T* x, int64_t n) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = hn::Lanes(d);
  const T lowest = -std::numeric_limits<T>::infinity();
  auto m = hn::Set(d, lowest);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) m = hn::Max(m, hn::LoadU(d, x + i));
  if (i < n) m = hn::Max(m, LoadTail(d, x + i, n - i, lowest));
  return hn::GetLane(hn::MaxOfLanes(d, m));
}

template <class T>
double RowExpSum(const T* x, T shift, T* e, int64_t n) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = hn::Lanes(d);
  const auto by = hn::Set(d, shift);
  double total = 0;
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    const int64_t end = std::min(n, begin + kBlock);
    auto sum = hn::Zero(d);
    int64_t i = begin;
    for (; i + lanes <= end; i += lanes) {
      const auto v = ExpNegative(d, hn::Sub(hn::LoadU(d, x + i), by));
      if (e) hn::StoreU(v, d, e + i);
      sum = hn::Add(sum, v);
    }
    if (i < end) {
      const auto v = ExpNegative(d, hn::Sub(LoadTail(d, x + i, end - i, T(0)), by));
      HWY_ALIGN T buffer[hn::MaxLanes(hn::ScalableTag<T>())];
      hn::Store(v, d, buffer);
      for (int64_t j = 0; j < end - i; ++j) {
        if (e) e[i + j] = buffer[j];
        total += double(buffer[j]);
      }
    }
    total += double(hn::GetLane(hn::SumOfLanes(d, sum)));
  }
  return total;
}

template <class T>
double RowCross(const T* x, const T* w, T shift, T log_sum, int64_t n) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = hn::Lanes(d);
  const auto by = hn::Set(d, shift), from = hn::Set(d, log_sum);
  double total = 0;
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    const int64_t end = std::min(n, begin + kBlock);
    auto sum = hn::Zero(d);
    int64_t i = begin;
    for (; i + lanes <= end; i += lanes) {
      sum = hn::Add(sum, hn::Mul(hn::LoadU(d, w + i), hn::Sub(from, hn::Sub(hn::LoadU(d, x + i), by))));
    }
    for (; i < end; ++i) total += double(w[i] * (log_sum - (x[i] - shift)));
    total += double(hn::GetLane(hn::SumOfLanes(d, sum)));
  }
  return total;
}

float RowMaxF32(const float* x, int64_t n) { return RowMax(x, n); }
double RowMaxF64(const double* x, int64_t n) { return RowMax(x, n); }
double RowExpSumF32(const float* x, float shift, float* e, int64_t n) { return RowExpSum(x, shift, e, n); }
double RowExpSumF64(const double* x, double shift, double* e, int64_t n) { return RowExpSum(x, shift, e, n); }
double RowCrossF32(const float* x, const float* w, float shift, float log_sum, int64_t n) {
  return RowCross(x, w, shift, log_sum, n);
}
double RowCrossF64(const double* x, const double* w, double shift, double log_sum, int64_t n) {
  return RowCross(x, w, shift, log_sum, n);
}

}  // namespace HWY_NAMESPACE
}  // namespace weir
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir {

HWY_EXPORT(RowMaxF32);
HWY_EXPORT(RowMaxF64);
HWY_EXPORT(RowExpSumF32);
HWY_EXPORT(RowExpSumF64);
HWY_EXPORT(RowCrossF32);
HWY_EXPORT(RowCrossF64);

namespace kernels {

template <>
RowFunctions<float> BestRowFunctions<float>() {
  return {HWY_DYNAMIC_DISPATCH(RowMaxF32), HWY_DYNAMIC_DISPATCH(RowExpSumF32), HWY_DYNAMIC_DISPATCH(RowCrossF32)};
}
template <>
RowFunctions<double> BestRowFunctions<double>() {
  return {HWY_DYNAMIC_DISPATCH(RowMaxF64), HWY_DYNAMIC_DISPATCH(RowExpSumF64), HWY_DYNAMIC_DISPATCH(RowCrossF64)};
}

}  // namespace kernels
}  // namespace weir
#endif  // HWY_ONCE
