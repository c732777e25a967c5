// Kernels of the ops on lists, by the ops' topics.
#include "weir/ops/kernels.h"

namespace weir {

void RegisterListItemKernels(KernelRegistry& r);     // items.cc
void RegisterListStackedKernels(KernelRegistry& r);  // stacked.cc
void RegisterOptionalKernels(KernelRegistry& r);     // optional.cc
void RegisterRowKernels(KernelRegistry& r);          // rows.cc

void RegisterListKernels(KernelRegistry& r) {
  RegisterListItemKernels(r);
  RegisterListStackedKernels(r);
  RegisterOptionalKernels(r);
  RegisterRowKernels(r);
}

}  // namespace weir
