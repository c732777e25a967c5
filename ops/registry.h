// The registries of all ops, filled from the explicit lists of the families.
#pragma once

#include "weir/graph/op_def.h"

namespace weir {

// Every op Weir knows, those of RegisterOps (ops/custom/custom.h) too; frozen by its first use. Thread-safe.
const OpRegistry& AllOps();

// One per family, in ops/<family>.cc.
void RegisterArrayOps(OpRegistry& r);
void RegisterControlOps(OpRegistry& r);
void RegisterMathOps(OpRegistry& r);
void RegisterMatrixOps(OpRegistry& r);
void RegisterReductionOps(OpRegistry& r);
void RegisterGatherOps(OpRegistry& r);
void RegisterNnOps(OpRegistry& r);
void RegisterConvOps(OpRegistry& r);
void RegisterRandomOps(OpRegistry& r);
void RegisterStateOps(OpRegistry& r);
void RegisterTrainingOps(OpRegistry& r);
void RegisterStringOps(OpRegistry& r);
void RegisterIoOps(OpRegistry& r);
void RegisterFusedOps(OpRegistry& r);
void RegisterCustomOps(OpRegistry& r);

}  // namespace weir
