// The kernels of convolution: the list of the family's topics.
#include "weir/runtime/kernel.h"

namespace weir {

void RegisterConvolutionKernels(KernelRegistry& r);   // convolution.cc
void RegisterDepthwiseKernels(KernelRegistry& r);     // depthwise.cc
void RegisterImagePatchesKernels(KernelRegistry& r);  // image_patches.cc

void RegisterConvKernels(KernelRegistry& r) {
  RegisterConvolutionKernels(r);
  RegisterDepthwiseKernels(r);
  RegisterImagePatchesKernels(r);
}

}  // namespace weir
