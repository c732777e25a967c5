// The parts of the gather kernels; ops/gather/cpu/gather.cc registers them all.
#pragma once

#include "weir/runtime/kernel.h"

namespace weir {

void RegisterScatterKernels(KernelRegistry& r);    // GatherNd, ScatterNd
void RegisterPartitionKernels(KernelRegistry& r);  // DynamicStitch, DynamicPartition, Unique, ListDiff

}  // namespace weir
