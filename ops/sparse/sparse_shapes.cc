// The sizes of sparse tensors.
#include "weir/ops/sparse/sparse_shapes.h"

#include <fmt/format.h>

namespace weir {

Result<SparseSize> SparseSizeOf(const ShapeContext& c, int indices, int values, int shape) {
  WEIR_ASSIGN_OR_RETURN(PartialShape at, c.WithRank(indices, 2));
  WEIR_ASSIGN_OR_RETURN(PartialShape dims, c.WithRank(shape, 1));
  auto rank = MergeDims(at[1], dims[0]);
  if (!rank.ok()) {
    return InvalidArgument(fmt::format("is given positions {} in a tensor whose shape has {} numbers",
                                       c.Describe(indices), dims[0]));
  }
  if (values < 0) return SparseSize{at[0], *rank};
  WEIR_ASSIGN_OR_RETURN(PartialShape elements, c.WithRank(values, 1));
  auto count = MergeDims(at[0], elements[0]);
  if (!count.ok())
    return InvalidArgument(fmt::format("is given values {} at positions {}", c.Describe(values), c.Describe(indices)));
  return SparseSize{*count, *rank};
}

}  // namespace weir
