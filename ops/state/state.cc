// Variables. One file a topic.
#include "weir/ops/registry.h"

namespace weir {

void RegisterStateResourceOps(OpRegistry& r);   // resource.cc: VarHandleOp, ReadVariableOp, ResourceGather …
void RegisterStateReferenceOps(OpRegistry& r);  // reference.cc: VariableV2, Assign, ScatterAdd … of old graphs
void RegisterStateScatterNdOps(OpRegistry& r);  // scatter_nd.cc: [Resource]ScatterNdUpdate, …Add, …

void RegisterStateOps(OpRegistry& r) {
  RegisterStateResourceOps(r);
  RegisterStateReferenceOps(r);
  RegisterStateScatterNdOps(r);
}

}  // namespace weir
