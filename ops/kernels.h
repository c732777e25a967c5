// The kernels of all ops, filled from the explicit lists of the families.
#pragma once

#include "weir/runtime/kernel.h"

namespace weir {

// Every kernel, those of RegisterKernels (runtime/kernel.h) too; frozen by its first use. Thread-safe.
const KernelRegistry& AllKernels();

// One per family, in ops/kernels/<family>.cc.
void RegisterArrayKernels(KernelRegistry& r);
void RegisterControlKernels(KernelRegistry& r);
void RegisterMathKernels(KernelRegistry& r);
void RegisterMatrixKernels(KernelRegistry& r);
void RegisterReductionKernels(KernelRegistry& r);
void RegisterGatherKernels(KernelRegistry& r);
void RegisterNnKernels(KernelRegistry& r);
void RegisterConvKernels(KernelRegistry& r);
void RegisterRandomKernels(KernelRegistry& r);
void RegisterStateKernels(KernelRegistry& r);
void RegisterTrainingKernels(KernelRegistry& r);
void RegisterStringKernels(KernelRegistry& r);
void RegisterIoKernels(KernelRegistry& r);
void RegisterFusedKernels(KernelRegistry& r);
void RegisterCustomKernels(KernelRegistry& r);

}  // namespace weir
