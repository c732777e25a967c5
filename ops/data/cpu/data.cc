// Kernels of datasets and iterators. One file a topic.
#include "weir/runtime/kernel.h"

namespace weir {

void RegisterSourceKernels(KernelRegistry& r);       // sources.cc
void RegisterFileDatasetKernels(KernelRegistry& r);  // files.cc
void RegisterSelectionKernels(KernelRegistry& r);    // selection.cc
void RegisterShuffleKernels(KernelRegistry& r);      // shuffle.cc
void RegisterCacheKernels(KernelRegistry& r);        // cache.cc
void RegisterBatchKernels(KernelRegistry& r);        // batches.cc
void RegisterFunctionKernels(KernelRegistry& r);     // functions.cc
void RegisterPassingKernels(KernelRegistry& r);      // passing.cc
void RegisterIteratorKernels(KernelRegistry& r);     // iterators.cc

void RegisterDataKernels(KernelRegistry& r) {
  RegisterSourceKernels(r);
  RegisterFileDatasetKernels(r);
  RegisterSelectionKernels(r);
  RegisterShuffleKernels(r);
  RegisterCacheKernels(r);
  RegisterBatchKernels(r);
  RegisterFunctionKernels(r);
  RegisterPassingKernels(r);
  RegisterIteratorKernels(r);
}

}  // namespace weir
