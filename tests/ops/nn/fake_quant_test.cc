// Rows of FakeQuantWithMinMax… and its gradient ops.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> FakeQuantRows() {
  const In range_low = Floats({2}, {-1, 0.1f}), range_high = Floats({2}, {1, 2});
  return {
      // rounding has no derivative; the gradient is that of cutting to the range
      ByConvention({0}, {"FakeQuantWithMinMaxArgs", {{2, 3}}, {{"min", -1.0}, {"max", 1.5}}}),
      ByConvention({1}, {"FakeQuantWithMinMaxArgsGradient", {{2, 3}, {2, 3}}, {{"num_bits", 4}}}),
      ByConvention({0, 1, 2}, {"FakeQuantWithMinMaxVars", {{2, 3}, Float(-1), Float(1.5)}}),
      ByConvention({0, 1, 2}, {"FakeQuantWithMinMaxVars", {{2, 3}, Float(0), Float(0)}, {{"narrow_range", true}}}),
      ByConvention({1, 2, 3}, {"FakeQuantWithMinMaxVarsGradient", {{2, 3}, {2, 3}, Float(-1), Float(1)}}),
      ByConvention({0, 1, 2}, {"FakeQuantWithMinMaxVarsPerChannel", {{3, 2}, range_low, range_high}}),
      // above a range from 0, which is moved by nothing, the derivative is the gradient
      {"FakeQuantWithMinMaxArgs", {In({2, 3}, 3, 5)}, {{"min", 0.0}, {"max", 1.5}}},
      ByConvention({1}, {"FakeQuantWithMinMaxVars", {In({2, 3}, 3, 5), Float(0), Float(1.5)}}),
      ByConvention({1}, {"FakeQuantWithMinMaxVarsPerChannel",
                         {In({3, 2}, 3, 5), Floats({2}, {0, 0}), Floats({2}, {1.5f, 2})}}),
      ByConvention({1, 2, 3}, {"FakeQuantWithMinMaxVarsPerChannelGradient", {{3, 2}, {3, 2}, range_low, range_high}}),
  };
}

}  // namespace weir::testing
