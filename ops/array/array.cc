// Array ops: making, reshaping, joining, slicing and reordering tensors. Declared by meaning in the array_*.cc files.
#include "weir/ops/array/topics.h"
#include "weir/ops/registry.h"

namespace weir {

void RegisterArrayOps(OpRegistry& r) {
  RegisterArrayBasicOps(r);
  RegisterArrayShapeOps(r);
  RegisterArrayJoinOps(r);
  RegisterArraySliceOps(r);
  RegisterArrayPadOps(r);
  RegisterArrayLayoutOps(r);
  RegisterArrayIndexOps(r);
}

}  // namespace weir
