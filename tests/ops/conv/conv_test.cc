// The rows of the conv family: the list of its topics.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> Conv2DRows();     // conv2d_test.cc
std::vector<OpRow> DepthwiseRows();  // depthwise_test.cc

std::vector<OpRow> ConvRows() { return Joined({Conv2DRows(), DepthwiseRows()}); }

}  // namespace weir::testing
