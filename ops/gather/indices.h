// What the gradients of the family share.
#pragma once

#include "weir/graph/builder.h"

namespace weir {

// Indices as the ops of gradients take them, which know no int16.
inline Output AsIndex(Output indices) {
  return indices.dtype() == kInt16 ? Make("Cast", {indices}, {{"DstT", kInt32}}) : indices;
}

}  // namespace weir
