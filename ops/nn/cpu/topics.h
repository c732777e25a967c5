// The parts of the softmax family's kernels that have files of their own; RegisterNnKernels calls them all.
#pragma once

#include "weir/runtime/kernel.h"

namespace weir::kernels {

void RegisterBiasKernels(KernelRegistry& r);  // BiasAdd, BiasAddV1, BiasAddGrad
void RegisterTopKernels(KernelRegistry& r);   // TopK, TopKV2, InTopK, InTopKV2

}  // namespace weir::kernels
