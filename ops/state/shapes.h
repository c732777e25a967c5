// What the files of the state and training families share.
#pragma once

#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"

namespace weir {

// The dtypes that TensorFlow lets be added, as an attribute's list of allowed types.
inline constexpr char kStateNumberTypes[] =
    "{float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, bfloat16, qint16, quint16, "
    "uint16, "
    "complex128, half, uint32, uint64}";

// Inputs (variable, indices, updates) of a scatter into a variable of shape `var`: updates must be of shape
// indices.shape + var.shape[1:], or a scalar.
Status CheckScatterUpdates(const ShapeContext& c, const PartialShape& var);

// VariableV2, Assign, ScatterAdd … (state_ref.cc).
void RegisterReferenceOps(OpRegistry& r);

}  // namespace weir
