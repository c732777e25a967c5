// What kernels of ops on sparse tensors share.
#pragma once

#include "weir/runtime/kernel.h"

namespace weir {

// How many elements and axes a sparse tensor has.
struct SparseCounts {
  int64_t count = 0, rank = 0;
};

// Of the one whose positions, values and shape these inputs are; an error where they do not fit together. values -1:
// there are none.
Result<SparseCounts> CheckSparseParts(const PrepareContext& c, int indices, int values, int shape);

// The numbers of the elements in the order of their positions; those of one position stay in order.
void SortByPosition(const SparseCounts& size, const int64_t* indices, int64_t* order);

// The run fails: the position of element i, which is `at` along an axis, is not below `size`.
void FailPosition(RunArgs& a, int64_t i, int axis, int64_t at, int64_t size);

}  // namespace weir
