// Kernels of SparseFillEmptyRows and its gradient.
//
// How many rows are empty decides how many elements there will be, so Prepare looks at the numbers of the rows. It has
// memory by elements only, since there may be far more rows.
#include <fmt/format.h>

#include <algorithm>

#include "weir/ops/sparse/cpu/sparse_parts.h"
#include "weir/runtime/cpu/moves.h"
#include "weir/runtime/cpu/wide.h"

namespace weir {

namespace {

using namespace kernels;

struct Rows {
  int64_t elements = 0, rank = 0, rows = 0;
};

// How many rows have an element.
Result<int64_t> FilledRows(const Rows& r, const int64_t* indices) {
  std::vector<int64_t> rows(static_cast<size_t>(r.elements));
  for (int64_t i = 0; i < r.elements; ++i) {
    const int64_t row = indices[i * r.rank];
    if (row < 0 || row >= r.rows) {
      return InvalidArgument(
          fmt::format("has an element at indices[{}, 0] = {}, which is not in [0, {})", i, row, r.rows));
    }
    rows[static_cast<size_t>(i)] = row;
  }
  std::sort(rows.begin(), rows.end());
  return std::unique(rows.begin(), rows.end()) - rows.begin();
}

// Where each element goes (output 3), which rows are empty (output 2); the workspace has the place of each row's end.
void PlaceElements(const Rows& r, RunArgs& a) {
  int64_t *ends = a.workspace<int64_t>(), *places = a.out<int64_t>(3);
  std::fill_n(ends, r.rows, int64_t{0});
  for (int64_t i = 0; i < r.elements; ++i) ++ends[a.in<int64_t>(0)[i * r.rank]];
  int64_t place = 0;
  for (int64_t row = 0; row < r.rows; ++row) {
    const int64_t count = ends[row];
    a.out<bool>(2)[row] = count == 0;
    ends[row] = place;
    place += std::max<int64_t>(count, 1);
  }
  for (int64_t i = 0; i < r.elements; ++i) places[i] = ends[a.in<int64_t>(0)[i * r.rank]]++;
}

// Item i is an element, or behind these a row.
template <class T> void WriteItem(const Rows& r, RunArgs& a, int64_t i) {
  if (i < r.elements) {
    const int64_t place = a.out<int64_t>(3)[i];
    std::copy_n(a.in<int64_t>(0) + i * r.rank, r.rank, a.out<int64_t>(0) + place * r.rank);
    a.out<T>(1)[place] = a.in<T>(1)[i];
    return;
  }
  const int64_t row = i - r.elements;
  if (!a.out<bool>(2)[row]) return;
  const int64_t place = a.workspace<int64_t>()[row];
  std::fill_n(a.out<int64_t>(0) + place * r.rank, r.rank, int64_t{0});
  a.out<int64_t>(0)[place * r.rank] = row;
  a.out<T>(1)[place] = *a.in<T>(3);
}

Status PrepareSparseFillEmptyRows(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(SparseCounts size, CheckSparseParts(c, 0, 1, 2));
  if (size.rank == 0 || c.input_shape(3).rank() != 0) {
    return InvalidArgument(fmt::format("wants one axis or more and a scalar default_value, not {} axes and {}",
                                       size.rank, c.input_shape(3).ToString()));
  }
  const Rows r{.elements = size.count, .rank = size.rank, .rows = c.ints(2)[0]};
  WEIR_ASSIGN_OR_RETURN(int64_t filled, FilledRows(r, c.input_value(0)->data<int64_t>()));
  int64_t bytes = 0, items = 0;
  if (!CheckedMul(r.rows, sizeof(int64_t), &bytes) || !CheckedAdd(r.rows, r.elements, &items))
    return ResourceExhausted(fmt::format("has {} rows", r.rows));
  const int64_t count = items - filled;
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, {count, r.rank}));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(1, {count}));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(2, {r.rows}));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(3, {r.elements}));
  c.set_workspace(bytes);
  c.Before(1, 5.0 * static_cast<double>(items), [r](RunArgs& a) { PlaceElements(r, a); });
  c.ParallelOver(items, 2.0 * static_cast<double>(r.rank + 1));
  return ForElement(c.input_dtype(1), [&](auto type) {
    using T = decltype(type);
    c.SetRun([r](RunArgs& a) {
      for (int64_t i = a.begin; i < a.end; ++i) WriteItem<T>(r, a, i);
    });
  });
}

// ---- SparseFillEmptyRowsGrad

// Checks the map and adds up what it does not name, in order: sums of 16 bits are rounded at each step, as in
// TensorFlow.
template <class T> void AddOthers(RunArgs& a, int64_t elements, int64_t count) {
  auto* named = a.workspace<bool>();
  std::fill_n(named, count, false);
  for (int64_t i = 0; i < elements; ++i) {
    const int64_t place = a.in<int64_t>(0)[i];
    if (place < 0 || place >= count) {
      return a.Fail(
          InvalidArgument(fmt::format("has reverse_index_map[{}] = {}, which is not in [0, {})", i, place, count)));
    }
    named[place] = true;
  }
  T sum = T(0);
  for (int64_t i = 0; i < count; ++i) {
    if (!named[i]) sum = Plus(sum, a.in<T>(1)[i]);
  }
  *a.out<T>(1) = sum;
}

Status PrepareSparseFillEmptyRowsGrad(PrepareContext& c) {
  if (c.input_shape(0).rank() != 1 || c.input_shape(1).rank() != 1) {
    return InvalidArgument(fmt::format("wants vectors, not {} and {}", c.input_shape(0).ToString(),
                                       c.input_shape(1).ToString()));
  }
  const int64_t elements = c.input_shape(0)[0], count = c.input_shape(1)[0];
  c.set_output_shape(0, c.input_shape(0));
  c.set_output_shape(1, Shape());
  c.set_workspace(count);
  c.ParallelOver(elements, 2);
  return c.ForType(NumberTypes(), c.input_dtype(1), [&](auto type) {
    using T = decltype(type);
    c.Before(1, 2.0 * static_cast<double>(elements + count),
             [elements, count](RunArgs& a) { AddOthers<T>(a, elements, count); });
    c.SetRun([](RunArgs& a) {
      for (int64_t i = a.begin; i < a.end; ++i) a.out<T>(0)[i] = a.in<T>(1)[a.in<int64_t>(0)[i]];
    });
  });
}

}  // namespace

void RegisterSparseRowsKernels(KernelRegistry& r) {
  r.Add("SparseFillEmptyRows", PrepareSparseFillEmptyRows).NeedsValue({0, 2});
  r.Add("SparseFillEmptyRowsGrad", PrepareSparseFillEmptyRowsGrad);
}

}  // namespace weir
