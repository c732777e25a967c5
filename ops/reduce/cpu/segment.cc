// Segment sums and products: rows of the data are added to, or multiplied with, the output row that their id names.
//
// Rows are taken in order, so that no bit depends on the cut: parts share the columns, not the rows. half and bfloat16
// accumulate in a float copy of the output. Negative ids are dropped by the unsorted ops and refused by the others.
#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <vector>

#include "weir/runtime/kernel.h"

namespace weir {
namespace kernels {
namespace {

struct Segments {
  int64_t rows = 0, columns = 0, count = 0;
  DType id_type = kInt32;
  bool product = false;

  int64_t Id(const RunArgs& a, int64_t row) const {
    switch (SizeOf(id_type)) {
      case 2: return a.in<int16_t>(1)[row];
      case 4: return a.in<int32_t>(1)[row];
      default: return a.in<int64_t>(1)[row];
    }
  }
};

// Adds columns [begin, end) of every row to `sums`, or multiplies these; false after a bad id.
template <bool kProduct, class T, class Acc>
bool AddRows(const Segments& s, RunArgs& a, Acc* sums, int64_t begin, int64_t end) {
  using Sum = std::conditional_t<std::is_integral_v<Acc>, uint64_t, Acc>;  // wraps
  // Why the guard: of no columns there may be any number of rows.
  for (int64_t i = 0; begin < end && i < s.count; ++i)
    std::fill(sums + i * s.columns + begin, sums + i * s.columns + end, Acc(kProduct));
  for (int64_t row = 0; row < s.rows; ++row) {
    int64_t id = s.Id(a, row);
    if (id >= s.count) {
      a.Fail(InvalidArgument(
          fmt::format("has segment_ids[{}] = {}, which is not below the number of segments, {}", row, id, s.count)));
      return false;
    }
    if (id < 0) continue;
    const T* in = a.in<T>(0) + row * s.columns;
    Acc* out = sums + id * s.columns;
    for (int64_t j = begin; j < end; ++j) out[j] = Acc(kProduct ? Sum(out[j]) * Sum(in[j]) : Sum(out[j]) + Sum(in[j]));
  }
  return true;
}

template <class T, class Acc> bool FoldRows(const Segments& s, RunArgs& a, Acc* out, int64_t begin, int64_t end) {
  return s.product ? AddRows<true, T>(s, a, out, begin, end) : AddRows<false, T>(s, a, out, begin, end);
}

template <class T>
void SetSegments(PrepareContext& c, const Segments& s) {
  constexpr bool kNarrow = std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>;
  if constexpr (kNarrow) c.set_workspace(c.output_shape(0).num_elements() * int64_t(sizeof(float)));
  c.SetRun([s](RunArgs& a) {
    auto [begin, end] = a.Range();
    if constexpr (kNarrow) {
      float* sums = a.workspace<float>();
      if (!FoldRows<T>(s, a, sums, begin, end)) return;
      for (int64_t i = 0; begin < end && i < s.count; ++i) {
        for (int64_t j = begin; j < end; ++j) a.out<T>(0)[i * s.columns + j] = T(sums[i * s.columns + j]);
      }
    } else {
      FoldRows<T>(s, a, a.out<T>(0), begin, end);
    }
  });
}

Status PrepareSegments(PrepareContext& c, int id_rank, int64_t count, bool product) {
  const Shape &data = c.input_shape(0), &ids = c.input_shape(1);
  bool prefix = ids.rank() == id_rank && data.rank() >= id_rank;
  for (int i = 0; prefix && i < id_rank; ++i) prefix = data[i] == ids[i];
  if (!prefix)
    return InvalidArgument(fmt::format("has data of shape {}, which does not begin with that of segment_ids, {}",
                                       data.ToString(), ids.ToString()));
  Dims out{count};
  out.insert(out.end(), data.dims().begin() + id_rank, data.dims().end());
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, out));
  Segments s;
  s.rows = ids.num_elements(), s.count = count, s.id_type = c.input_dtype(1), s.product = product;
  if (data.num_elements() == 0) {
    // Nothing to add, so that no id is looked at, as in TensorFlow; the output's elements, if there are any, are of
    // nothing.
    s.rows = 0;
    s.columns = count > 0 ? c.output_shape(0).num_elements() / count : 0;
  } else {
    s.columns = c.output_shape(0).num_elements() == 0 ? 0 : data.num_elements() / s.rows;
  }
  constexpr int64_t kColumns = 16;  // of a part: a cache line of floats
  c.ParallelOver(s.columns, 0.4 * double(s.rows) + 0.1 * double(s.count), kColumns, kColumns);
  return c.ForType(NumberTypes{}, c.input_dtype(0), [&](auto t) { SetSegments<decltype(t)>(c, s); });
}

template <bool kProduct> Status PrepareSorted(PrepareContext& c) {
  std::vector<int64_t> ids = c.ints(1);
  for (size_t i = 0; i < ids.size(); ++i) {
    int64_t before = i ? ids[i - 1] : 0;
    if (ids[i] < before) {
      return InvalidArgument(
          i ? fmt::format("has segment_ids[{}] = {} after {}: the ids must not decrease", i, ids[i], before)
            : fmt::format("has the negative segment_ids[0] = {}", ids[i]));
    }
  }
  int64_t count = ids.empty() ? 0 : ids.back();
  if (!ids.empty() && !CheckedAdd(count, 1, &count))
    return InvalidArgument(fmt::format("has the segment id {}, which is too large", ids.back()));
  return PrepareSegments(c, 1, count, kProduct);
}

template <bool kProduct> Status PrepareUnsorted(PrepareContext& c) {
  std::vector<int64_t> count = c.ints(2);
  if (count.size() != 1 || count[0] < 0) return InvalidArgument("needs one number of segments, not negative");
  return PrepareSegments(c, c.input_shape(1).rank(), count[0], kProduct);
}

}  // namespace
}  // namespace kernels

void RegisterSegmentKernels(KernelRegistry& r) {
  r.Add("SegmentSum", kernels::PrepareSorted<false>).NeedsValue({1});
  r.Add("SegmentProd", kernels::PrepareSorted<true>).NeedsValue({1});
  r.Add("UnsortedSegmentSum", kernels::PrepareUnsorted<false>).NeedsValue({2});
  r.Add("UnsortedSegmentProd", kernels::PrepareUnsorted<true>).NeedsValue({2});
}

}  // namespace weir
