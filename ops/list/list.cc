// Ops on lists of tensors, which are variants. One file a topic.
#include "weir/ops/registry.h"

namespace weir {

void RegisterListItemOps(OpRegistry& r);     // items.cc: EmptyTensorList, TensorListPushBack, TensorListGetItem …
void RegisterListStackedOps(OpRegistry& r);  // stacked.cc: TensorListStack, TensorListGather, TensorListConcat …

void RegisterListOps(OpRegistry& r) {
  RegisterListItemOps(r);
  RegisterListStackedOps(r);
}

}  // namespace weir
