// The rows of the conv family: the list of its topics.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> ConvolutionRows();   // convolution_test.cc
std::vector<OpRow> DepthwiseRows();     // depthwise_test.cc
std::vector<OpRow> ImagePatchesRows();  // image_patches_test.cc

std::vector<OpRow> ConvRows() { return Joined({ConvolutionRows(), DepthwiseRows(), ImagePatchesRows()}); }

}  // namespace weir::testing
