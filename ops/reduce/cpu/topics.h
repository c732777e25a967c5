// The parts of the reduction kernels that have files of their own; RegisterReductionKernels calls them all.
#pragma once

#include "weir/runtime/kernel.h"

namespace weir::kernels {

void RegisterArgKernels(KernelRegistry& r);      // ArgMax, ArgMin
void RegisterScanKernels(KernelRegistry& r);     // Cumsum, Cumprod
void RegisterSegmentKernels(KernelRegistry& r);  // SegmentSum, UnsortedSegmentSum

// A tensor seen along one axis: [outer, size, inner].
struct AxisView {
  int64_t outer = 1, size = 0, inner = 1;
  static AxisView Of(const Shape& s, int axis);  // counts are 0 where any is: nothing overflows
};

}  // namespace weir::kernels
