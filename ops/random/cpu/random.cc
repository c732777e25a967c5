// Kernels of the random ops, by the ops' topics.
#include "weir/ops/kernels.h"

namespace weir {

void RegisterRandomDrawKernels(KernelRegistry& r);       // draws.cc
void RegisterRandomCandidateKernels(KernelRegistry& r);  // candidates.cc

void RegisterRandomKernels(KernelRegistry& r) {
  RegisterRandomDrawKernels(r);
  RegisterRandomCandidateKernels(r);
}

}  // namespace weir
