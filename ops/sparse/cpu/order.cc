// Kernels of SparseReorder and SparseReshape. Positions need not lie within the shape: they are ordered and counted as
// they are.
#include <algorithm>

#include "weir/graph/base/reshaping.h"
#include "weir/ops/sparse/cpu/sparse_parts.h"
#include "weir/runtime/cpu/moves.h"

namespace weir {

namespace {

using namespace kernels;

Status PrepareSparseReorder(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(SparseCounts size, CheckSparseParts(c, 0, 1, 2));
  c.set_output_shape(0, c.input_shape(0));
  c.set_output_shape(1, c.input_shape(1));
  c.set_workspace(size.count * static_cast<int64_t>(sizeof(int64_t)));
  c.Before(1, 100.0 * static_cast<double>(size.count),
           [size](RunArgs& a) { SortByPosition(size, a.in<int64_t>(0), a.workspace<int64_t>()); });
  c.ParallelOver(size.count, 2.0 * static_cast<double>(size.rank + 1));
  return ForElement(c.input_dtype(1), [&](auto type) {
    using T = decltype(type);
    c.SetRun([rank = size.rank](RunArgs& a) {
      for (int64_t i = a.begin; i < a.end; ++i) {
        const int64_t from = a.workspace<int64_t>()[i];
        std::copy_n(a.in<int64_t>(0) + from * rank, rank, a.out<int64_t>(0) + i * rank);
        a.out<T>(1)[i] = a.in<T>(1)[from];
      }
    });
  });
}

// ---- SparseReshape

// Steps from neighbour to neighbour along each axis. Numbers wrap, as positions outside the shape may be any.
std::vector<uint64_t> Steps(const Dims& sizes) {
  std::vector<uint64_t> steps(sizes.size(), 1);
  for (size_t i = sizes.size(); i-- > 1;) steps[i - 1] = steps[i] * static_cast<uint64_t>(sizes[i]);
  return steps;
}

Status PrepareSparseReshape(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(SparseCounts size, CheckSparseParts(c, 0, -1, 1));
  const Dims from = c.ints(1);
  WEIR_ASSIGN_OR_RETURN(Dims to, ReshapedSizes(from, c.ints(2)));
  const bool empty = std::find(to.begin(), to.end(), 0) != to.end();
  if (empty && size.count > 0 && from != to) return InvalidArgument("has elements in a tensor of size 0");
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, {size.count, static_cast<int64_t>(to.size())}));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(1, {static_cast<int64_t>(to.size())}));
  c.Before(1, 1, [to](RunArgs& a) { std::copy(to.begin(), to.end(), a.out<int64_t>(1)); });
  c.ParallelOver(size.count, 5.0 * static_cast<double>(from.size() + to.size()));
  if (from == to) {
    c.SetRun([rank = size.rank](RunArgs& a) {
      std::copy(a.in<int64_t>(0) + a.begin * rank, a.in<int64_t>(0) + a.end * rank, a.out<int64_t>(0) + a.begin * rank);
    });
    return {};
  }
  c.SetRun([in = Steps(from), out = Steps(to)](RunArgs& a) {
    for (int64_t i = a.begin; i < a.end; ++i) {
      const int64_t* position = a.in<int64_t>(0) + i * static_cast<int64_t>(in.size());
      uint64_t place = 0;
      for (size_t k = 0; k < in.size(); ++k) place += static_cast<uint64_t>(position[k]) * in[k];
      auto rest = static_cast<int64_t>(place);
      for (size_t k = 0; k < out.size(); ++k) {
        const auto step = static_cast<int64_t>(out[k]);
        a.out<int64_t>(0)[i * static_cast<int64_t>(out.size()) + static_cast<int64_t>(k)] = rest / step;
        rest %= step;
      }
    }
  });
  return {};
}

}  // namespace

void RegisterSparseOrderKernels(KernelRegistry& r) {
  r.Add("SparseReorder", PrepareSparseReorder);
  r.Add("SparseReshape", PrepareSparseReshape).NeedsValue({1, 2});
}

}  // namespace weir
