// Kernels of ops on queues and readers. One file a topic.
#include "weir/runtime/kernel.h"

namespace weir {

void RegisterQueueMakerKernels(KernelRegistry& r);    // makers.cc
void RegisterQueueElementKernels(KernelRegistry& r);  // elements.cc
void RegisterQueueReaderKernels(KernelRegistry& r);   // readers.cc

void RegisterQueueKernels(KernelRegistry& r) {
  RegisterQueueMakerKernels(r);
  RegisterQueueElementKernels(r);
  RegisterQueueReaderKernels(r);
}

}  // namespace weir
