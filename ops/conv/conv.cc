// Convolution over images: the list of the family's topics.
#include "weir/graph/op_def.h"

namespace weir {

void RegisterConv2DOps(OpRegistry& r);     // conv2d.cc
void RegisterDepthwiseOps(OpRegistry& r);  // depthwise.cc

void RegisterConvOps(OpRegistry& r) {
  RegisterConv2DOps(r);
  RegisterDepthwiseOps(r);
}

}  // namespace weir
