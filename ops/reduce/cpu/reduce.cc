// The kernels of reductions, searches, scans and segment folds: the list of the family's topics.
#include "weir/runtime/kernel.h"

namespace weir {

void RegisterReductionKernels(KernelRegistry& r);  // reductions.cc
void RegisterArgKernels(KernelRegistry& r);        // arg.cc
void RegisterScanKernels(KernelRegistry& r);       // scan.cc
void RegisterSegmentKernels(KernelRegistry& r);    // segment.cc
void RegisterSparseSegmentKernels(KernelRegistry& r);  // sparse_segment.cc
void RegisterHistogramKernels(KernelRegistry& r);      // histogram.cc

void RegisterReduceKernels(KernelRegistry& r) {
  RegisterReductionKernels(r);
  RegisterArgKernels(r);
  RegisterScanKernels(r);
  RegisterSegmentKernels(r);
  RegisterSparseSegmentKernels(r);
  RegisterHistogramKernels(r);
}

}  // namespace weir
