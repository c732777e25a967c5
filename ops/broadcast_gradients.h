// What gradient functions of broadcasting ops share.
#pragma once

#include <utility>

#include "weir/graph/gradients.h"

namespace weir {

// Sums the gradients gx and gy, which have the shape of a broadcast of inputs i and j of the node, back to the shapes
// of these inputs. Inserts nothing where the static shapes tell that a gradient has its input's shape already; an
// invalid gx or gy stays so.
std::pair<Output, Output> ReduceBroadcast(GradContext& c, Output gx, Output gy, int i = 0, int j = 1);

// Sums `g`, which has the shape of x broadcast to that of `full`, back to x's shape.
Output SumToShapeOf(Output g, Output x, Output full);

// Whether both have provably the same shape (equal sizes or symbols on every axis).
bool SameStaticShape(const Output& a, const Output& b);

}  // namespace weir
