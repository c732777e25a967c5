// Kernels that join the strings of one tensor: ReduceJoin, UnsortedSegmentJoin.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "weir/runtime/cpu/folds.h"
#include "weir/runtime/cpu/moves.h"

namespace weir {

namespace {

using namespace kernels;

constexpr double kNanos = 30;  // of a string that is joined

// What is joined may be long, but not so long that memory ends before a graph's input does.
constexpr int64_t kMaxText = INT32_MAX;

// Output k becomes `count` strings, term(i) being the i-th, with the separator between them; false after an error.
template <class Term>
bool JoinTo(RunArgs& a, int64_t k, int64_t count, const std::string& separator, Term&& term) {
  int64_t bytes = 0;
  bool fits = count <= 1 || CheckedMul(count - 1, static_cast<int64_t>(separator.size()), &bytes);
  for (int64_t i = 0; fits && i < count; ++i) {
    fits = bytes <= kMaxText;
    bytes += static_cast<int64_t>(term(i).size());
  }
  if (!fits || bytes > kMaxText) {
    a.Fail(ResourceExhausted(fmt::format("would join {} strings to more than {} bytes", count, kMaxText)));
    return false;
  }
  std::string joined;
  joined.reserve(static_cast<size_t>(bytes));
  for (int64_t i = 0; i < count; ++i) {
    if (i) joined += separator;
    joined += term(i);
  }
  a.out<std::string>(0)[k] = std::move(joined);
  return true;
}

// Numbers in a mixed base: place(n) is where element n of the axes is that have these sizes, the first the slowest.
struct Axes {
  Dims sizes, strides;
  int64_t count = 1;

  void Add(int64_t size, int64_t stride) { sizes.push_back(size), strides.push_back(stride), count *= size; }
  int64_t Place(int64_t n) const {
    int64_t place = 0;
    for (size_t i = sizes.size(); i-- > 0; n /= sizes[i]) place += n % sizes[i] * strides[i];
    return place;
  }
};

Status PrepareReduceJoin(PrepareContext& c) {
  const Shape& in = c.input_shape(0);
  const std::vector<int64_t> axes = c.ints(1);
  WEIR_ASSIGN_OR_RETURN(std::vector<bool> reduced, ReducedAxes(axes, in.rank()));
  const Dims strides = RowMajorStrides(in);
  const bool keep = c.attr<bool>("keep_dims");
  Axes kept, joined;
  Dims out;
  for (int i = 0; i < in.rank(); ++i) {
    const auto at = static_cast<size_t>(i);
    if (!reduced[at]) out.push_back(in[i]);
    else if (keep) out.push_back(1);
  }
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, out));
  for (size_t i = 0; i < reduced.size(); ++i) {
    if (!reduced[i]) kept.Add(in.dims()[i], strides[i]);
  }
  for (size_t i = axes.size(); i-- > 0;) {
    const auto axis = static_cast<size_t>(*NormalizeAxis(axes[i], in.rank()));
    joined.Add(in.dims()[axis], strides[axis]);
  }
  c.ParallelOver(c.output_shape(0).num_elements(), kNanos * static_cast<double>(std::max<int64_t>(joined.count, 1)));
  c.SetRun([kept, joined, separator = c.attr<std::string>("separator")](RunArgs& a) {
    auto [begin, end] = a.Range();
    for (int64_t k = begin; k < end; ++k) {
      const std::string* first = a.in<std::string>(0) + kept.Place(k);
      auto term = [&](int64_t i) -> const std::string& { return first[joined.Place(i)]; };
      if (!JoinTo(a, k, joined.count, separator, term)) return;
    }
  });
  return {};
}

// ---- UnsortedSegmentJoin

using Row = std::pair<int64_t, int64_t>;  // segment, row

// The rows in the order of their segments.
Result<std::vector<Row>> SortedRows(const PrepareContext& c, int64_t segments) {
  std::vector<Row> rows;
  for (int64_t id : c.ints(1)) {
    if (id < 0 || id >= segments) {
      return InvalidArgument(
          fmt::format("has segment_ids[{}] = {}, which is not in [0, {})", rows.size(), id, segments));
    }
    rows.push_back({id, static_cast<int64_t>(rows.size())});
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

Status PrepareUnsortedSegmentJoin(PrepareContext& c) {
  const Shape &data = c.input_shape(0), &ids = c.input_shape(1);
  if (ids.rank() == 0 || c.input_shape(2).rank() != 0 || data.rank() < ids.rank() ||
      !std::equal(ids.dims().begin(), ids.dims().end(), data.dims().begin())) {
    return InvalidArgument(fmt::format("wants segment_ids of rank 1 or more whose shape inputs begin with and a scalar "
                                       "number of segments, not {}, {} and {}",
                                       ids.ToString(), data.ToString(), c.input_shape(2).ToString()));
  }
  const int64_t segments = c.ints(2)[0];
  Dims out{segments};
  out.insert(out.end(), data.dims().begin() + ids.rank(), data.dims().end());
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, out));
  WEIR_ASSIGN_OR_RETURN(std::vector<Row> rows, SortedRows(c, segments));
  const int64_t outputs = c.output_shape(0).num_elements(), columns = segments == 0 ? 0 : outputs / segments;
  const double share = static_cast<double>(data.num_elements()) / static_cast<double>(std::max<int64_t>(outputs, 1));
  c.ParallelOver(outputs, kNanos * (1 + share));
  c.SetRun([rows = std::move(rows), columns, separator = c.attr<std::string>("separator")](RunArgs& a) {
    auto [begin, end] = a.Range();
    for (int64_t k = begin; k < end; ++k) {
      const int64_t segment = k / columns;
      auto first = std::lower_bound(rows.begin(), rows.end(), Row{segment, 0});
      const auto last = std::lower_bound(first, rows.end(), Row{segment + 1, 0});
      const std::string* column = a.in<std::string>(0) + k % columns;
      // TensorFlow puts a separator only behind what is not empty.
      while (first != last && column[first->second * columns].empty()) ++first;
      auto term = [&](int64_t i) -> const std::string& { return column[first[i].second * columns]; };
      if (!JoinTo(a, k, last - first, separator, term)) return;
    }
  });
  return {};
}

}  // namespace

void RegisterStringJoinKernels(KernelRegistry& r) {
  r.Add("ReduceJoin", PrepareReduceJoin).NeedsValue({1});
  r.Add("UnsortedSegmentJoin", PrepareUnsortedSegmentJoin).NeedsValue({1, 2});
}

}  // namespace weir
