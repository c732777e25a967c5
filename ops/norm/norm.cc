// Normalisation: the list of the family's topics.
#include "weir/graph/op_def.h"

namespace weir {

void RegisterBatchNormOps(OpRegistry& r);  // batch_norm.cc
void RegisterLrnOps(OpRegistry& r);        // lrn.cc

void RegisterNormOps(OpRegistry& r) {
  RegisterBatchNormOps(r);
  RegisterLrnOps(r);
}

}  // namespace weir
