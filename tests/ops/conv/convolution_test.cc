// Rows of Conv2D and Conv3D and their gradient ops.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> ConvolutionRows() {
  return {
      {"Conv2D", {{1, 4, 5, 2}, {2, 3, 2, 3}}, Window({1, 1, 2, 1}, "SAME")},
      {"Conv2D", {{2, 6, 5, 2}, {2, 2, 2, 3}}, Window({1, 1, 1, 1}, "VALID", {{"dilations", List({1, 2, 1, 1})}})},
      {"Conv2D", {{1, 4, 4, 2}, {3, 3, 2, 1}},
       Window({1, 2, 2, 1}, "EXPLICIT", {{"explicit_paddings", List({0, 0, 1, 2, 0, 1, 0, 0})}})},
      {"Conv2D", {{1, 2, 4, 5}, {2, 3, 2, 3}}, Window({1, 1, 1, 2}, "SAME", {{"data_format", "NCHW"}})},
      {"Conv2DBackpropInput", {Ints({1, 4, 5, 2}), {2, 3, 2, 3}, {1, 4, 3, 3}}, Window({1, 1, 2, 1}, "SAME")},
      {"Conv2DBackpropFilter", {{1, 4, 5, 2}, Ints({2, 3, 2, 3}), {1, 4, 3, 3}}, Window({1, 1, 2, 1}, "SAME")},
      {"Conv3D", {{1, 3, 4, 5, 2}, {2, 2, 3, 2, 3}}, Window({1, 1, 1, 2, 1}, "SAME")},
      {"Conv3D", {{2, 5, 4, 3, 2}, {2, 2, 2, 1, 4}},
       Window({1, 1, 2, 1, 1}, "VALID", {{"dilations", List({1, 2, 1, 1, 1})}})},
      {"Conv3D", {{1, 2, 3, 4, 5}, {2, 2, 3, 2, 3}},
       Window({1, 1, 2, 1, 1}, "SAME", {{"data_format", "NCDHW"}})},
      {"Conv3DBackpropInput", {{1, 3, 4, 5, 2}, {2, 2, 3, 2, 3}, {1, 3, 4, 3, 3}}, Window({1, 1, 1, 2, 1}, "SAME")},
      {"Conv3DBackpropInputV2", {Ints({1, 3, 4, 5, 2}), {2, 2, 3, 2, 3}, {1, 3, 4, 3, 3}},
       Window({1, 1, 1, 2, 1}, "SAME")},
      {"Conv3DBackpropInputV2", {Longs({1, 2, 3, 4, 5}), {2, 2, 3, 2, 3}, {1, 3, 2, 3, 3}},
       Window({1, 1, 1, 1, 1}, "VALID", {{"data_format", "NCDHW"}})},
      {"Conv3DBackpropFilter", {{1, 3, 4, 5, 2}, {2, 2, 3, 2, 3}, {1, 3, 4, 3, 3}}, Window({1, 1, 1, 2, 1}, "SAME")},
      {"Conv3DBackpropFilterV2", {{1, 3, 4, 5, 2}, Ints({2, 2, 3, 2, 3}), {1, 3, 4, 3, 3}},
       Window({1, 1, 1, 2, 1}, "SAME")},
      // of no elements
      {"Conv3DBackpropInputV2", {Ints({0, 3, 4, 5, 2}), {2, 2, 3, 2, 3}, {0, 3, 4, 3, 3}},
       Window({1, 1, 1, 2, 1}, "SAME")},
      {"Conv2DBackpropInput", {Ints({0, 4, 5, 2}), {2, 3, 2, 3}, {0, 4, 3, 3}}, Window({1, 1, 2, 1}, "SAME")},
  };
}

}  // namespace weir::testing
