// Kernels of Softmax and LogSoftmax: row by row, shifted by the row's maximum.
//
// half and bfloat16 rows are widened into a buffer of the part; each result is rounded once. Rows with NaN or +inf, or
// of nothing but -inf, become NaN.
#include <cmath>
#include <type_traits>

#include "weir/ops/nn/cpu/row_source.h"
#include "weir/runtime/cpu/softmax_rows.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace kernels {
namespace {

template <class T>
void SoftmaxRow(const RowFunctions<Wide<T>>& f, const Wide<T>* x, int64_t n, bool log, Wide<T>* e, T* out) {
  using W = Wide<T>;
  W shift = f.max(x, n);
  if (log) {
    W log_sum = W(std::log(f.exp_sum(x, shift, nullptr, n)));
    for (int64_t j = 0; j < n; ++j) out[j] = T((x[j] - shift) - log_sum);
  } else {
    W scale = W(1 / f.exp_sum(x, shift, e, n));
    for (int64_t j = 0; j < n; ++j) out[j] = T(e[j] * scale);
  }
}

template <class T>
void SetSoftmax(PrepareContext& c, int64_t rows, int64_t n, bool log) {
  constexpr bool kNarrow = !std::is_same_v<T, Wide<T>>;
  if (kNarrow) c.set_own_workspace(n * int64_t(sizeof(float)));
  c.SetRun([rows, n, log, f = BestRowFunctions<Wide<T>>()](RunArgs& a) {
    RowSource source{rows, n};
    auto [begin, end] = a.Range();
    for (int64_t i = begin; i < end; ++i) {
      T* out = a.out<T>(0) + i * n;
      if constexpr (kNarrow) {
        float* buffer = a.own<float>();
        SoftmaxRow<T>(f, source.Row(a.in<T>(0), i, n, buffer), n, log, buffer, out);
      } else {
        SoftmaxRow<T>(f, a.in<T>(0) + i * n, n, log, out, out);
      }
    }
  });
}

Status PrepareSoftmax(PrepareContext& c, bool log) {
  const Shape& s = c.input_shape(0);
  if (s.rank() == 0) return InvalidArgument("needs logits of rank 1 at least");
  int64_t n = s[s.rank() - 1], rows = s.num_elements() == 0 ? 0 : s.num_elements() / n;
  c.ParallelOver(rows, double(n) * kRowElementNs + 20);
  return c.ForType(FloatTypes{}, c.input_dtype(0), [&](auto t) { SetSoftmax<decltype(t)>(c, rows, n, log); });
}

}  // namespace
}  // namespace kernels

void RegisterSoftmaxKernels(KernelRegistry& r) {
  // In place though rows depend on all their elements: a row is read before it is written, and no row sees another.
  r.Add("Softmax", [](PrepareContext& c) { return kernels::PrepareSoftmax(c, false); }).InPlace(0, 0);
  r.Add("LogSoftmax", [](PrepareContext& c) { return kernels::PrepareSoftmax(c, true); }).InPlace(0, 0);
}

}  // namespace weir
