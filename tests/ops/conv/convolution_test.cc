// Rows of Conv2D and its gradient ops.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> Conv2DRows() {
  return {
      {"Conv2D", {{1, 4, 5, 2}, {2, 3, 2, 3}}, Window({1, 1, 2, 1}, "SAME")},
      {"Conv2D", {{2, 6, 5, 2}, {2, 2, 2, 3}}, Window({1, 1, 1, 1}, "VALID", {{"dilations", List({1, 2, 1, 1})}})},
      {"Conv2D", {{1, 4, 4, 2}, {3, 3, 2, 1}},
       Window({1, 2, 2, 1}, "EXPLICIT", {{"explicit_paddings", List({0, 0, 1, 2, 0, 1, 0, 0})}})},
      {"Conv2D", {{1, 2, 4, 5}, {2, 3, 2, 3}}, Window({1, 1, 1, 2}, "SAME", {{"data_format", "NCHW"}})},
      {"Conv2DBackpropInput", {Ints({1, 4, 5, 2}), {2, 3, 2, 3}, {1, 4, 3, 3}}, Window({1, 1, 2, 1}, "SAME")},
      {"Conv2DBackpropFilter", {{1, 4, 5, 2}, Ints({2, 3, 2, 3}), {1, 4, 3, 3}}, Window({1, 1, 2, 1}, "SAME")},
      // of no elements
      {"Conv2DBackpropInput", {Ints({0, 4, 5, 2}), {2, 3, 2, 3}, {0, 4, 3, 3}}, Window({1, 1, 2, 1}, "SAME")},
  };
}

}  // namespace weir::testing
