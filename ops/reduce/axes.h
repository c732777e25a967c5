// What the files of the reductions, searches, scans and segment folds share among themselves: the axes that an input
// names, in shapes and in gradients, and the dtypes of both.
#pragma once

#include <optional>

#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"

namespace weir::reduce {

inline constexpr char kNumbers[] = "T: numbertype";
inline constexpr char kAxisType[] = "Tidx: {int32, int64} = int32";

// The axis in scalar input 1, when it and the rank of input 0 are known; an error when it is no axis of input 0.
Result<std::optional<int>> AxisOf(ShapeContext& c);

// The axes in input 1 of the node as an int32 vector of axes counted from the front.
Output DynamicAxes(GradContext& c, Output rank);

}  // namespace weir::reduce
