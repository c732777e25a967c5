// Kernels of the gather ops, by the ops' topics.
#include "weir/ops/kernels.h"

namespace weir {

void RegisterGatherAlongAxisKernels(KernelRegistry& r);  // along_axis.cc
void RegisterGatherNdKernels(KernelRegistry& r);         // nd.cc
void RegisterGatherTensorScatterKernels(KernelRegistry& r);  // tensor_scatter.cc
void RegisterGatherPartitionKernels(KernelRegistry& r);  // partition.cc
void RegisterGatherSparseToDenseKernels(KernelRegistry& r);  // sparse_to_dense.cc
void RegisterGatherUniqueKernels(KernelRegistry& r);     // unique.cc

void RegisterGatherKernels(KernelRegistry& r) {
  RegisterGatherAlongAxisKernels(r);
  RegisterGatherNdKernels(r);
  RegisterGatherTensorScatterKernels(r);
  RegisterGatherPartitionKernels(r);
  RegisterGatherSparseToDenseKernels(r);
  RegisterGatherUniqueKernels(r);
}

}  // namespace weir
