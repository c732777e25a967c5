// The kernels of images: the list of the family's topics.
#include "weir/runtime/kernel.h"

namespace weir {

void RegisterResizeKernels(KernelRegistry& r);               // resize.cc
void RegisterResizeGradientKernels(KernelRegistry& r);       // resize_gradient.cc
void RegisterCropKernels(KernelRegistry& r);                 // crop.cc
void RegisterSuppressionKernels(KernelRegistry& r);          // suppression.cc
void RegisterCombinedSuppressionKernels(KernelRegistry& r);  // suppression_combined.cc
void RegisterColorKernels(KernelRegistry& r);                // color.cc
void RegisterContrastKernels(KernelRegistry& r);             // contrast.cc
void RegisterBoundingBoxKernels(KernelRegistry& r);          // bounding_boxes.cc
void RegisterDecodeKernels(KernelRegistry& r);               // decode.cc
void RegisterEncodeKernels(KernelRegistry& r);               // encode.cc

void RegisterImageKernels(KernelRegistry& r) {
  RegisterResizeKernels(r);
  RegisterResizeGradientKernels(r);
  RegisterCropKernels(r);
  RegisterSuppressionKernels(r);
  RegisterCombinedSuppressionKernels(r);
  RegisterColorKernels(r);
  RegisterContrastKernels(r);
  RegisterBoundingBoxKernels(r);
  RegisterDecodeKernels(r);
  RegisterEncodeKernels(r);
}

}  // namespace weir
