// What the files of the element-wise kernels share among themselves.
#pragma once

#include <string_view>
#include <vector>

#include "weir/runtime/kernel.h"

namespace weir {

// Add, Equal, NotEqual, Select and SelectV2 of strings, over operands of these shapes (math_strings.cc).
Status PrepareStringLanes(PrepareContext& c, std::string_view op, const std::vector<Shape>& shapes);

// Range and LinSpace (math_sequence.cc).
void RegisterSequenceKernels(KernelRegistry& r);

}  // namespace weir
