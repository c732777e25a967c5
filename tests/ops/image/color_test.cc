// Rows of the ops that change colours.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> ColorRows() {
  // Each channel the largest, the middle one and the smallest once.
  const In colors = Elements({6, 3}, {0.9, 0.5, 0.2, 0.8, 0.1, 0.3, 0.4, 0.7, 0.2,
                                      0.1, 0.9, 0.6, 0.3, 0.1, 0.7, 0.2, 0.5, 0.9});
  const In image = Floats({1, 2, 3, 3}, {0.9f, 0.5f, 0.2f, 0.8f, 0.1f, 0.3f, 0.4f, 0.7f, 0.2f, 0.1f, 0.9f, 0.6f, 0.3f,
                                         0.1f, 0.7f, 0.5f, 0.5f, 0.5f});
  return {
      {"AdjustContrastv2", {{2, 3, 4, 3}, Float(1.7f)}},
      {"AdjustHue", {image, Float(0.3f)}},
      {"AdjustHue", {{2, 0, 2, 3}, Float(-7.7f)}},
      {"AdjustSaturation", {image, Float(0.6f)}},
      {"AdjustSaturation", {{2, 0, 2, 3}, Float(3.5f)}},
      Rough(10, {"RGBToHSV", {colors}}),
      {"HSVToRGB", {{4, 3}}},
      {"RGBToHSV", {{0, 3}}},
      {"HSVToRGB", {{0, 3}}},
  };
}

}  // namespace weir::testing
