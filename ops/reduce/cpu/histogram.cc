// Kernels of Bincount, DenseBincount and HistogramFixedWidth. Rows of a matrix are the items; numbers of a row are
// counted one after the other, so that sums of weights have one order.
#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

#include "weir/runtime/cpu/moves.h"

namespace weir {
namespace kernels {
namespace {

using CountTypes = Types<int32_t, int64_t, float, double>;

struct Bins {
  int64_t width = 0, size = 0;  // numbers of a row, bins
  bool weighted = false, binary = false;
  DType type = kInt32;
};

template <class T>
void CountRows(const Bins& b, RunArgs& a) {
  for (int64_t row = a.begin; row < a.end; ++row) {
    T* out = a.out<T>(0) + row * b.size;
    std::fill_n(out, b.size, T(0));
    for (int64_t i = row * b.width; i < (row + 1) * b.width; ++i) {
      const int64_t bin = IntegerAt(a.in<void>(0), b.type, i);
      if (bin < 0) return a.Fail(InvalidArgument(fmt::format("is given the negative number {} at element {}", bin, i)));
      if (bin >= b.size) continue;
      out[bin] = b.binary ? T(1) : out[bin] + (b.weighted ? a.in<T>(2)[i] : T(1));
    }
  }
}

Result<int64_t> BinsOf(const PrepareContext& c, int input, int64_t least) {
  std::vector<int64_t> size = c.ints(input);
  if (c.input_shape(input).rank() == 0 && size[0] >= least) return size[0];
  return InvalidArgument(fmt::format("needs one number of bins, at least {}", least));
}

// `rows` of so many numbers as there are.
Status SetBins(PrepareContext& c, int64_t rows, Bins b) {
  b.width = rows == 0 ? 0 : c.input_shape(0).num_elements() / rows;
  b.weighted = c.input_shape(2).num_elements() > 0, b.type = c.input_dtype(0);
  c.ParallelOver(rows, 1.5 * double(b.width) + 0.1 * double(b.size));
  return c.ForType(CountTypes{}, c.output_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([b](RunArgs& a) { CountRows<T>(b, a); });
  });
}

Status PrepareBincount(PrepareContext& c) {
  const int64_t n = c.input_shape(0).num_elements(), weights = c.input_shape(2).num_elements();
  WEIR_ASSIGN_OR_RETURN(int64_t size, BinsOf(c, 1, 0));
  if (weights != 0 && weights != n)
    return InvalidArgument(fmt::format("is given {} weights for {} numbers", weights, n));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, {size}));
  return SetBins(c, 1, {.size = size});
}

Status PrepareDenseBincount(PrepareContext& c) {
  const Shape &input = c.input_shape(0), &weights = c.input_shape(2);
  WEIR_ASSIGN_OR_RETURN(int64_t size, BinsOf(c, 1, 0));
  if (input.rank() > 2 || (weights.num_elements() != 0 && !(weights == input))) {
    return InvalidArgument(fmt::format("cannot count {} with weights {}", input.ToString(), weights.ToString()))
        .Detail("numbers are a vector or a matrix; weights have their shape or are empty");
  }
  const bool matrix = input.rank() == 2;
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, matrix ? Dims{input[0], size} : Dims{size}));
  if (c.output_shape(0).num_elements() == 0 && input.num_elements() == 0) return c.Nothing();
  return SetBins(c, matrix ? input[0] : 1, {.size = size, .binary = c.attr<bool>("binary_output")});
}

// high - low, where that is not negative; of integers exact.
template <class T> double Distance(T low, T high) {
  if constexpr (std::is_integral_v<T>) return double(uint64_t(int64_t(high)) - uint64_t(int64_t(low)));
  else return double(high - low);
}

template <class T, class Count>
void CountValues(int64_t n, int64_t bins, RunArgs& a) {
  const T *values = a.in<T>(0), low = a.in<T>(1)[0], high = a.in<T>(1)[1];
  if (!(low < high)) return a.Fail(InvalidArgument(fmt::format("has the empty range [{}, {}]", low, high)));
  const double step = Distance(low, high) / double(bins), last = double(bins - 1);
  Count* out = a.out<Count>(0);
  std::fill_n(out, bins, Count(0));
  for (int64_t i = 0; i < n; ++i) {
    if (values[i] != values[i]) return a.Fail(InvalidArgument(fmt::format("is given NaN at element {}", i)));
    const double place = Distance(low, std::max(values[i], low)) / step;
    ++out[place < last ? static_cast<int64_t>(place) : bins - 1];
  }
}

Status PrepareHistogram(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(int64_t bins, BinsOf(c, 2, 1));
  if (c.input_shape(1).dims() != Dims{2})
    return InvalidArgument(fmt::format("needs the two ends of a range, not {}", c.input_shape(1).ToString()));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, {bins}));
  const int64_t n = c.input_shape(0).num_elements();
  c.ParallelOver(1, 3 * double(n));
  return c.ForType(CountTypes{}, c.input_dtype(0), [&](auto type) {
    using T = decltype(type);
    if (c.output_dtype(0) == kInt64) c.SetRun([n, bins](RunArgs& a) { CountValues<T, int64_t>(n, bins, a); });
    else c.SetRun([n, bins](RunArgs& a) { CountValues<T, int32_t>(n, bins, a); });
  });
}

}  // namespace
}  // namespace kernels

void RegisterHistogramKernels(KernelRegistry& r) {
  r.Add("Bincount", kernels::PrepareBincount).NeedsValue({1});
  r.Add("DenseBincount", kernels::PrepareDenseBincount).NeedsValue({1});
  r.Add("HistogramFixedWidth", kernels::PrepareHistogram).NeedsValue({2});
}

}  // namespace weir
