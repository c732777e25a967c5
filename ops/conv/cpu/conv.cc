// The kernels of convolution: the list of the family's topics.
#include "weir/runtime/kernel.h"

namespace weir {

void RegisterConv2DKernels(KernelRegistry& r);     // conv2d.cc
void RegisterDepthwiseKernels(KernelRegistry& r);  // depthwise.cc

void RegisterConvKernels(KernelRegistry& r) {
  RegisterConv2DKernels(r);
  RegisterDepthwiseKernels(r);
}

}  // namespace weir
