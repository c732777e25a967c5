// Convolution over images: the list of the family's topics.
#include "weir/graph/op_def.h"

namespace weir {

void RegisterConvolutionOps(OpRegistry& r);   // convolution.cc
void RegisterDepthwiseOps(OpRegistry& r);     // depthwise.cc
void RegisterImagePatchesOps(OpRegistry& r);  // image_patches.cc

void RegisterConvOps(OpRegistry& r) {
  RegisterConvolutionOps(r);
  RegisterDepthwiseOps(r);
  RegisterImagePatchesOps(r);
}

}  // namespace weir
