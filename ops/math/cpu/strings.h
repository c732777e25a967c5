// Element-wise ops on strings, for elementwise.cc.
#pragma once

#include <string_view>
#include <vector>

#include "weir/runtime/kernel.h"

namespace weir {

// Add, Equal, NotEqual, Select, SelectV2 and Cast of strings, over operands of these shapes.
Status PrepareStringLanes(PrepareContext& c, std::string_view op, const std::vector<Shape>& shapes);

}  // namespace weir
