// AvgPool, AvgPool3D and their gradients: sums over windows, divided by the number of elements that lie in the input.
// Half and bfloat16 are summed in float and rounded once.
#include <numeric>

#include "weir/ops/pool/cpu/problem.h"
#include "weir/runtime/cpu/patches.h"
#include "weir/runtime/cpu/windows.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace kernels {
namespace {

// The rows of the windows of output row `row` that lie in the input.
int64_t RowsInside(const PoolProblem& p, int64_t row) {
  return TapsInside(p.z, row / p.y.output).size() * TapsInside(p.y, row % p.y.output).size();
}

template <class T>
void AvgPoolRow(const PoolProblem& p, const T* image, int64_t row, Wide<T>* sum, T* out) {
  using A = Wide<T>;
  std::fill_n(sum, p.out_row(), A(0));
  ForRowTaps(p, row, [&](int64_t pixel, Span ox, int64_t) {
    ForLanes(p, pixel, ox, [image, sum](int64_t in, int64_t o, int64_t) { sum[o] += A(image[in]); });
  });
  const int64_t rows = RowsInside(p, row);
  for (int64_t x = 0; x < p.x.output; ++x) {
    const A count = A(std::max<int64_t>(rows * TapsInside(p.x, x).size(), 1));
    for (int64_t i = x * p.c; i < (x + 1) * p.c; ++i) out[i] = T(sum[i] / count);
  }
}

template <class T>
void SetAvgPool(PrepareContext& c, const PoolProblem& p) {
  using A = Wide<T>;
  constexpr bool same = std::is_same_v<T, A>;
  c.ParallelOver(p.out_rows(), PoolRowNs(p));
  c.set_own_workspace(same ? 0 : p.out_row() * int64_t(sizeof(A)));
  c.SetRun([=](RunArgs& a) {
    auto [begin, end] = a.Range();
    for (int64_t row = begin; row < end; ++row) {
      T* out = a.out<T>(0) + row * p.out_row();
      A* sum = a.own<A>();
      if constexpr (same) sum = out;
      AvgPoolRow(p, a.in<T>(0) + row / p.image_rows() * p.in_image(), row % p.image_rows(), sum, out);
    }
  });
}

Status PrepareAvgPool(PrepareContext& c, Spatial spatial) {
  if (c.output_shape(0).num_elements() == 0) return c.Nothing();
  WEIR_ASSIGN_OR_RETURN(PoolProblem p, MakePoolProblem(c, {spatial}, c.input_shape(0), c.output_shape(0)));
  return c.ForType(FloatTypes{}, c.input_dtype(0), [&](auto t) { SetAvgPool<decltype(t)>(c, p); });
}

// One band of the gradient, into `sum`; `share` is a buffer of an output row.
template <class T>
void AvgPoolGradBand(const PoolProblem& p, Span rows, const T* grad, Wide<T>* share, Wide<T>* sum) {
  using A = Wide<T>;
  const int64_t first = rows.begin * p.x.input, last = rows.end * p.x.input;
  std::fill_n(sum, (last - first) * p.c, A(0));
  A* to = sum - first * p.c;
  const Span outputs = OutputRowsOver(p.z, p.y, rows);
  for (int64_t row = outputs.begin; row < outputs.end; ++row) {
    const int64_t taps = RowsInside(p, row);
    const T* dy = grad + row * p.out_row();
    for (int64_t x = 0; x < p.x.output; ++x) {
      const A part = A(1) / A(std::max<int64_t>(taps * TapsInside(p.x, x).size(), 1));
      for (int64_t i = x * p.c; i < (x + 1) * p.c; ++i) share[i] = A(dy[i]) * part;
    }
    ForRowTaps<true>(p, row, [&](int64_t pixel, Span ox, int64_t) {
      if (int64_t at = pixel + ox.begin * p.x.stride; at < first || at >= last) return;  // another band's row
      ForLanes(p, pixel, ox, [=](int64_t in, int64_t o, int64_t) { to[in] += share[o]; });
    });
  }
}

template <class T>
Status SetAvgPoolGrad(PrepareContext& c, const PoolProblem& p) {
  using A = Wide<T>;
  constexpr bool same = std::is_same_v<T, A>;
  const Bands bands = BandsOf(p);
  c.ParallelOver(bands.count(), PoolRowNs(p) * double(p.image_rows()) / double(bands.per_image));
  const int64_t share = CeilDiv(p.out_row(), 16) * 16;
  WorkspaceLayout own;
  own.Add(share + (same ? 0 : bands.max_rows() * p.x.input * p.c), sizeof(A));
  WEIR_RETURN_IF_ERROR(own.SetOwn(c));
  c.SetRun([=](RunArgs& a) {
    A* space = a.own<A>();
    auto [begin, end] = a.Range();
    for (int64_t band = begin; band < end; ++band) {
      const Span rows = bands.Rows(band);
      const int64_t image = bands.image(band);
      T* out = a.out<T>(0) + image * p.in_image() + rows.begin * p.x.input * p.c;
      A* sum = space + share;
      if constexpr (same) sum = out;
      AvgPoolGradBand(p, rows, a.in<T>(1) + image * p.image_rows() * p.out_row(), space, sum);
      if constexpr (!same) ConvertRows(sum, 0, out, 0, 1, rows.size() * p.x.input * p.c);
    }
  });
  return {};
}

Status PrepareAvgPoolGrad(PrepareContext& c, Spatial spatial) {
  if (c.output_shape(0).num_elements() == 0) return c.Nothing();
  WEIR_ASSIGN_OR_RETURN(PoolProblem p, MakePoolProblem(c, {spatial}, c.output_shape(0), c.input_shape(1)));
  Status status;
  WEIR_RETURN_IF_ERROR(
      c.ForType(FloatTypes{}, c.input_dtype(1), [&](auto t) { status = SetAvgPoolGrad<decltype(t)>(c, p); }));
  return status;
}

}  // namespace
}  // namespace kernels

void RegisterAvgPoolKernels(KernelRegistry& r) {
  using namespace kernels;
  r.Add("AvgPool", [](PrepareContext& c) { return PrepareAvgPool(c, Spatial::k2D); });
  r.Add("AvgPoolGrad", [](PrepareContext& c) { return PrepareAvgPoolGrad(c, Spatial::k2D); }).NeedsValue({0});
  r.Add("AvgPool3D", [](PrepareContext& c) { return PrepareAvgPool(c, Spatial::k3D); });
  r.Add("AvgPool3DGrad", [](PrepareContext& c) { return PrepareAvgPoolGrad(c, Spatial::k3D); }).NeedsValue({0});
}

}  // namespace weir
