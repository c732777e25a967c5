// What shape functions of ops on sparse tensors share.
#pragma once

#include "weir/graph/infer.h"

namespace weir {

// How many elements and axes a sparse tensor has, as far as is known.
struct SparseSize {
  Dim count = kUnknownDim, rank = kUnknownDim;
};

// Of the one whose positions, values and shape these inputs are; an error where they do not fit together. values -1:
// there are none.
Result<SparseSize> SparseSizeOf(const ShapeContext& c, int indices, int values, int shape);

}  // namespace weir
