// Rows of depthwise convolutions.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> DepthwiseRows() {
  return {
      {"DepthwiseConv2dNative", {{1, 4, 5, 2}, {2, 3, 2, 3}}, Window({1, 1, 1, 1}, "SAME")},
      {"DepthwiseConv2dNativeBackpropInput", {Ints({1, 4, 5, 2}), {2, 3, 2, 2}, {1, 4, 5, 4}},
       Window({1, 1, 1, 1}, "SAME")},
      {"DepthwiseConv2dNativeBackpropFilter", {{1, 4, 5, 2}, Ints({2, 3, 2, 2}), {1, 4, 5, 4}},
       Window({1, 1, 1, 1}, "SAME")},
      // of no elements
      {"DepthwiseConv2dNativeBackpropInput", {Ints({0, 4, 5, 2}), {2, 3, 2, 2}, {0, 4, 5, 4}},
       Window({1, 1, 1, 1}, "SAME")},
  };
}

}  // namespace weir::testing
