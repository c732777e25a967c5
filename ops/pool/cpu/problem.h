// What the kernels of pooling share: their shapes and attributes as windows over images.
#pragma once

#include "weir/runtime/cpu/windows.h"
#include "weir/runtime/kernel.h"

namespace weir::kernels {

// From concrete shapes of what is pooled and what comes of it; `pooled` is checked. Both must have elements.
Result<PoolProblem> MakePoolProblem(PrepareContext& c, const Shape& input, const Shape& pooled);

// What an output row costs, roughly.
double PoolRowNs(const PoolProblem& p);

}  // namespace weir::kernels
