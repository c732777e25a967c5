// Kernels of SparseSlice, its gradient, SparseConcat and SparseSplit.
#include <fmt/format.h>

#include <algorithm>

#include "weir/ops/sparse/cpu/sparse_parts.h"
#include "weir/runtime/cpu/moves.h"

namespace weir {

namespace {

using namespace kernels;

// ---- SparseSlice

struct Box {
  Dims start, end;

  bool Holds(const int64_t* position) const {
    for (size_t k = 0; k < start.size(); ++k) {
      if (position[k] < start[k] || position[k] >= end[k]) return false;
    }
    return true;
  }
};

// Sets the sizes that are left of `sizes` in a box that may reach beyond.
Result<Box> ReadBox(const PrepareContext& c, const Dims& sizes, Dims* left) {
  Box box{c.ints(3), c.ints(4)};
  if (box.start.size() != sizes.size() || box.end.size() != sizes.size()) {
    return InvalidArgument(fmt::format("is given a start {} and a size {} for {} axes", c.input_shape(3).ToString(),
                                       c.input_shape(4).ToString(), sizes.size()));
  }
  for (size_t k = 0; k < sizes.size(); ++k) {
    const int64_t start = box.start[k], size = box.end[k];
    if (size < 0) return InvalidArgument(fmt::format("has size {} along axis {}", size, k));
    int64_t rest = 0;
    if (__builtin_sub_overflow(sizes[k], start, &rest)) rest = INT64_MAX;
    left->push_back(std::clamp<int64_t>(rest, 0, size));
    if (!CheckedAdd(start, size, &box.end[k])) box.end[k] = INT64_MAX;
  }
  return box;
}

Status PrepareSparseSlice(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(SparseCounts size, CheckSparseParts(c, 0, 1, 2));
  const Dims sizes = c.ints(2);
  WEIR_RETURN_IF_ERROR(Shape::Make(sizes).status());
  Dims left;
  WEIR_ASSIGN_OR_RETURN(Box box, ReadBox(c, sizes, &left));
  std::vector<int64_t> inside;
  for (int64_t i = 0; i < size.count; ++i) {
    if (box.Holds(c.input_value(0)->data<int64_t>() + i * size.rank)) inside.push_back(i);
  }
  const auto count = static_cast<int64_t>(inside.size());
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, {count, size.rank}));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(1, {count}));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(2, {size.rank}));
  c.Before(1, 1, [left](RunArgs& a) { std::copy(left.begin(), left.end(), a.out<int64_t>(2)); });
  c.ParallelOver(count, 2.0 * static_cast<double>(size.rank + 1));
  return ForElement(c.input_dtype(1), [&](auto type) {
    using T = decltype(type);
    c.SetRun([inside = std::move(inside), start = box.start](RunArgs& a) {
      const auto rank = static_cast<int64_t>(start.size());
      for (int64_t i = a.begin; i < a.end; ++i) {
        const int64_t from = inside[static_cast<size_t>(i)];
        std::transform(start.begin(), start.end(), a.in<int64_t>(0) + from * rank, a.out<int64_t>(0) + i * rank,
                       [](int64_t first, int64_t at) { return at - first; });
        a.out<T>(1)[i] = a.in<T>(1)[from];
      }
    });
  });
}

// ---- SparseSliceGrad

// Elements of the slice have the order of the input, so that one walk finds them.
template <class T> void SpreadGradients(RunArgs& a, int64_t elements, int64_t rank, int64_t sliced) {
  int64_t next = 0;
  for (int64_t i = 0; i < elements; ++i) {
    const int64_t *in = a.in<int64_t>(1) + i * rank, *out = a.in<int64_t>(3) + next * rank;
    bool same = next < sliced;
    for (int64_t k = 0; same && k < rank; ++k) {
      same = static_cast<uint64_t>(in[k]) - static_cast<uint64_t>(a.in<int64_t>(2)[k]) == static_cast<uint64_t>(out[k]);
    }
    a.out<T>(0)[i] = same ? a.in<T>(0)[next++] : T(0);
  }
  if (next != sliced)
    a.Fail(Internal(fmt::format("finds {} of the slice's {} elements among those of the input", next, sliced)));
}

Status PrepareSparseSliceGrad(PrepareContext& c) {
  const Shape &in = c.input_shape(1), &out = c.input_shape(3);
  const bool fits = in.rank() == 2 && out.rank() == 2 && in[1] == out[1] && c.input_shape(2).dims() == Dims{in[1]} &&
                    c.input_shape(0).dims() == Dims{out[0]};
  if (!fits) {
    return InvalidArgument(fmt::format("cannot spread gradients {} of elements at {} to {} from {} on",
                                       c.input_shape(0).ToString(), out.ToString(), in.ToString(),
                                       c.input_shape(2).ToString()));
  }
  c.set_output_shape(0, Shape({in[0]}));
  c.ParallelOver(1, 3.0 * static_cast<double>(in[0]) * static_cast<double>(in[1] + 1));
  return c.ForType(NumberTypes(), c.output_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([elements = in[0], rank = in[1], sliced = out[0]](RunArgs& a) {
      if (a.begin < a.end) SpreadGradients<T>(a, elements, rank, sliced);
    });
  });
}

// ---- SparseConcat

struct Join {
  int inputs = 0, axis = 0;
  int64_t rank = 0;
  std::vector<int64_t> starts;  // of each input's elements among all; behind them their number

  int64_t count() const { return starts.back(); }
};

Result<Join> ReadJoin(const PrepareContext& c) {
  Join join{.inputs = c.num_inputs() / 3, .rank = c.input_shape(c.num_inputs() - 1).num_elements(), .starts = {0}};
  for (int i = 0; i < join.inputs; ++i) {
    WEIR_ASSIGN_OR_RETURN(SparseCounts size, CheckSparseParts(c, i, join.inputs + i, 2 * join.inputs + i));
    if (size.rank != join.rank)
      return InvalidArgument(fmt::format("cannot join tensors of {} and {} axes", join.rank, size.rank));
    join.starts.push_back(join.starts.back() + size.count);
  }
  WEIR_ASSIGN_OR_RETURN(join.axis, CheckedAxis(c.attr<int64_t>("concat_dim"), static_cast<int>(join.rank)));
  return join;
}

// The shape of all, output 2, and the positions in it of all elements, one input's behind the other's.
void ShiftPositions(const Join& join, RunArgs& a, int64_t* positions) {
  int64_t* sizes = a.out<int64_t>(2);
  for (int i = 0; i < join.inputs; ++i) {
    const int64_t* mine = a.in<int64_t>(2 * join.inputs + i);
    const int64_t shift = i == 0 ? 0 : sizes[join.axis];
    for (int64_t k = 0; k < join.rank; ++k) {
      const bool fits = k == join.axis ? CheckedAdd(shift, mine[k], sizes + k) : i == 0 || mine[k] == sizes[k];
      if (mine[k] < 0 || !fits)
        return a.Fail(InvalidArgument(fmt::format("cannot join size {} along axis {} of shapes[{}]", mine[k], k, i)));
      if (i == 0) sizes[k] = mine[k];
    }
    const int64_t count = join.starts[static_cast<size_t>(i) + 1] - join.starts[static_cast<size_t>(i)];
    const int64_t* from = a.in<int64_t>(i);
    for (int64_t e = 0; e < count * join.rank; ++e) {
      const auto by = static_cast<uint64_t>(e % join.rank == join.axis ? shift : 0);
      *positions++ = static_cast<int64_t>(static_cast<uint64_t>(from[e]) + by);
    }
  }
}

Status PrepareSparseConcat(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Join join, ReadJoin(c));
  const int64_t count = join.count(), rank = join.rank;
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, {count, rank}));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(1, {count}));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(2, {rank}));
  // The order, and behind it the positions.
  c.set_workspace(count * (rank + 1) * static_cast<int64_t>(sizeof(int64_t)));
  c.Before(1, 100.0 * static_cast<double>(count), [join](RunArgs& a) {
    int64_t *order = a.workspace<int64_t>(), *positions = order + join.count();
    ShiftPositions(join, a, positions);
    SortByPosition({join.count(), join.rank}, positions, order);
  });
  c.ParallelOver(count, 2.0 * static_cast<double>(rank + 1) + 10);
  return ForElement(c.output_dtype(1), [&](auto type) {
    using T = decltype(type);
    c.SetRun([join](RunArgs& a) {
      const int64_t *order = a.workspace<int64_t>(), *positions = order + join.count();
      for (int64_t i = a.begin; i < a.end; ++i) {
        const auto next = std::upper_bound(join.starts.begin(), join.starts.end(), order[i]);
        const int input = static_cast<int>(next - join.starts.begin()) - 1;
        std::copy_n(positions + order[i] * join.rank, join.rank, a.out<int64_t>(0) + i * join.rank);
        a.out<T>(1)[i] = a.in<T>(join.inputs + input)[order[i] - *(next - 1)];
      }
    });
  });
}

// ---- SparseSplit

// Sizes of the parts along the axis: the first `larger` ones are `size` + 1.
struct Division {
  int axis = 0;
  int64_t size = 0, larger = 0;

  int64_t PartOf(int64_t at) const {
    const int64_t beyond = at - larger * (size + 1);
    return beyond < 0 ? at / (size + 1) : larger + beyond / size;
  }
  int64_t Begin(int64_t part) const { return part * size + std::min(part, larger); }
};

Result<Division> ReadDivision(const PrepareContext& c, const Dims& sizes, int64_t parts) {
  if (c.input_shape(0).rank() != 0) {
    return InvalidArgument(fmt::format("needs a scalar axis, got {}", c.input_shape(0).ToString()));
  }
  Division d;
  WEIR_ASSIGN_OR_RETURN(d.axis, CheckedAxis(c.ints(0)[0], static_cast<int>(sizes.size()), "split_dim"));
  const int64_t size = sizes[static_cast<size_t>(d.axis)];
  if (parts > size) return InvalidArgument(fmt::format("cannot make {} parts of size {}", parts, size));
  d.size = size / parts, d.larger = size % parts;
  return d;
}

Status PrepareSparseSplit(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(SparseCounts size, CheckSparseParts(c, 1, 2, 3));
  const int n = c.num_outputs() / 3;
  const Dims sizes = c.ints(3);
  WEIR_ASSIGN_OR_RETURN(const Division d, ReadDivision(c, sizes, n));
  std::vector<std::vector<int64_t>> chosen(static_cast<size_t>(n));
  for (int64_t i = 0; i < size.count; ++i) {
    const int64_t at = c.input_value(1)->data<int64_t>()[i * size.rank + d.axis];
    const int64_t most = sizes[static_cast<size_t>(d.axis)];
    if (at < 0 || at >= most) {
      return InvalidArgument(fmt::format("has an element at indices[{}, {}] = {}, which is not in [0, {})", i, d.axis,
                                         at, most));
    }
    chosen[static_cast<size_t>(d.PartOf(at))].push_back(i);
  }
  for (int k = 0; k < n; ++k) {
    const auto count = static_cast<int64_t>(chosen[static_cast<size_t>(k)].size());
    WEIR_RETURN_IF_ERROR(c.set_output_dims(k, {count, size.rank}));
    WEIR_RETURN_IF_ERROR(c.set_output_dims(n + k, {count}));
    WEIR_RETURN_IF_ERROR(c.set_output_dims(2 * n + k, {size.rank}));
  }
  c.ParallelOver(n, 3.0 * static_cast<double>(size.rank + 1) * static_cast<double>(size.count) / n);
  return ForElement(c.input_dtype(2), [&](auto type) {
    using T = decltype(type);
    c.SetRun([chosen = std::move(chosen), d, n, sizes](RunArgs& a) {
      const auto rank = static_cast<int64_t>(sizes.size());
      for (auto k = static_cast<int>(a.begin); k < a.end; ++k) {
        const std::vector<int64_t>& from = chosen[static_cast<size_t>(k)];
        for (size_t i = 0; i < from.size(); ++i) {
          int64_t* to = a.out<int64_t>(k) + static_cast<int64_t>(i) * rank;
          std::copy_n(a.in<int64_t>(1) + from[i] * rank, rank, to);
          to[d.axis] -= d.Begin(k);
          a.out<T>(n + k)[i] = a.in<T>(2)[from[i]];
        }
        std::copy(sizes.begin(), sizes.end(), a.out<int64_t>(2 * n + k));
        a.out<int64_t>(2 * n + k)[d.axis] = d.Begin(k + 1) - d.Begin(k);
      }
    });
  });
}

}  // namespace

void RegisterSparseSlicesKernels(KernelRegistry& r) {
  r.Add("SparseSplit", PrepareSparseSplit).NeedsValue({0, 1, 3});
  r.Add("SparseSlice", PrepareSparseSlice).NeedsValue({0, 2, 3, 4});
  r.Add("SparseSliceGrad", PrepareSparseSliceGrad);
  r.Add("SparseConcat", PrepareSparseConcat);
}

}  // namespace weir
