// The parts of the array kernels, one file each; ops/array/cpu/array.cc registers them all.
#pragma once

#include "weir/runtime/kernel.h"

namespace weir {

void RegisterArrayBasicKernels(KernelRegistry& r);
void RegisterArrayShapeKernels(KernelRegistry& r);
void RegisterArrayJoinKernels(KernelRegistry& r);
void RegisterArraySliceKernels(KernelRegistry& r);
void RegisterArrayPadKernels(KernelRegistry& r);
void RegisterArrayLayoutKernels(KernelRegistry& r);
void RegisterArrayIndexKernels(KernelRegistry& r);
void RegisterArrayDequantizeKernel(KernelRegistry& r);

}  // namespace weir
