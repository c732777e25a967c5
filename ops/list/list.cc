// Ops on lists of tensors, which are variants. One file a topic.
#include "weir/ops/registry.h"

namespace weir {

void RegisterListItemOps(OpRegistry& r);     // items.cc: EmptyTensorList, TensorListPushBack, TensorListGetItem …
void RegisterListStackedOps(OpRegistry& r);  // stacked.cc: TensorListStack, TensorListGather, TensorListConcat …

void RegisterOptionalOps(OpRegistry& r);     // optional.cc: OptionalFromValue, OptionalGetValue …
void RegisterTensorArrayOps(OpRegistry& r);  // tensor_arrays.cc: TensorArrayV3, TensorArrayWriteV3, StackPushV2 …
void RegisterRowOps(OpRegistry& r);          // rows.cc: _SetRow

void RegisterListOps(OpRegistry& r) {
  RegisterListItemOps(r);
  RegisterListStackedOps(r);
  RegisterOptionalOps(r);
  RegisterTensorArrayOps(r);
  RegisterRowOps(r);
}

}  // namespace weir
