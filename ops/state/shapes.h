// What the topics of the state family, and the train family, share.
#pragma once

#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"

namespace weir {

// Says of output 0 which variable the node is: `shared_name` (the node's own name when empty) in `container`, of
// `dtype` and this shape.
void TellVariable(ShapeContext& c, const PartialShape& shape);

// Input 0 is the handle of a variable that holds, as far as is known, the dtype that the attribute `dtype` says.
Status CheckHandle(const ShapeContext& c, const char* dtype);

// Inputs (variable, indices, updates) of a scatter into a variable of shape `var`: updates must be of shape
// indices.shape + var.shape[1:], or a scalar.
Status CheckScatterUpdates(const ShapeContext& c, const PartialShape& var);

}  // namespace weir
