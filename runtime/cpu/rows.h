// What kernels that touch some rows of a variable share: row numbers read and checked before anything is written, so
// that a bad one leaves the variable whole.
#pragma once

#include "weir/runtime/kernel.h"

namespace weir::kernels {

// A phase before the main one that checks the row numbers of input `input` (int32 or int64), each in [0, limit), and
// leaves them in the workspace. To be called once by Prepare.
Status CheckRowsBefore(PrepareContext& c, int input, int64_t limit);

// The rows, in the order of the input.
inline const int64_t* CheckedRows(const RunArgs& a) { return a.workspace<int64_t>(); }

}  // namespace weir::kernels
