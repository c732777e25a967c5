// Kernels of the ops that compute with strings, by the ops' topics.
#include "weir/ops/kernels.h"

namespace weir {

void RegisterStringTextKernels(KernelRegistry& r);   // text.cc
void RegisterStringRegexKernels(KernelRegistry& r);  // regex.cc

void RegisterStringKernels(KernelRegistry& r) {
  RegisterStringTextKernels(r);
  RegisterStringRegexKernels(r);
}

}  // namespace weir
