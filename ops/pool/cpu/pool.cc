// The kernels of pooling and dilation: the list of the family's topics.
#include "weir/runtime/kernel.h"

namespace weir {

void RegisterMaxPoolKernels(KernelRegistry& r);    // max.cc
void RegisterMaxPool3DKernels(KernelRegistry& r);  // max3d.cc
void RegisterAvgPoolKernels(KernelRegistry& r);    // avg.cc
void RegisterDilationKernels(KernelRegistry& r);   // dilation.cc

void RegisterPoolKernels(KernelRegistry& r) {
  RegisterMaxPoolKernels(r);
  RegisterMaxPool3DKernels(r);
  RegisterAvgPoolKernels(r);
  RegisterDilationKernels(r);
}

}  // namespace weir
