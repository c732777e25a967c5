// Kernels of the random ops, by the ops' topics.
#include "weir/ops/kernels.h"

namespace weir {

void RegisterRandomDrawKernels(KernelRegistry& r);         // draws.cc
void RegisterRandomStatelessKernels(KernelRegistry& r);    // stateless.cc
void RegisterRandomSamplingKernels(KernelRegistry& r);     // sampling.cc
void RegisterRandomTruncatedKernels(KernelRegistry& r);    // truncated.cc
void RegisterRandomMultinomialKernels(KernelRegistry& r);  // multinomial.cc
void RegisterRandomCandidateKernels(KernelRegistry& r);    // candidates.cc

void RegisterRandomKernels(KernelRegistry& r) {
  RegisterRandomDrawKernels(r);
  RegisterRandomStatelessKernels(r);
  RegisterRandomSamplingKernels(r);
  RegisterRandomTruncatedKernels(r);
  RegisterRandomMultinomialKernels(r);
  RegisterRandomCandidateKernels(r);
}

}  // namespace weir
