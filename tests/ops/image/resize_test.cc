// Rows of the ops that resize images, and of their gradient ops.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> ResizeRows() {
  const AttrMap corners{{"align_corners", true}}, half{{"half_pixel_centers", true}};
  std::vector<OpRow> rows = {
      {"ResizeNearestNeighbor", {{2, 3, 4, 2}, Ints({5, 3})}},
      {"ResizeNearestNeighbor", {{1, 3, 4, 1}, Ints({2, 6})}, corners},
      {"ResizeNearestNeighbor", {{1, 3, 4, 1}, Ints({2, 6})}, half},
      {"ResizeNearestNeighborGrad", {{2, 3, 4, 2}, Ints({5, 3})}},
      {"ResizeNearestNeighborGrad", {{1, 6, 5, 1}, Ints({2, 3})}, half},
      {"ResizeArea", {{2, 5, 4, 2}, Ints({3, 6})}},
      {"ResizeArea", {{1, 6, 4, 1}, Ints({2, 2})}, corners},
      ByConvention({1}, {"ResizeBilinearGrad", {Floats({1, 2, 2, 1}, {1, -2, 3, 0.5f}), {1, 5, 3, 1}}}),
      ByConvention({1}, {"ResizeBicubicGrad", {Floats({1, 2, 2, 1}, {1, -2, 3, 0.5f}), {1, 5, 3, 1}}}),
  };
  for (const char* op : {"ResizeBilinearGrad", "ResizeBicubicGrad"})
    rows.push_back(ByConvention({1}, {op, {Floats({0, 2, 2, 1}, {}), {0, 5, 3, 1}}}));
  for (const char* op : {"ResizeBilinear", "ResizeBicubic"}) {
    // What is resized is a float, whatever the images are: differences of doubles are lost in it.
    for (const AttrMap& attrs : {AttrMap{}, corners, half}) {
      rows.push_back(OfType(kFloat, {op, {{2, 3, 4, 2}, Ints({5, 3})}, attrs}));
      rows.push_back(ByConvention({0}, {op, {{1, 5, 6, 3}, Ints({3, 8})}, attrs}));
    }
    rows.push_back(ByConvention({0}, {op, {{1, 5, 6, 3}, Ints({5, 6})}}));
  }
  return rows;
}

}  // namespace weir::testing
