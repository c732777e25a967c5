// Batches of elements.
#pragma once

#include "weir/ops/data/cpu/dataset.h"

namespace weir {

// Error: none above 0.
Result<int64_t> BatchSizeIn(const RunArgs& a, int i);
// Elements of `input` joined along a new first axis, `size` of them each, fewer at the end unless that is dropped.
DatasetRef MakeBatchDataset(DatasetRef input, int64_t size, bool drop_remainder);

}  // namespace weir
