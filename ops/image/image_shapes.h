// What shape functions and gradients of images share.
#pragma once

#include <utility>

#include "weir/graph/builder.h"
#include "weir/graph/infer.h"

namespace weir::image {

inline constexpr char kNoneThere[] = "TensorFlow defines none for it";

// The two sizes, height and width, that int32 vector input `i` holds. Errors: another number of them, a size below 1.
Result<std::pair<Dim, Dim>> SizeInput(const ShapeContext& c, int i);

// Height and width of images [batch, height, width, channels], as an int32 vector.
Output SizeOf(const Output& images);

// Output 0 is like input 0, [..., height, width, channels]. Error: a rank below `rank`.
Status UnchangedImages(ShapeContext& c, int rank);

// Input `i` is [n, 4]: a box a row, by its corners.
Result<PartialShape> BoxesInput(const ShapeContext& c, int i);

}  // namespace weir::image
