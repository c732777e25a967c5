// Sizes of what gets another shape, where one of them may be left open.
#pragma once

#include "weir/graph/base/shape.h"

namespace weir {

// The sizes that what has sizes `from` gets when it is to have `to`, of which one may be -1: what is left, where no
// other size is 0. An error where the numbers of elements differ.
Result<Dims> ReshapedSizes(const Dims& from, Dims to);

}  // namespace weir
