// Rows of DrawBoundingBoxes.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> BoundingBoxRows() {
  const In boxes = Floats({1, 3, 4}, {0.1f, 0.2f, 0.8f, 0.7f, -0.3f, 0.2f, 1.2f, 0.9f, 0.5f, 1.5f, 0.7f, 2});
  const In two = Floats({2, 1, 4}, {0.1f, 0.2f, 0.8f, 0.7f, -0.3f, 0.2f, 1.2f, 0.9f});
  return {
      {"DrawBoundingBoxes", {{1, 6, 5, 3}, boxes}},
      {"DrawBoundingBoxes", {{2, 6, 5, 1}, two}},
      {"DrawBoundingBoxesV2", {{1, 6, 5, 4}, boxes, Floats({2, 4}, {0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f, 0.7f, 0.8f})}},
      {"DrawBoundingBoxesV2", {{1, 6, 5, 3}, boxes, Floats({0, 3}, {})}},
      {"DrawBoundingBoxes", {{1, 6, 0, 3}, boxes}},
      {"DrawBoundingBoxesV2", {{1, 6, 0, 3}, boxes, Floats({1, 3}, {1, 0, 1})}},
  };
}

}  // namespace weir::testing
