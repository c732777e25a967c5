// The kernels of normalisation: the list of the family's topics.
#include "weir/runtime/kernel.h"

namespace weir {

void RegisterBatchNormKernels(KernelRegistry& r);  // batch_norm.cc
void RegisterLrnKernels(KernelRegistry& r);        // lrn.cc

void RegisterNormKernels(KernelRegistry& r) {
  RegisterBatchNormKernels(r);
  RegisterLrnKernels(r);
}

}  // namespace weir
