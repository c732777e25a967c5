// Kernels of ops on tables. One file a topic.
#include "weir/runtime/kernel.h"

namespace weir {

void RegisterTableMakerKernels(KernelRegistry& r);       // makers.cc
void RegisterTableLookupKernels(KernelRegistry& r);      // lookup.cc
void RegisterTableInitializeKernels(KernelRegistry& r);  // initialize.cc

void RegisterTableKernels(KernelRegistry& r) {
  RegisterTableMakerKernels(r);
  RegisterTableLookupKernels(r);
  RegisterTableInitializeKernels(r);
}

}  // namespace weir
