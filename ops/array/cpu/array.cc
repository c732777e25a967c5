// Kernels of the array ops. Nearly all of them are Moves (common.h) or views.
#include "weir/ops/array/cpu/topics.h"
#include "weir/ops/kernels.h"

namespace weir {

void RegisterArrayKernels(KernelRegistry& r) {
  RegisterArrayBasicKernels(r);
  RegisterArrayShapeKernels(r);
  RegisterArrayJoinKernels(r);
  RegisterArraySliceKernels(r);
  RegisterArrayPadKernels(r);
  RegisterArrayLayoutKernels(r);
  RegisterArrayIndexKernels(r);
  RegisterArrayDequantizeKernel(r);
}

}  // namespace weir
