// The kernels of the element-wise ops and sequences: the list of the family's topics.
#include "weir/runtime/kernel.h"

namespace weir {

void RegisterElementwiseKernels(KernelRegistry& r);  // elementwise.cc
void RegisterRangeKernels(KernelRegistry& r);        // sequence.cc

void RegisterMathKernels(KernelRegistry& r) {
  RegisterElementwiseKernels(r);
  RegisterRangeKernels(r);
}

}  // namespace weir
