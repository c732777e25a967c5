// Kernels that repeat or surround a tensor's elements. Tile and BroadcastTo are Moves with strides of zero, Pad is a
// fill and a Move; MirrorPad reads through one table of positions an axis, its gradient folds the mirrors back axis by
// axis.
#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

#include "weir/runtime/cpu/moves.h"
#include "weir/runtime/cpu/wide.h"

namespace weir {

namespace {

using namespace kernels;

Status PrepareTile(PrepareContext& c) {
  const Shape& s = c.input_shape(0);
  std::vector<int64_t> multiples = c.ints(1);
  if (static_cast<int>(multiples.size()) != s.rank()) {
    return InvalidArgument(fmt::format("cannot repeat {} by {} multiples", s.ToString(), multiples.size()));
  }
  Dims out_dims;
  for (int i = 0; i < s.rank(); ++i) {
    int64_t size = 0, m = multiples[static_cast<size_t>(i)];
    if (m < 0) return InvalidArgument(fmt::format("cannot repeat axis {} {} times", i, m));
    if (!CheckedMul(s[i], m, &size))
      return ResourceExhausted(fmt::format("repeats axis {} of {} elements {} times", i, s[i], m));
    out_dims.push_back(size);
  }
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, out_dims));
  Dims in = RowMajorStrides(s), out = RowMajorStrides(c.output_shape(0)), dims, in_strides, out_strides;
  for (size_t i = 0; i < in.size(); ++i) {
    int64_t d = s[static_cast<int>(i)];
    dims.insert(dims.end(), {multiples[i], d});
    in_strides.insert(in_strides.end(), {0, in[i]});
    out_strides.insert(out_strides.end(), {c.output_shape(0).num_elements() == 0 ? 0 : out[i] * d, out[i]});
  }
  return SetMove(c, Move(dims, in_strides, out_strides));
}

Status PrepareBroadcastTo(PrepareContext& c) {
  const Shape& s = c.input_shape(0);
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, c.ints(1)));
  const Shape& to = c.output_shape(0);
  Dims strides(static_cast<size_t>(to.rank()), 0), in = RowMajorStrides(s);
  bool fits = s.rank() <= to.rank();
  for (int i = 1; fits && i <= s.rank(); ++i) {
    int64_t have = s[s.rank() - i];
    fits = have == 1 || have == to[to.rank() - i];
    if (have != 1) strides[static_cast<size_t>(to.rank() - i)] = in[static_cast<size_t>(s.rank() - i)];
  }
  if (!fits) return InvalidArgument(fmt::format("cannot broadcast {} to {}", s.ToString(), to.ToString()));
  return SetMove(c, Move(to.dims(), strides, RowMajorStrides(to)));
}

// How many elements before and after each axis.
struct Padding {
  std::vector<int64_t> before, after;
};

Result<Padding> ReadPadding(const PrepareContext& c) {
  const Shape &s = c.input_shape(0), &shape = c.input_shape(1);
  if (shape.rank() != 2 || shape[0] != s.rank() || shape[1] != 2) {
    return InvalidArgument(fmt::format("wants paddings of shape [{},2], not {}", s.rank(), shape.ToString()));
  }
  std::vector<int64_t> flat = c.ints(1);
  Padding p;
  for (size_t i = 0; i < flat.size(); ++i) {
    if (flat[i] < 0) return InvalidArgument(fmt::format("has the negative padding {} at axis {}", flat[i], i / 2));
    (i % 2 == 0 ? p.before : p.after).push_back(flat[i]);
  }
  return p;
}

Status SetPaddedDims(PrepareContext& c, const Padding& p, int64_t sign) {
  Dims dims = c.input_shape(0).dims();
  for (size_t i = 0; i < dims.size(); ++i) {
    if (!CheckedAdd(dims[i], sign * p.before[i], &dims[i]) || !CheckedAdd(dims[i], sign * p.after[i], &dims[i])) {
      return ResourceExhausted(fmt::format("pads axis {} by too many elements", i));
    }
    if (dims[i] < 0)
      return InvalidArgument(fmt::format("has paddings larger than axis {} of {}", i, c.input_shape(0).ToString()));
  }
  return c.set_output_dims(0, dims);
}

Status PreparePad(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Padding p, ReadPadding(c));
  WEIR_RETURN_IF_ERROR(SetPaddedDims(c, p, 1));
  int value = c.num_inputs() > 2 ? 2 : -1;
  if (value >= 0 && c.input_shape(value).num_elements() != 1) {
    return InvalidArgument(fmt::format("wants a scalar to pad with, not shape {}", c.input_shape(value).ToString()));
  }
  const Shape &in = c.input_shape(0), &out = c.output_shape(0);
  Dims strides = RowMajorStrides(out);
  int64_t offset = 0;
  for (size_t i = 0; i < strides.size() && in.num_elements() > 0; ++i) offset += p.before[i] * strides[i];
  if (in.num_elements() != out.num_elements()) WEIR_RETURN_IF_ERROR(FillBefore(c, 0, value));
  return SetMove(c, Move(in.dims(), RowMajorStrides(in), strides, 0, offset));
}

// ---- mirrors

Result<int64_t> CheckedEdge(const PrepareContext& c, const Padding& p, const Shape& inner) {
  std::string mode = c.attr<std::string>("mode");
  int64_t edge = mode == "REFLECT" ? 1 : 0;  // elements at the border that are not repeated
  for (size_t i = 0; i < p.before.size(); ++i) {
    int64_t longest = std::max(p.before[i], p.after[i]), size = inner[static_cast<int>(i)];
    if (longest > 0 && longest > size - edge) {
      return InvalidArgument(
          fmt::format("cannot mirror {} elements at axis {} of size {} (mode {})", longest, i, size, mode));
    }
  }
  return edge;
}

// Reads out[i0, i1, …] = in[maps[0][i0] + maps[1][i1] + …] for linear positions [begin, end) of the output.
template <class T>
void ReadThrough(const std::vector<Dims>& maps, const T* in, T* out, int64_t begin, int64_t end) {
  if (begin >= end) return;
  if (maps.empty()) {
    *out = *in;
    return;
  }
  int64_t index[kMaxRank];
  size_t last = maps.size() - 1;
  int64_t rest = begin;
  for (size_t i = maps.size(); i-- > 0;) {
    index[i] = rest % static_cast<int64_t>(maps[i].size());
    rest /= static_cast<int64_t>(maps[i].size());
  }
  int64_t row = static_cast<int64_t>(maps[last].size());
  for (int64_t at = begin; at < end;) {
    int64_t base = 0;
    for (size_t i = 0; i < last; ++i) base += maps[i][static_cast<size_t>(index[i])];
    int64_t n = std::min(end - at, row - index[last]);
    const int64_t* map = maps[last].data() + index[last];
    for (int64_t k = 0; k < n; ++k) out[at + k] = in[base + map[k]];
    at += n;
    index[last] = 0;
    for (size_t i = last; i-- > 0;) {
      if (++index[i] < static_cast<int64_t>(maps[i].size())) break;
      index[i] = 0;
    }
  }
}

Status PrepareMirrorPad(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Padding p, ReadPadding(c));
  const Shape& s = c.input_shape(0);
  WEIR_ASSIGN_OR_RETURN(int64_t edge, CheckedEdge(c, p, s));
  WEIR_RETURN_IF_ERROR(SetPaddedDims(c, p, 1));
  int64_t n = c.output_shape(0).num_elements();
  Dims strides = RowMajorStrides(s);
  std::vector<Dims> maps;
  for (size_t i = 0; i < strides.size() && n > 0; ++i) {
    int64_t size = s[static_cast<int>(i)];
    Dims map;
    for (int64_t k = p.before[i]; k > 0; --k) map.push_back((k - 1 + edge) * strides[i]);
    for (int64_t k = 0; k < size; ++k) map.push_back(k * strides[i]);
    for (int64_t k = 0; k < p.after[i]; ++k) map.push_back((size - 1 - edge - k) * strides[i]);
    maps.push_back(std::move(map));
  }
  c.ParallelOver(n, 0.5 + MoveCost(c.output_dtype(0)));
  return ForElement(c.output_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([maps = std::move(maps)](RunArgs& a) {
      auto [begin, end] = a.Range();
      ReadThrough(maps, a.in<T>(0), a.out<T>(0), begin, end);
    });
  });
}

// Adds the mirrors along one axis to what they show: `x` is [outer, size, inner].
struct Fold {
  int64_t outer, size, inner, before, after, edge;
};
template <class T>
void FoldAxis(const Fold& f, T* x) {
  auto add = [&](T* slab, int64_t to, int64_t from) {
    for (int64_t k = 0; k < f.inner; ++k)
      slab[to * f.inner + k] = Plus(slab[to * f.inner + k], slab[from * f.inner + k]);
  };
  for (int64_t o = 0; o < f.outer; ++o) {
    T* slab = x + o * f.size * f.inner;
    for (int64_t k = 0; k < f.before; ++k) add(slab, 2 * f.before - 1 + f.edge - k, k);
    for (int64_t k = 0; k < f.after; ++k) add(slab, f.size - f.after - f.edge - 1 - k, f.size - f.after + k);
  }
}

Status PrepareMirrorPadGrad(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Padding p, ReadPadding(c));
  WEIR_RETURN_IF_ERROR(SetPaddedDims(c, p, -1));
  const Shape &s = c.input_shape(0), &out = c.output_shape(0);
  WEIR_ASSIGN_OR_RETURN(int64_t edge, CheckedEdge(c, p, out));
  std::vector<Fold> folds;
  Dims strides = RowMajorStrides(s);
  int64_t n = s.num_elements(), offset = 0;
  for (int i = 0; i < s.rank() && out.num_elements() > 0; ++i) {
    size_t k = static_cast<size_t>(i);
    folds.push_back({ElementsOf(s, 0, i), s[i], strides[k], p.before[k], p.after[k], edge});
    offset += p.before[k] * strides[k];
  }
  Move crop(out.dims(), strides, RowMajorStrides(out), 0, 0);
  c.set_workspace(c.input_shape(0).num_elements() * static_cast<int64_t>(SizeOf(c.input_dtype(0))));
  return c.ForType(NumberTypes(), c.input_dtype(0), [&](auto type) {
    using T = decltype(type);
    using Bits = BytesT<sizeof(T)>;
    c.SetRun([folds, crop, n, offset](RunArgs& a) {
      T* x = a.workspace<T>();
      std::copy_n(a.in<T>(0), n, x);
      for (const Fold& f : folds) FoldAxis(f, x);
      crop.Execute(reinterpret_cast<const Bits*>(x) + offset, a.out<Bits>(0), 0, crop.units());
    });
  });
}

}  // namespace

void RegisterArrayPadKernels(KernelRegistry& r) {
  r.Add("Tile", PrepareTile).NeedsValue({1});
  r.Add("BroadcastTo", PrepareBroadcastTo).NeedsValue({1});
  r.Add("Pad", PreparePad).NeedsValue({1});
  r.Add("PadV2", PreparePad).NeedsValue({1});
  r.Add("MirrorPad", PrepareMirrorPad).NeedsValue({1});
  r.Add("MirrorPadGrad", PrepareMirrorPadGrad).NeedsValue({1});
}

}  // namespace weir
