// Rows of Dilation2D and its gradient ops.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> DilationRows() {
  auto attrs = [](std::vector<int64_t> strides, std::vector<int64_t> rates, const char* padding) {
    return Window(std::move(strides), padding, {{"rates", List(rates)}});
  };
  const AttrMap same = attrs({1, 1, 2, 1}, {1, 1, 1, 1}, "SAME"), valid = attrs({1, 1, 1, 1}, {1, 2, 1, 1}, "VALID");
  return {
      {"Dilation2D", {{2, 4, 5, 2}, {2, 3, 2}}, same},
      {"Dilation2D", {{1, 5, 4, 1}, {2, 2, 1}}, valid},
      // which element is the largest jumps
      ByConvention({0, 1}, {"Dilation2DBackpropInput", {{2, 4, 5, 2}, {2, 3, 2}, {2, 4, 3, 2}}, same}),
      ByConvention({0, 1}, {"Dilation2DBackpropInput", {{1, 5, 4, 1}, {2, 2, 1}, {1, 3, 3, 1}}, valid}),
      ByConvention({0, 1}, {"Dilation2DBackpropFilter", {{2, 4, 5, 2}, {2, 3, 2}, {2, 4, 3, 2}}, same}),
      ByConvention({0, 1}, {"Dilation2DBackpropFilter", {{1, 5, 4, 1}, {2, 2, 1}, {1, 3, 3, 1}}, valid}),
      // of no elements
      {"Dilation2DBackpropInput", {{0, 4, 5, 2}, {2, 3, 2}, {0, 4, 3, 2}}, same},
      {"Dilation2DBackpropFilter", {{0, 4, 5, 2}, {2, 3, 2}, {0, 4, 3, 2}}, same},
  };
}

}  // namespace weir::testing
