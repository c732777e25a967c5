// Kernels of the ops on sequences, by the ops' topics.
#include "weir/ops/kernels.h"

namespace weir {

void RegisterCtcLossKernels(KernelRegistry& r);     // ctc_loss.cc
void RegisterCtcDecoderKernels(KernelRegistry& r);  // ctc_decoders.cc

void RegisterSequenceKernels(KernelRegistry& r) {
  RegisterCtcLossKernels(r);
  RegisterCtcDecoderKernels(r);
}

}  // namespace weir
