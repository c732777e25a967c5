// Cumsum and Cumprod: folds that keep every intermediate result, along one axis, in the order of the axis or its
// reverse.
//
// half and bfloat16 accumulate in float, each output rounded once; integers wrap.
#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <vector>

#include "weir/runtime/cpu/axis_view.h"
#include "weir/runtime/cpu/fold_loops.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace kernels {
namespace {

constexpr int64_t kTile = 64;

struct Scan {
  AxisView view;
  int64_t tiles;
  bool exclusive, reverse;
};

template <class T, bool kProduct>
void ScanTile(const Scan& s, int64_t unit, const T* in, T* out) {
  using Acc = FoldAcc<T>;
  int64_t first = unit % s.tiles * kTile, n = std::min(kTile, s.view.inner - first), stride = s.view.inner;
  int64_t at = unit / s.tiles * s.view.size * stride + first;
  if (s.reverse) at += (s.view.size - 1) * stride, stride = -stride;
  Acc acc[kTile];
  std::fill(acc, acc + n, Acc(kProduct ? 1 : 0));
  for (int64_t i = 0; i < s.view.size; ++i, at += stride) {
    for (int64_t j = 0; j < n; ++j) {
      Acc next = kProduct ? acc[j] * Acc(in[at + j]) : acc[j] + Acc(in[at + j]);
      out[at + j] = T(s.exclusive ? acc[j] : next);
      acc[j] = next;
    }
  }
}

template <bool kProduct>
Status PrepareScan(PrepareContext& c) {
  const Shape& in = c.input_shape(0);
  std::vector<int64_t> value = c.ints(1);
  auto axis = value.size() == 1 ? NormalizeAxis(value[0], in.rank()) : std::nullopt;
  if (!axis) return InvalidArgument(fmt::format("needs one axis of a tensor of rank {}", in.rank()));
  Scan s{AxisView::Of(in, *axis), 0, c.attr<bool>("exclusive"), c.attr<bool>("reverse")};
  s.tiles = (s.view.inner + kTile - 1) / kTile;
  int64_t units = s.view.outer * s.tiles;
  c.ParallelOver(units, double(s.view.size) * double(std::min(s.view.inner, kTile)) * 1.0);
  return c.ForType(NumberTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    c.SetRun([s](RunArgs& a) {
      auto [begin, end] = a.Range();
      for (int64_t u = begin; u < end; ++u) ScanTile<T, kProduct>(s, u, a.in<T>(0), a.out<T>(0));
    });
  });
}

}  // namespace
}  // namespace kernels

void RegisterScanKernels(KernelRegistry& r) {
  r.Add("Cumsum", kernels::PrepareScan<false>).NeedsValue({1});
  r.Add("Cumprod", kernels::PrepareScan<true>).NeedsValue({1});
}

}  // namespace weir
