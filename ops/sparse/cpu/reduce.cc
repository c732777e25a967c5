// Kernels of SparseReduceSum, SparseReduceMax and SparseSoftmax. Sums are taken in the order of the elements.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "weir/ops/sparse/cpu/sparse_parts.h"
#include "weir/runtime/cpu/moves.h"
#include "weir/runtime/cpu/wide.h"

namespace weir {

namespace {

using namespace kernels;

// How elements' positions become places in the output.
struct Places {
  SparseCounts size;
  Dims sizes, steps;  // along each axis; of reduced ones the steps are 0
  int64_t outputs = 0;

  // -1 where the run has failed.
  int64_t Of(RunArgs& a, int64_t i) const {
    int64_t place = 0;
    for (size_t k = 0; k < sizes.size(); ++k) {
      const int64_t at = a.in<int64_t>(0)[i * size.rank + static_cast<int64_t>(k)];
      if (at < 0 || at >= sizes[k]) return FailPosition(a, i, static_cast<int>(k), at, sizes[k]), -1;
      place += at * steps[k];
    }
    return place;
  }
};

Result<Places> ReadPlaces(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(SparseCounts size, CheckSparseParts(c, 0, 1, 2));
  if (size.rank > kMaxRank) return InvalidArgument(fmt::format("has {} axes", size.rank));
  Places p{size, c.ints(2), Dims(static_cast<size_t>(size.rank), 1)};
  for (int64_t axis : c.ints(3)) {
    WEIR_ASSIGN_OR_RETURN(int a, CheckedAxis(axis, static_cast<int>(size.rank), "reduction_axes"));
    p.steps[static_cast<size_t>(a)] = 0;
  }
  Dims out;
  for (size_t k = 0; k < p.sizes.size(); ++k) {
    if (p.steps[k] != 0) out.push_back(p.sizes[k]);
    else if (c.attr<bool>("keep_dims")) out.push_back(1);
  }
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, out));
  p.outputs = c.output_shape(0).num_elements();
  int64_t step = 1;
  for (size_t k = p.sizes.size(); k-- > 0 && p.outputs > 0;) {
    if (p.steps[k] != 0) p.steps[k] = step, step *= p.sizes[k];
  }
  return p;
}

// Sums in a wider type behind the flags that tell which places have an element.
template <class T, bool kMax> void ReduceAll(const Places& p, RunArgs& a) {
  auto* sums = a.workspace<Wide<T>>();
  auto* found = reinterpret_cast<uint8_t*>(sums + p.outputs);
  std::fill_n(sums, p.outputs, Wide<T>(0));
  std::fill_n(found, p.outputs, uint8_t{0});
  for (int64_t i = 0; i < p.size.count; ++i) {
    const int64_t place = p.Of(a, i);
    if (place < 0) return;
    const auto x = Wide<T>(a.in<T>(1)[i]);
    if constexpr (kMax) sums[place] = found[place] && sums[place] > x ? sums[place] : x;
    else sums[place] = Plus(sums[place], x);
    found[place] = 1;
  }
  std::transform(sums, sums + p.outputs, a.out<T>(0), [](Wide<T> x) { return T(x); });
}

template <bool kMax> Status PrepareReduce(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(const Places p, ReadPlaces(c));
  c.ParallelOver(1, 3.0 * static_cast<double>(p.size.count) * static_cast<double>(p.size.rank + 1));
  const auto types = [] {
    if constexpr (kMax) return RealTypes();
    else return NumberTypes();
  }();
  Status fits;
  const Status made = c.ForType(types, c.output_dtype(0), [&](auto type) {
    using T = decltype(type);
    int64_t bytes = 0;
    if (!CheckedMul(p.outputs, sizeof(Wide<T>) + 1, &bytes)) fits = ResourceExhausted("has too large an output");
    c.set_workspace(bytes);
    c.SetRun([p](RunArgs& a) {
      if (a.begin < a.end) ReduceAll<T, kMax>(p, a);
    });
  });
  return made.ok() ? fits : made;
}

// ---- SparseSoftmax

// Of elements order[begin, end), which are one row's.
template <class T> void SoftmaxRow(RunArgs& a, const int64_t* order, int64_t begin, int64_t end) {
  const T* in = a.in<T>(1);
  T* out = a.out<T>(0);
  auto largest = Wide<T>(in[order[begin]]), sum = Wide<T>(0);
  for (int64_t i = begin; i < end; ++i) largest = std::max(largest, Wide<T>(in[order[i]]));
  for (int64_t i = begin; i < end; ++i) sum += std::exp(Wide<T>(in[order[i]]) - largest);
  for (int64_t i = begin; i < end; ++i) out[order[i]] = T(std::exp(Wide<T>(in[order[i]]) - largest) / sum);
}

template <class T> void SoftmaxAll(RunArgs& a, const SparseCounts& size) {
  const auto* order = a.workspace<int64_t>();
  auto row = [&](int64_t i) { return a.in<int64_t>(0) + order[i] * size.rank; };
  for (int64_t begin = 0, end = 0; begin < size.count; begin = end) {
    while (end < size.count && std::equal(row(begin), row(begin) + size.rank - 1, row(end))) ++end;
    SoftmaxRow<T>(a, order, begin, end);
  }
}

Status PrepareSparseSoftmax(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(const SparseCounts size, CheckSparseParts(c, 0, 1, 2));
  if (size.rank < 2) return InvalidArgument(fmt::format("needs a tensor of at least two axes, got {}", size.rank));
  c.set_output_shape(0, Shape({size.count}));
  c.set_workspace(size.count * static_cast<int64_t>(sizeof(int64_t)));
  c.Before(1, 100.0 * static_cast<double>(size.count),
           [size](RunArgs& a) { SortByPosition(size, a.in<int64_t>(0), a.workspace<int64_t>()); });
  c.ParallelOver(1, 30.0 * static_cast<double>(size.count));
  return c.ForType(Types<Half, float, double>{}, c.output_dtype(0), [&](auto type) {
    c.SetRun([size](RunArgs& a) {
      if (a.begin < a.end) SoftmaxAll<decltype(type)>(a, size);
    });
  });
}

}  // namespace

void RegisterSparseReduceKernels(KernelRegistry& r) {
  r.Add("SparseReduceSum", PrepareReduce<false>).NeedsValue({2, 3});
  r.Add("SparseReduceMax", PrepareReduce<true>).NeedsValue({2, 3});
  r.Add("SparseSoftmax", PrepareSparseSoftmax);
}

}  // namespace weir
