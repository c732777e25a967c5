// The check of every loss of classes that labels and logits stand in their places. Not a public header.
#pragma once

#include "weir/graph/builder.h"

namespace weir {

// Fails the builder where dtypes tell that labels (integers) and logits (floats) each stand in the other's place.
bool AreSwapped(const Input& labels, const Input& logits, const char* function);

}  // namespace weir
