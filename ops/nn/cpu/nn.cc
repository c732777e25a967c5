// The kernels of softmax, cross-entropies, bias, top-k, L2Loss and pretended quantisation: the list of the family's
// topics.
#include "weir/runtime/kernel.h"

namespace weir {

void RegisterSoftmaxKernels(KernelRegistry& r);       // softmax.cc
void RegisterCrossEntropyKernels(KernelRegistry& r);  // cross_entropy.cc
void RegisterBiasKernels(KernelRegistry& r);          // bias.cc
void RegisterTopKKernels(KernelRegistry& r);          // topk.cc
void RegisterL2LossKernels(KernelRegistry& r);        // l2_loss.cc
void RegisterFakeQuantKernels(KernelRegistry& r);     // fake_quant.cc

void RegisterNnKernels(KernelRegistry& r) {
  RegisterSoftmaxKernels(r);
  RegisterCrossEntropyKernels(r);
  RegisterBiasKernels(r);
  RegisterTopKKernels(r);
  RegisterL2LossKernels(r);
  RegisterFakeQuantKernels(r);
}

}  // namespace weir
