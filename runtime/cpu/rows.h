// What kernels that touch some rows of a variable share: row numbers read and checked before anything is written, so
// that a bad one leaves the variable whole.
#pragma once

#include "weir/runtime/kernel.h"

namespace weir::kernels {

// Declares the checked rows as workspace: `n` row numbers from input `input` (int32 or int64), each in [0, limit). To
// be called once by Prepare; SetBegin is taken.
Status CheckRowsAtBegin(PrepareContext& c, int input, int64_t limit);

// The rows, in the order of the input; null when the run has failed already.
const int64_t* CheckedRows(const RunArgs& a, int64_t n);

}  // namespace weir::kernels
