// TopK and InTopK: the k largest elements of each row, and whether a class is among them.
//
// Of equal elements the one with the lower index is larger. Unsorted results come in the order of the heap they were
// kept in, which is TensorFlow's order. NaN is smaller than every number when a row is sorted whole or k is 1; in the
// heap it equals everything, as in TensorFlow.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "weir/runtime/kernel.h"

namespace weir {
namespace kernels {
namespace {

struct Top {
  int64_t rows = 0, columns = 0, k = 0;
  bool sorted = true;
  DType index_type = kInt32;
};

// What elements of T are compared as.
template <class T>
using Compared = std::conditional_t<std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>, float, T>;

// Whether element a of the row comes before element b.
template <class T>
struct Before {
  const T* row;
  bool operator()(int64_t a, int64_t b) const {
    Compared<T> x = row[a], y = row[b];
    return x > y || (!(x < y) && a < b);
  }
};
// The same as a total order, for sorting: NaN last.
template <class T>
struct TotallyBefore {
  const T* row;
  bool operator()(int64_t a, int64_t b) const {
    Compared<T> x = row[a], y = row[b];
    bool x_nan = x != x, y_nan = y != y;
    if (x_nan || y_nan) return x_nan == y_nan ? a < b : y_nan;
    return x > y || (x == y && a < b);
  }
};

template <class T>
int64_t Largest(const T* row, int64_t n) {
  int64_t best = 0;
  for (int64_t i = 1; i < n; ++i) {
    if (TotallyBefore<T>{row}(i, best)) best = i;
  }
  return best;
}

// The k best of 0 … n-1 in picked[0 … k); picked has room for k + 1. 1 < k < n.
template <class T>
void PickByHeap(const T* row, const Top& p, int64_t* picked) {
  Before<T> before{row};
  int64_t k = p.k;
  for (int64_t i = 0; i <= k; ++i) picked[i] = i;
  std::make_heap(picked, picked + k + 1, before);
  std::pop_heap(picked, picked + k + 1, before);  // the worst of k + 1 goes to the spare place
  for (int64_t i = k + 1; i < p.columns; ++i) {
    if (!before(i, picked[0])) continue;
    std::pop_heap(picked, picked + k, before);
    picked[k - 1] = i;
    std::push_heap(picked, picked + k, before);
  }
  if (p.sorted) std::sort_heap(picked, picked + k, before);
}

template <class T>
void PickRow(const T* row, const Top& p, int64_t* picked) {
  if (p.k == 1) {
    picked[0] = Largest(row, p.columns);
  } else if (p.k == p.columns) {
    for (int64_t i = 0; i < p.k; ++i) picked[i] = i;
    std::sort(picked, picked + p.k, TotallyBefore<T>{row});
  } else {
    PickByHeap(row, p, picked);
  }
}

template <class T>
void SetTop(PrepareContext& c, const Top& p) {
  c.SetRun([p](RunArgs& a) {
    int64_t* picked = a.own<int64_t>();
    auto [begin, end] = a.Range();
    for (int64_t i = begin; i < end; ++i) {
      const T* row = a.in<T>(0) + i * p.columns;
      PickRow(row, p, picked);
      for (int64_t j = 0; j < p.k; ++j) {
        a.out<T>(0)[i * p.k + j] = row[picked[j]];
        switch (SizeOf(p.index_type)) {
          case 2: a.out<int16_t>(1)[i * p.k + j] = int16_t(picked[j]); break;
          case 4: a.out<int32_t>(1)[i * p.k + j] = int32_t(picked[j]); break;
          default: a.out<int64_t>(1)[i * p.k + j] = picked[j];
        }
      }
    }
  });
}

Status PrepareTop(PrepareContext& c, int64_t k) {
  const Shape& s = c.input_shape(0);
  if (s.rank() == 0) return InvalidArgument("needs an input of rank 1 at least");
  Top p{0, s[s.rank() - 1], k, c.attr<bool>("sorted"), c.output_dtype(1)};
  if (k < 0 || k > p.columns)
    return InvalidArgument(fmt::format("is asked for the {} largest of {} elements", k, p.columns));
  int64_t limit = SizeOf(p.index_type) == 2 ? std::numeric_limits<int16_t>::max() : std::numeric_limits<int32_t>::max();
  if (SizeOf(p.index_type) < 8 && p.columns > limit) {
    return InvalidArgument(
        fmt::format("has rows of {} elements, too many for indices of dtype {}", p.columns, DTypeName(p.index_type)));
  }
  Dims out = s.dims();
  out.back() = k;
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, out));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(1, out));
  p.rows = c.output_shape(0).num_elements() == 0 ? 0 : s.num_elements() / p.columns;
  c.ParallelOver(p.rows, double(p.columns) * 1.5 + double(k) * 20);
  if (p.rows > 0) c.set_own_workspace((k + 1) * int64_t(sizeof(int64_t)));
  return c.ForType(RealTypes{}, c.input_dtype(0), [&](auto t) { SetTop<decltype(t)>(c, p); });
}

Status PrepareTopKV2(PrepareContext& c) {
  std::vector<int64_t> k = c.ints(1);
  if (k.size() != 1) return InvalidArgument("needs k as a scalar");
  return PrepareTop(c, k[0]);
}

// Whether fewer than k classes are above the target; not where the row has a value that is not finite.
bool InTop(const float* row, int64_t n, int64_t target, int64_t k) {
  if (target < 0 || target >= n || !std::isfinite(row[target])) return false;
  int64_t above = 0;
  for (int64_t j = 0; j < n; ++j) {
    if (!std::isfinite(row[j])) return false;
    above += row[j] > row[target];
  }
  return above < k;
}

Status PrepareInTop(PrepareContext& c, bool k_is_input) {
  const Shape &s = c.input_shape(0), &targets = c.input_shape(1);
  if (s.rank() != 2 || targets.rank() != 1 || s[0] != targets[0]) {
    return InvalidArgument(fmt::format("needs predictions [batch, classes] and targets [batch]; has {} and {}",
                                       s.ToString(), targets.ToString()));
  }
  if (k_is_input && c.input_shape(2).num_elements() != 1) return InvalidArgument("needs k as a scalar");
  if (c.input_dtype(0) != kFloat) return PrepareContext::NoKernelFor(c.input_dtype(0));
  int64_t rows = s[0], n = s[1], k = k_is_input ? 0 : c.attr<int64_t>("k");
  c.ParallelOver(rows, double(n) * 0.7 + 5);
  return c.ForType(IndexTypes{}, c.input_dtype(1), [&](auto t) {
    using I = decltype(t);
    c.SetRun([n, k, k_is_input](RunArgs& a) {
      int64_t most = k_is_input ? int64_t(a.in<I>(2)[0]) : k;
      auto [begin, end] = a.Range();
      for (int64_t i = begin; i < end; ++i) a.out<bool>(0)[i] = InTop(a.in<float>(0) + i * n, n, a.in<I>(1)[i], most);
    });
  });
}

}  // namespace
}  // namespace kernels

void RegisterTopKKernels(KernelRegistry& r) {
  r.Add("TopK", [](PrepareContext& c) { return kernels::PrepareTop(c, c.attr<int64_t>("k")); });
  r.Add("TopKV2", kernels::PrepareTopKV2).NeedsValue({1});
  r.Add("InTopK", [](PrepareContext& c) { return kernels::PrepareInTop(c, false); });
  r.Add("InTopKV2", [](PrepareContext& c) { return kernels::PrepareInTop(c, true); });
}

}  // namespace weir
