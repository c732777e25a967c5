// Rows of CropAndResize and its gradient ops.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> CropRows() {
  // One within its image, one upside down, one that reaches beyond it.
  const In boxes = Floats({3, 4}, {0.1f, 0.2f, 0.8f, 0.7f, 0.9f, 0.05f, 0.15f, 0.65f, -0.3f, 0.2f, 1.2f, 1.1f});
  const In inside = Floats({2, 4}, {0.13f, 0.22f, 0.81f, 0.67f, 0.9f, 0.05f, 0.15f, 0.65f});
  const In of = Ints({1, 0, 1}), of_inside = Ints({1, 0}), size = Ints({3, 2});
  const In grads = Floats({2, 3, 2, 1}, {1, 2, 3, 4, 5, 6, -1, -2, 3, -4, 5, 6});
  const AttrMap nearest{{"method", "nearest"}};
  return {
      OfType(kFloat, ByConvention({1}, {"CropAndResize", {{2, 4, 5, 2}, boxes, of, size}})),
      OfType(kFloat, ByConvention({1}, {"CropAndResize", {{2, 4, 5, 2}, boxes, of, size}, nearest})),
      ByConvention({0, 1}, {"CropAndResize", {{2, 4, 5, 2}, boxes, of, size}, {{"extrapolation_value", 7.0}}}),
      ByConvention({0, 1}, {"CropAndResize", {{2, 4, 5, 2}, boxes, of, Ints({1, 1})}}),
      ByConvention({1}, {"CropAndResizeGradImage", {grads, inside, of_inside, Ints({2, 4, 5, 1})},
                         {{"T", kFloat}}}),
      ByConvention({1}, {"CropAndResizeGradImage", {grads, inside, of_inside, Ints({2, 4, 5, 1})},
                         {{"T", kFloat}, {"method", "nearest"}}}),
      Swept("T", {"CropAndResizeGradBoxes",
                  {grads, {2, 4, 5, 1}, inside, of_inside}}),
      // of no boxes
      ByConvention({0, 1}, {"CropAndResize", {{2, 4, 5, 2}, Floats({0, 4}, {}), Ints({}), size}}),
      ByConvention({0, 1}, {"CropAndResizeGradImage", {Floats({0, 3, 2, 1}, {}), Floats({0, 4}, {}), Ints({}),
                                                       Ints({2, 4, 5, 1})},
                            {{"T", kFloat}}}),
      {"CropAndResizeGradBoxes", {Floats({0, 3, 2, 1}, {}), {2, 4, 5, 1}, Floats({0, 4}, {}), Ints({})}},
  };
}

}  // namespace weir::testing
