// How close two tensors are, by the tolerances of the comparison with TensorFlow.
#pragma once

#include <string>
#include <string_view>

#include "weir/tests/oracle/pack_runner.h"

namespace weir::testing {

// By what an op does: moves are identical, sums accumulate, all else is element-wise.
Closeness ClosenessOf(std::string_view op);

}  // namespace weir::testing
