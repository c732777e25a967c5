// The kernels of pooling: the list of the family's topics.
#include "weir/runtime/kernel.h"

namespace weir {

void RegisterMaxPoolKernels(KernelRegistry& r);  // max.cc
void RegisterAvgPoolKernels(KernelRegistry& r);  // avg.cc

void RegisterPoolKernels(KernelRegistry& r) {
  RegisterMaxPoolKernels(r);
  RegisterAvgPoolKernels(r);
}

}  // namespace weir
