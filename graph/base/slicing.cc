#include "weir/graph/base/slicing.h"

#include <algorithm>
#include <string>

namespace weir {

namespace {

bool Bit(int64_t mask, size_t i) { return i < 63 && ((mask >> i) & 1); }

// What one entry says of its axis, before the axis' size is looked at.
struct Entry {
  std::optional<int64_t> begin = 0, end = 0, stride = 1;
  bool begin_masked = true, end_masked = true, shrink = false;
};

Result<ResolvedSlice::Axis> ResolveAxis(const Entry& e, Dim dim, size_t axis) {
  ResolvedSlice::Axis out;
  out.shrink = e.shrink;
  if (!e.stride) {
    if (e.shrink) out.size = 1;
    return out;
  }
  int64_t stride = *e.stride;
  out.stride = stride;
  if (stride == 0) return InvalidArgument("has stride 0 along axis " + std::to_string(axis));
  if (e.shrink && stride < 0)
    return InvalidArgument("takes one index of axis " + std::to_string(axis) + " with a negative stride");
  if (e.shrink) {
    out.size = out.stride = 1;
    if (!Known(dim) || !e.begin) return out;
    out.begin = *e.begin < 0 ? dim + *e.begin : *e.begin;
    if (out.begin < 0 || out.begin >= dim) {
      return InvalidArgument("has index " + std::to_string(*e.begin) + " outside axis " + std::to_string(axis) +
                             " of size " + std::to_string(dim));
    }
    return out;
  }
  bool from_start = e.begin_masked || (stride > 0 && e.begin == 0);
  if (from_start && e.end_masked && (stride == 1 || stride == -1)) {
    out.size = dim;
    out.begin = stride < 0 && Known(dim) ? dim - 1 : 0;
    return out;
  }
  if (!Known(dim) || (!e.begin_masked && !e.begin) || (!e.end_masked && !e.end)) return out;
  int64_t low = stride > 0 ? 0 : -1, high = stride > 0 ? dim : dim - 1;
  auto clamp = [&](int64_t x) { return std::clamp(x < 0 ? dim + x : x, low, high); };
  out.begin = e.begin_masked ? (stride > 0 ? low : high) : clamp(*e.begin);
  int64_t end = e.end_masked ? (stride > 0 ? high : low) : clamp(*e.end);
  int64_t interval = end - out.begin;
  out.size = interval == 0 || (interval < 0) != (stride < 0) ? 0 : interval / stride + (interval % stride != 0);
  if (out.size <= 1) out.stride = 1;  // a stride that is not walked may be of any size
  return out;
}

}  // namespace

Result<ResolvedSlice> ResolveSlice(const PartialShape& input, const SliceEntries& begin, const SliceEntries& end,
                                   const SliceEntries& strides, const SliceMasks& masks) {
  size_t rank = static_cast<size_t>(input.rank()), n = strides.size();
  std::vector<Entry> entries(rank);
  std::vector<int> source;
  bool ellipsis = false;
  size_t new_axes_after = 0;
  for (size_t i = 0; i < n; ++i) {
    if (ellipsis && !Bit(masks.ellipsis, i) && Bit(masks.new_axis, i)) ++new_axes_after;
    if (Bit(masks.ellipsis, i)) {
      if (ellipsis) return InvalidArgument("has more than one ellipsis");
      ellipsis = true;
    }
  }
  size_t axis = 0;
  for (size_t i = 0; i < n; ++i) {
    if (Bit(masks.ellipsis, i)) {
      size_t later = n - i - 1 - new_axes_after;  // entries after this one that take an axis
      for (size_t stop = rank > later ? rank - later : 0; axis < stop; ++axis) source.push_back(static_cast<int>(axis));
    } else if (Bit(masks.new_axis, i)) {
      source.push_back(-1);
    } else {
      if (axis >= rank) {
        return InvalidArgument("slices more axes than input " + input.ToString() + " has");
      }
      entries[axis] = {begin[i], end[i], strides[i], Bit(masks.begin, i), Bit(masks.end, i), Bit(masks.shrink_axis, i)};
      if (!entries[axis].shrink) source.push_back(static_cast<int>(axis));
      ++axis;
    }
  }
  for (; axis < rank; ++axis) source.push_back(static_cast<int>(axis));
  ResolvedSlice out;
  for (size_t i = 0; i < rank; ++i) {
    WEIR_ASSIGN_OR_RETURN(auto a, ResolveAxis(entries[i], input[static_cast<int>(i)], i));
    out.axes.push_back(a);
  }
  Dims dims;
  for (int s : source) dims.push_back(s < 0 ? 1 : out.axes[static_cast<size_t>(s)].size);
  out.source = std::move(source);
  out.result = PartialShape(std::move(dims));
  return out;
}

Result<std::optional<BroadcastAxes>> RepeatedAxes(const Dims& a, const Dims& b) {
  BroadcastAxes axes;
  bool open = false;
  size_t rank = std::max(a.size(), b.size());
  // Why: equal shapes, leading ones included, need no sum at all.
  bool equal = a.size() == b.size();
  for (size_t i = 0; equal && i < a.size(); ++i) equal = SameDim(a[i], b[i]);
  if (equal) return std::optional(axes);
  for (size_t i = 0; i < rank; ++i) {
    size_t from_end = rank - i;
    bool in_a = from_end <= a.size(), in_b = from_end <= b.size();
    Dim da = in_a ? a[a.size() - from_end] : 1, db = in_b ? b[b.size() - from_end] : 1;
    if (SameDim(da, db) && da != 1) continue;
    if (da == 1) axes.first.push_back(static_cast<int64_t>(i));
    if (db == 1) axes.second.push_back(static_cast<int64_t>(i));
    if (da == 1 && db == 1) continue;
    if (!Known(da) || !Known(db)) {
      open = true;
    } else if (da != 1 && db != 1) {
      return InvalidArgument("shapes " + PartialShape(a).ToString() + " and " + PartialShape(b).ToString() +
                             " do not broadcast");
    }
  }
  if (open) return std::optional<BroadcastAxes>();
  return std::optional(axes);
}

}  // namespace weir
