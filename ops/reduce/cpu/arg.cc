// ArgMax and ArgMin: where along an axis the largest or smallest element stands.
//
// The first of equal elements wins and NaN is never chosen; a slice of nothing but NaN gives 0. As in TensorFlow the
// search starts from the type's lowest (highest) finite value.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <type_traits>
#include <vector>

#include "weir/graph/base/shape.h"
#include "weir/runtime/cpu/axis_view.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace kernels {
namespace {

constexpr int64_t kTile = 64;

// What elements of T are compared as, and where the search starts.
template <class T, bool kMax>
auto Start() {
  if constexpr (std::is_same_v<T, Half>) return kMax ? -65504.0f : 65504.0f;
  else if constexpr (std::is_same_v<T, BFloat16>) return float(BFloat16::FromBits(kMax ? 0xff7f : 0x7f7f));
  else return kMax ? std::numeric_limits<T>::lowest() : std::numeric_limits<T>::max();
}

// Indices of the winners of n ≤ kTile neighbouring slices, whose elements are `stride` apart.
template <class T, bool kMax>
void FindTile(const T* in, int64_t size, int64_t stride, int64_t n, int64_t* index) {
  using V = decltype(Start<T, kMax>());
  V best[kTile];
  std::fill(best, best + n, Start<T, kMax>());
  std::fill(index, index + n, 0);
  for (int64_t i = 0; i < size; ++i, in += stride) {
    for (int64_t j = 0; j < n; ++j) {
      V v = V(in[j]);
      bool wins = kMax ? v > best[j] : v < best[j];
      best[j] = wins ? v : best[j];
      index[j] = wins ? i : index[j];
    }
  }
}

void Store(RunArgs& a, DType type, int64_t at, const int64_t* index, int64_t n) {
  for (int64_t j = 0; j < n; ++j) {
    switch (SizeOf(type)) {
      case 2: a.out<uint16_t>(0)[at + j] = uint16_t(index[j]); break;  // int16 too: the same bits
      case 4: a.out<int32_t>(0)[at + j] = int32_t(index[j]); break;
      default: a.out<int64_t>(0)[at + j] = index[j];
    }
  }
}

template <class T, bool kMax>
void SetArg(PrepareContext& c, const AxisView& v) {
  int64_t tiles = (v.inner + kTile - 1) / kTile;
  DType type = c.output_dtype(0);
  c.ParallelOver(v.outer * tiles, double(v.size) * double(std::min(v.inner, kTile)) * 0.7);
  c.SetRun([v, tiles, type](RunArgs& a) {
    int64_t index[kTile];
    auto [begin, end] = a.Range();
    for (int64_t u = begin; u < end; ++u) {
      int64_t o = u / tiles, first = u % tiles * kTile, n = std::min(kTile, v.inner - first);
      FindTile<T, kMax>(a.in<T>(0) + o * v.size * v.inner + first, v.size, v.inner, n, index);
      Store(a, type, o * v.inner + first, index, n);
    }
  });
}

template <bool kMax>
Status PrepareArg(PrepareContext& c) {
  const Shape& in = c.input_shape(0);
  std::vector<int64_t> value = c.ints(1);
  auto axis = value.size() == 1 ? NormalizeAxis(value[0], in.rank()) : std::nullopt;
  if (!axis) return InvalidArgument(fmt::format("needs one axis of a tensor of rank {}", in.rank()));
  if (in[*axis] == 0)
    return InvalidArgument(fmt::format("is to search axis {}, which is empty, of shape {}", *axis, in.ToString()));
  if (!IsInteger(c.output_dtype(0)) || SizeOf(c.output_dtype(0)) < 2)
    return PrepareContext::NoKernelFor(c.output_dtype(0));
  AxisView v = AxisView::Of(in, *axis);
  return c.ForType(RealAndBoolTypes{}, c.input_dtype(0), [&](auto t) { SetArg<decltype(t), kMax>(c, v); });
}

}  // namespace
}  // namespace kernels

void RegisterArgKernels(KernelRegistry& r) {
  r.Add("ArgMax", kernels::PrepareArg<true>).NeedsValue({1});
  r.Add("ArgMin", kernels::PrepareArg<false>).NeedsValue({1});
}

}  // namespace weir
