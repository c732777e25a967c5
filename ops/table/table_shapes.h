// What the shape functions of ops on tables share.
#pragma once

#include "weir/graph/infer.h"

namespace weir {

// The table behind input 0; null where it is not known. Error: its keys or values are of other dtypes than these
// attributes say (null: the op has none).
Result<const Resource*> TableOf(const ShapeContext& c, const char* key_attr, const char* value_attr);

}  // namespace weir
