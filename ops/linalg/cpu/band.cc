// Kernel of MatrixBandPart: row by row.
#include <fmt/format.h>

#include <algorithm>

#include "weir/runtime/cpu/moves.h"

namespace weir {
namespace {

using kernels::ForPlainElement;
using kernels::MoveCost;

Status PrepareMatrixBandPart(PrepareContext& c) {
  const Shape& s = c.input_shape(0);
  if (s.rank() < 2) return InvalidArgument(fmt::format("wants a matrix, not shape {}", s.ToString()));
  if (c.input_shape(1).num_elements() != 1 || c.input_shape(2).num_elements() != 1)
    return InvalidArgument("wants scalars for the band's widths");
  c.set_output_shape(0, s);
  int64_t rows = s[s.rank() - 2], cols = s[s.rank() - 1];
  int64_t lower = c.ints(1)[0], upper = c.ints(2)[0];
  if (lower > rows || upper > cols)
    return InvalidArgument(
        fmt::format("has a band of {} below and {} above in matrices of {} x {}", lower, upper, rows, cols));
  c.ParallelOver(cols == 0 ? 0 : s.num_elements() / cols, double(cols) * MoveCost(c.input_dtype(0)));
  return ForPlainElement(c.input_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([rows, cols, lower, upper](RunArgs& a) {
      auto [begin, end] = a.Range();
      for (int64_t row = begin; row < end; ++row) {
        const T* from = a.in<T>(0) + row * cols;
        T* to = a.out<T>(0) + row * cols;
        int64_t i = row % rows;
        int64_t first = lower < 0 ? 0 : std::clamp<int64_t>(i - lower, 0, cols),
                last = upper < 0 ? cols : std::min(i + upper + 1, cols);
        last = std::max(first, last);
        std::fill(to, to + first, T());
        if (from != to) std::copy(from + first, from + last, to + first);
        std::fill(to + last, to + cols, T());
      }
    });
  });
}

}  // namespace

void RegisterMatrixBandKernels(KernelRegistry& r) {
  r.Add("MatrixBandPart", PrepareMatrixBandPart).NeedsValue({1, 2}).InPlace(0, 0);
}

}  // namespace weir
