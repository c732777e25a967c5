// Kernels of the ops on sparse tensors, by the ops' topics.
#include "weir/ops/kernels.h"

namespace weir {

void RegisterSparseOrderKernels(KernelRegistry& r);    // order.cc
void RegisterSparseSlicesKernels(KernelRegistry& r);   // slices.cc
void RegisterSparseRowsKernels(KernelRegistry& r);     // rows.cc
void RegisterSparseProductKernels(KernelRegistry& r);  // product.cc
void RegisterSparseDenseKernels(KernelRegistry& r);    // dense.cc
void RegisterSparseSumKernels(KernelRegistry& r);           // sum.cc
void RegisterSparseReduceKernels(KernelRegistry& r);        // reduce.cc
void RegisterSparseEditDistanceKernels(KernelRegistry& r);  // edit_distance.cc
void RegisterSparseSetsKernels(KernelRegistry& r);     // sets.cc

void RegisterSparseKernels(KernelRegistry& r) {
  RegisterSparseOrderKernels(r);
  RegisterSparseSlicesKernels(r);
  RegisterSparseRowsKernels(r);
  RegisterSparseProductKernels(r);
  RegisterSparseDenseKernels(r);
  RegisterSparseSumKernels(r);
  RegisterSparseReduceKernels(r);
  RegisterSparseEditDistanceKernels(r);
  RegisterSparseSetsKernels(r);
}

}  // namespace weir
