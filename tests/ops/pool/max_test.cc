// Rows of MaxPool and its gradient ops.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> MaxPoolRows() {
  return {
      {"MaxPool", {{1, 4, 5, 2}}, Pooling({1, 2, 3, 1}, {1, 2, 1, 1}, "SAME")},
      {"MaxPool", {{1, 2, 4, 5}}, Pooling({1, 1, 2, 3}, {1, 1, 2, 1}, "VALID", {{"data_format", "NCHW"}})},
      OnlyFirstOutput({"MaxPoolWithArgmax", {{2, 4, 5, 2}}, Pooling({1, 2, 3, 1}, {1, 2, 1, 1}, "SAME")}),
      OnlyFirstOutput(
          Swept("Targmax", {"MaxPoolWithArgmax", {{2, 4, 4, 2}},
                            Pooling({1, 2, 2, 1}, {1, 2, 2, 1}, "VALID", {{"include_batch_in_index", true}})})),
      ByConvention({0}, {"MaxPoolGradWithArgmax",
                         {{2, 2, 4, 1}, {2, 1, 2, 1}, IntMatrix(Shape({2, 1, 2, 1}), {5, 2, 0, 7})},
                         Pooling({1, 2, 2, 1}, {1, 2, 2, 1}, "VALID")}),
      ByConvention({0, 1}, {"MaxPoolGrad",
                            {Elements({1, 2, 2, 1}, {1, 2, 3, 4}), Elements({1, 1, 1, 1}, {4}), {1, 1, 1, 1}},
                            Pooling({1, 2, 2, 1}, {1, 2, 2, 1}, "VALID")}),
      ByConvention({0, 1}, {"MaxPoolGradGrad",
                            {Elements({1, 2, 2, 1}, {1, 2, 3, 4}), Elements({1, 1, 1, 1}, {4}), {1, 2, 2, 1}},
                            Pooling({1, 2, 2, 1}, {1, 2, 2, 1}, "VALID")}),
      // of no elements
      ByConvention({0}, {"MaxPoolGradWithArgmax",
                         {{0, 2, 2, 1}, {0, 1, 1, 1}, IntMatrix(Shape({0, 1, 1, 1}), {})},
                         Pooling({1, 2, 2, 1}, {1, 2, 2, 1}, "VALID")}),
      {"MaxPoolGrad", {{0, 2, 2, 1}, {0, 1, 1, 1}, {0, 1, 1, 1}}, Pooling({1, 2, 2, 1}, {1, 2, 2, 1}, "VALID")},
      {"MaxPoolGradGrad", {{0, 2, 2, 1}, {0, 1, 1, 1}, {0, 2, 2, 1}}, Pooling({1, 2, 2, 1}, {1, 2, 2, 1}, "VALID")},
  };
}

}  // namespace weir::testing
