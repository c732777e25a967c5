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
      {"MaxPoolV2", {{1, 4, 5, 2}, Ints({1, 2, 3, 1}), Ints({1, 2, 1, 1})}, {{"padding", "SAME"}}},
      {"MaxPoolV2", {{1, 2, 4, 5}, Ints({1, 1, 2, 3}), Ints({1, 1, 2, 1})},
       {{"padding", "VALID"}, {"data_format", "NCHW"}}},
      ByConvention({0, 1}, {"MaxPoolGradV2",
                            {Elements({1, 2, 2, 1}, {1, 2, 3, 4}), Elements({1, 1, 1, 1}, {4}), {1, 1, 1, 1},
                             Ints({1, 2, 2, 1}), Ints({1, 2, 2, 1})},
                            {{"padding", "VALID"}}}),
      ByConvention({0, 1}, {"MaxPoolGradGradV2",
                            {Elements({1, 2, 2, 1}, {1, 2, 3, 4}), Elements({1, 1, 1, 1}, {4}), {1, 2, 2, 1},
                             Ints({1, 2, 2, 1}), Ints({1, 2, 2, 1})},
                            {{"padding", "VALID"}}}),
      {"MaxPool3D", {{1, 3, 4, 5, 2}}, Pooling({1, 2, 2, 3, 1}, {1, 1, 2, 1, 1}, "SAME")},
      {"MaxPool3D", {{2, 2, 4, 3, 5}}, Pooling({1, 1, 2, 2, 3}, {1, 1, 2, 1, 1}, "VALID", {{"data_format", "NCDHW"}})},
      ByConvention({0, 1}, {"MaxPool3DGrad",
                            {Elements({1, 1, 2, 2, 1}, {1, 2, 3, 4}), Elements({1, 1, 1, 1, 1}, {4}), {1, 1, 1, 1, 1}},
                            Pooling({1, 1, 2, 2, 1}, {1, 1, 2, 2, 1}, "VALID")}),
      Swept("T", ByConvention({0, 1}, {"MaxPool3DGrad",
                                       {Floats({1, 2, 2, 1, 1}, {1, 2, 3, 4}), Floats({1, 1, 1, 1, 1}, {4}),
                                        {1, 1, 1, 1, 1}},
                                       Pooling({1, 2, 2, 1, 1}, {1, 1, 2, 1, 1}, "VALID")})),
      ByConvention({0, 1}, {"MaxPool3DGradGrad",
                            {Elements({1, 1, 2, 2, 1}, {1, 2, 3, 4}), Elements({1, 1, 1, 1, 1}, {4}), {1, 1, 2, 2, 1}},
                            Pooling({1, 1, 2, 2, 1}, {1, 1, 2, 2, 1}, "VALID")}),
      // of no elements
      {"MaxPoolGradV2", {{0, 2, 2, 1}, {0, 1, 1, 1}, {0, 1, 1, 1}, Ints({1, 2, 2, 1}), Ints({1, 2, 2, 1})},
       {{"padding", "VALID"}}},
      {"MaxPoolGradGradV2", {{0, 2, 2, 1}, {0, 1, 1, 1}, {0, 2, 2, 1}, Ints({1, 2, 2, 1}), Ints({1, 2, 2, 1})},
       {{"padding", "VALID"}}},
      {"MaxPool3DGrad", {{0, 1, 2, 2, 1}, {0, 1, 1, 1, 1}, {0, 1, 1, 1, 1}},
       Pooling({1, 1, 2, 2, 1}, {1, 1, 2, 2, 1}, "VALID")},
      {"MaxPool3DGradGrad", {{0, 1, 2, 2, 1}, {0, 1, 1, 1, 1}, {0, 1, 2, 2, 1}},
       Pooling({1, 1, 2, 2, 1}, {1, 1, 2, 2, 1}, "VALID")},
      ByConvention({0}, {"MaxPoolGradWithArgmax",
                         {{0, 2, 2, 1}, {0, 1, 1, 1}, IntMatrix(Shape({0, 1, 1, 1}), {})},
                         Pooling({1, 2, 2, 1}, {1, 2, 2, 1}, "VALID")}),
      {"MaxPoolGrad", {{0, 2, 2, 1}, {0, 1, 1, 1}, {0, 1, 1, 1}}, Pooling({1, 2, 2, 1}, {1, 2, 2, 1}, "VALID")},
      {"MaxPoolGradGrad", {{0, 2, 2, 1}, {0, 1, 1, 1}, {0, 2, 2, 1}}, Pooling({1, 2, 2, 1}, {1, 2, 2, 1}, "VALID")},
  };
}

}  // namespace weir::testing
