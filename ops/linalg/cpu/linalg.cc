// The kernels of linear algebra: the list of the family's topics.
#include "weir/runtime/kernel.h"

namespace weir {

void RegisterMatMulKernels(KernelRegistry& r);  // matmul.cc

void RegisterLinalgKernels(KernelRegistry& r) { RegisterMatMulKernels(r); }

}  // namespace weir
