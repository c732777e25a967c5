// Checks of the parts of sparse tensors.
#include "weir/ops/sparse/cpu/sparse_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace weir {

Result<SparseCounts> CheckSparseParts(const PrepareContext& c, int indices, int values, int shape) {
  const Shape &at = c.input_shape(indices), &dims = c.input_shape(shape);
  if (at.rank() != 2 || dims.rank() != 1 || at[1] != dims[0]) {
    return InvalidArgument(
        fmt::format("wants positions [n, rank] and a shape [rank], not {} and {}", at.ToString(), dims.ToString()));
  }
  if (values >= 0 && c.input_shape(values).dims() != Dims{at[0]}) {
    return InvalidArgument(
        fmt::format("is given values {} at positions {}", c.input_shape(values).ToString(), at.ToString()));
  }
  return SparseCounts{at[0], at[1]};
}

void SortByPosition(const SparseCounts& size, const int64_t* indices, int64_t* order) {
  std::iota(order, order + size.count, int64_t{0});
  auto before = [&](int64_t i, int64_t j) {
    const int64_t *a = indices + i * size.rank, *b = indices + j * size.rank;
    for (int64_t k = 0; k < size.rank; ++k) {
      if (a[k] != b[k]) return a[k] < b[k];
    }
    return i < j;
  };
  if (!std::is_sorted(order, order + size.count, before)) std::sort(order, order + size.count, before);
}

void FailPosition(RunArgs& a, int64_t i, int axis, int64_t at, int64_t size) {
  a.Fail(InvalidArgument(
      fmt::format("has an element at indices[{}, {}] = {}, which is not in [0, {})", i, axis, at, size)));
}

}  // namespace weir
