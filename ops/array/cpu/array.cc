// Kernels of the array ops. Nearly all of them are Moves (runtime/cpu/moves.h) or views.
#include "weir/ops/kernels.h"

namespace weir {

void RegisterArrayBasicKernels(KernelRegistry& r);       // basic.cc
void RegisterArrayShapeKernels(KernelRegistry& r);       // shape.cc
void RegisterArrayJoinKernels(KernelRegistry& r);        // join.cc
void RegisterArraySliceKernels(KernelRegistry& r);       // slice.cc
void RegisterArrayPadKernels(KernelRegistry& r);         // pad.cc
void RegisterArrayLayoutKernels(KernelRegistry& r);      // layout.cc
void RegisterArrayPositionsKernels(KernelRegistry& r);       // positions.cc
void RegisterArrayRollKernels(KernelRegistry& r);        // roll.cc
void RegisterArrayBitcastKernels(KernelRegistry& r);     // bitcast.cc
void RegisterArrayDequantizeKernels(KernelRegistry& r);  // dequantize.cc

void RegisterArrayKernels(KernelRegistry& r) {
  RegisterArrayBasicKernels(r);
  RegisterArrayShapeKernels(r);
  RegisterArrayJoinKernels(r);
  RegisterArraySliceKernels(r);
  RegisterArrayPadKernels(r);
  RegisterArrayLayoutKernels(r);
  RegisterArrayPositionsKernels(r);
  RegisterArrayRollKernels(r);
  RegisterArrayBitcastKernels(r);
  RegisterArrayDequantizeKernels(r);
}

}  // namespace weir
