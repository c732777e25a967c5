// Segment folds: rows of the data are folded into the output row that their id names. The sparse ops take the rows that
// their indices name.
//
// Rows are taken in order, so that no bit depends on the cut: parts share the columns, not the rows. half and bfloat16
// accumulate in a float copy of the output. Negative ids are dropped by the unsorted ops and refused by the others.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "weir/runtime/cpu/moves.h"
#include "weir/runtime/cpu/wide.h"

namespace weir {
namespace kernels {
namespace {

template <class T> T LargestNumber() {
  if constexpr (std::is_same_v<T, Half>) return Half::FromBits(0x7bff);
  else if constexpr (std::is_same_v<T, BFloat16>) return BFloat16::FromBits(0x7f7f);
  else return std::numeric_limits<T>::max();
}
template <class T> T LeastNumber() {
  if constexpr (std::is_integral_v<T>) return std::numeric_limits<T>::min();
  else return T(-LargestNumber<T>());
}

// Integers wrap. The identity is that of the data's type.
struct Sum {
  template <class T> static T Identity() { return T(0); }
  template <class T> static T Do(T sum, T x) { return Plus(sum, x); }
};
struct Product {
  template <class T> static T Identity() { return T(1); }
  template <class T> static T Do(T product, T x) {
    if constexpr (std::is_integral_v<T>) return T(uint64_t(product) * uint64_t(x));
    else return product * x;
  }
};
// As TensorFlow's: a NaN wins where it comes and loses where it was.
template <bool kLargest> struct Extreme {
  template <class T> static T Identity() { return kLargest ? LeastNumber<T>() : LargestNumber<T>(); }
  template <class T> static T Do(T extreme, T x) { return (kLargest ? x < extreme : extreme < x) ? extreme : x; }
};

enum class Scale { kNone, kMean, kSqrtN };  // divided by the number of rows, by its root

struct Segments {
  int64_t rows = 0, columns = 0, count = 0;
  int id_input = 1;
  DType id_type = kInt32;
  bool sorted = false, zero_gaps = false;  // zero_gaps: where no id leads there is 0, not the identity
  Scale scale = Scale::kNone;
  // Of the sparse ops: which of so many rows of the data each row is.
  int64_t data_rows = 0;
  DType index_type = DType::kInvalid;

  int64_t Id(const RunArgs& a, int64_t row) const { return IntegerAt(a.in<void>(id_input), id_type, row); }
  bool sparse() const { return index_type != DType::kInvalid; }
};

// The place of a row in the data, or -1 after an error.
int64_t Source(const Segments& s, RunArgs& a, int64_t row) {
  if (!s.sparse()) return row;
  const int64_t at = IntegerAt(a.in<void>(1), s.index_type, row);
  if (at >= 0 && at < s.data_rows) return at;
  a.Fail(OutOfRange(fmt::format("has indices[{}] = {}, which is not in [0, {})", row, at, s.data_rows)));
  return -1;
}

// Folds columns [begin, end) of a row into `out`; false after a bad index.
template <class Fold, class T, class Acc>
bool FoldRow(const Segments& s, RunArgs& a, int64_t row, Acc* out, int64_t begin, int64_t end) {
  const int64_t source = Source(s, a, row);
  if (source < 0) return false;
  const T* in = a.in<T>(0) + source * s.columns;
  for (int64_t j = begin; j < end; ++j) out[j] = Fold::Do(out[j], Acc(in[j]));
  return true;
}

template <class Acc>
void ScaleRow(Scale scale, int64_t n, Acc* out, int64_t begin, int64_t end) {
  if constexpr (std::is_integral_v<Acc>) {
    using Wide = std::conditional_t<std::is_signed_v<Acc>, int64_t, uint64_t>;
    for (int64_t j = begin; j < end; ++j) out[j] = static_cast<Acc>(Wide(out[j]) / Wide(n));
  } else {
    using Part = PartOf<Acc>;
    const Part by = scale == Scale::kMean ? Part(n) : std::sqrt(Part(n));
    for (int64_t j = begin; j < end; ++j) out[j] /= by;
  }
}

bool Below(const Segments& s, RunArgs& a, int64_t row, int64_t id) {
  if (id < s.count) return true;
  a.Fail(InvalidArgument(
      fmt::format("has segment_ids[{}] = {}, which is not below the number of segments, {}", row, id, s.count)));
  return false;
}

template <class Acc>
void FillRows(const Segments& s, Acc* out, int64_t from, int64_t to, int64_t begin, int64_t end, Acc value) {
  for (int64_t i = from; i < to; ++i) std::fill(out + i * s.columns + begin, out + i * s.columns + end, value);
}

// Ids that do not decrease: a segment after the other, with what lies between.
template <class Fold, class T, class Acc>
bool FoldSorted(const Segments& s, RunArgs& a, Acc* out, int64_t begin, int64_t end) {
  const Acc identity = Acc(Fold::template Identity<T>()), gap = s.zero_gaps ? Acc(0) : identity;
  int64_t done = 0;
  for (int64_t row = 0; row < s.rows;) {
    const int64_t id = s.Id(a, row), first = row;
    if (!Below(s, a, row, id)) return false;
    FillRows(s, out, done, id, begin, end, gap);
    FillRows(s, out, id, id + 1, begin, end, identity);
    Acc* segment = out + id * s.columns;
    for (; row < s.rows && s.Id(a, row) == id; ++row) {
      if (!FoldRow<Fold, T>(s, a, row, segment, begin, end)) return false;
    }
    if (s.scale != Scale::kNone) ScaleRow(s.scale, row - first, segment, begin, end);
    done = id + 1;
  }
  FillRows(s, out, done, s.count, begin, end, gap);
  return true;
}

template <class Fold, class T, class Acc>
bool FoldUnsorted(const Segments& s, RunArgs& a, Acc* out, int64_t begin, int64_t end) {
  FillRows(s, out, 0, s.count, begin, end, Acc(Fold::template Identity<T>()));
  for (int64_t row = 0; row < s.rows; ++row) {
    const int64_t id = s.Id(a, row);
    if (id < 0) continue;
    if (!Below(s, a, row, id) || !FoldRow<Fold, T>(s, a, row, out + id * s.columns, begin, end)) return false;
  }
  return true;
}

template <class Fold, class T>
void SetSegments(PrepareContext& c, const Segments& s) {
  using Acc = Wide<T>;
  constexpr bool kNarrow = !std::is_same_v<T, Acc>;
  if constexpr (kNarrow) c.set_workspace(c.output_shape(0).num_elements() * int64_t(sizeof(Acc)));
  c.SetRun([s](RunArgs& a) {
    auto [begin, end] = a.Range();
    if (begin == end) return;  // of no columns there may be any number of rows
    Acc* out = kNarrow ? a.workspace<Acc>() : a.out<Acc>(0);
    if (!(s.sorted ? FoldSorted<Fold, T>(s, a, out, begin, end) : FoldUnsorted<Fold, T>(s, a, out, begin, end))) return;
    if constexpr (kNarrow) {
      for (int64_t i = 0; i < s.count; ++i) {
        for (int64_t j = begin; j < end; ++j) a.out<T>(0)[i * s.columns + j] = T(out[i * s.columns + j]);
      }
    }
  });
}

template <class Fold> constexpr bool kOrders = false;
template <bool kLargest> constexpr bool kOrders<Extreme<kLargest>> = true;

// Ids, of rank `id_rank`, name rows of the output, which has `count`. `s` says what is special.
template <class Fold>
Status PrepareSegments(PrepareContext& c, Segments s, int id_rank, int64_t count) {
  const Shape &data = c.input_shape(0), &ids = c.input_shape(s.id_input);
  bool prefix = ids.rank() == id_rank && data.rank() >= id_rank;
  for (int i = 0; prefix && !s.sparse() && i < id_rank; ++i) prefix = data[i] == ids[i];
  if (!prefix)
    return InvalidArgument(fmt::format("has data of shape {}, which does not begin with that of segment_ids, {}",
                                       data.ToString(), ids.ToString()));
  Dims out{count};
  out.insert(out.end(), data.dims().begin() + id_rank, data.dims().end());
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, out));
  s.rows = ids.num_elements(), s.count = count, s.id_type = c.input_dtype(s.id_input);
  if (s.sparse()) s.data_rows = data[0];
  // Nothing to fold, so that no id is looked at, as in TensorFlow; the output's elements, if there are any, are of
  // nothing.
  if (data.num_elements() == 0 && !s.sparse()) s.rows = 0;
  s.columns = count > 0 ? c.output_shape(0).num_elements() / count : 0;
  constexpr int64_t kColumns = 16;  // of a part: a cache line of floats
  c.ParallelOver(s.columns, 0.4 * double(s.rows) + 0.1 * double(s.count), kColumns, kColumns);
  using Numbers = std::conditional_t<kOrders<Fold>, RealTypes, NumberTypes>;
  return c.ForType(Numbers{}, c.input_dtype(0), [&](auto t) { SetSegments<Fold, decltype(t)>(c, s); });
}

Status CheckSorted(const std::vector<int64_t>& ids) {
  for (size_t i = 0; i < ids.size(); ++i) {
    int64_t before = i ? ids[i - 1] : 0;
    if (ids[i] < before) {
      return InvalidArgument(
          i ? fmt::format("has segment_ids[{}] = {} after {}: the ids must not decrease", i, ids[i], before)
            : fmt::format("has the negative segment_ids[0] = {}", ids[i]));
    }
  }
  return {};
}

// The number of segments that sorted ids, an input, tell.
Result<int64_t> SegmentsOf(const PrepareContext& c, int input) {
  std::vector<int64_t> ids = c.ints(input);
  WEIR_RETURN_IF_ERROR(CheckSorted(ids));
  int64_t count = ids.empty() ? 0 : ids.back();
  if (!ids.empty() && !CheckedAdd(count, 1, &count))
    return InvalidArgument(fmt::format("has the segment id {}, which is too large", ids.back()));
  return count;
}

Result<int64_t> NumSegments(const PrepareContext& c, int input) {
  std::vector<int64_t> count = c.ints(input);
  if (count.size() != 1 || count[0] < 0) return InvalidArgument("needs one number of segments, not negative");
  return count[0];
}

template <class Fold, Scale kScale = Scale::kNone> Status PrepareSorted(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(int64_t count, SegmentsOf(c, 1));
  const bool zero_gaps = kOrders<Fold>;
  return PrepareSegments<Fold>(c, {.sorted = true, .zero_gaps = zero_gaps, .scale = kScale}, 1, count);
}

template <class Fold> Status PrepareSortedV2(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(CheckSorted(c.ints(1)));
  WEIR_ASSIGN_OR_RETURN(int64_t count, NumSegments(c, 2));
  return PrepareSegments<Fold>(c, {.sorted = true}, 1, count);
}

template <class Fold> Status PrepareUnsorted(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(int64_t count, NumSegments(c, 2));
  return PrepareSegments<Fold>(c, {}, c.input_shape(1).rank(), count);
}

template <Scale kScale, bool kCounted> Status PrepareSparse(PrepareContext& c) {
  if (!(c.input_shape(1) == c.input_shape(2)) || c.input_shape(1).rank() != 1) {
    return InvalidArgument(fmt::format("needs vectors of as many indices as segment ids, not {} and {}",
                                       c.input_shape(1).ToString(), c.input_shape(2).ToString()));
  }
  WEIR_ASSIGN_OR_RETURN(int64_t count, SegmentsOf(c, 2));
  if (kCounted) {
    WEIR_ASSIGN_OR_RETURN(count, NumSegments(c, 3));
  }
  return PrepareSegments<Sum>(
      c, {.id_input = 2, .sorted = true, .scale = kScale, .index_type = c.input_dtype(1)}, 1, count);
}

template <class Fold> void AddFold(KernelRegistry& r, const std::string& name) {
  r.Add("Segment" + name, PrepareSorted<Fold>).NeedsValue({1});
  r.Add("Segment" + name + "V2", PrepareSortedV2<Fold>).NeedsValue({1, 2});
  r.Add("UnsortedSegment" + name, PrepareUnsorted<Fold>).NeedsValue({2});
}

template <Scale kScale> void AddSparse(KernelRegistry& r, const std::string& name) {
  r.Add("SparseSegment" + name, PrepareSparse<kScale, false>).NeedsValue({2});
  r.Add("SparseSegment" + name + "WithNumSegments", PrepareSparse<kScale, true>).NeedsValue({2, 3});
}

}  // namespace
}  // namespace kernels

void RegisterSegmentKernels(KernelRegistry& r) {
  using namespace kernels;  // NOLINT
  AddFold<Sum>(r, "Sum");
  AddFold<Product>(r, "Prod");
  AddFold<Extreme<true>>(r, "Max");
  AddFold<Extreme<false>>(r, "Min");
  r.Add("SegmentMean", PrepareSorted<Sum, Scale::kMean>).NeedsValue({1});
  AddSparse<Scale::kNone>(r, "Sum");
  AddSparse<Scale::kMean>(r, "Mean");
  AddSparse<Scale::kSqrtN>(r, "SqrtN");
}

}  // namespace weir
