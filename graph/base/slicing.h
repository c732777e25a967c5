// What shape functions and kernels must agree on to the letter: how a strided slice's five masks select axes, and along
// which axes a broadcast repeated its operands. Works on partly known shapes; with concrete ones the result is
// concrete.
#pragma once

#include <optional>
#include <vector>

#include "weir/graph/base/shape.h"

namespace weir {

// The masks of StridedSlice and its gradient; bit i speaks of entry i of begin, end and strides.
struct SliceMasks {
  int64_t begin = 0, end = 0, ellipsis = 0, new_axis = 0, shrink_axis = 0;
};

// Entries of begin, end or strides; unknown ones empty.
using SliceEntries = std::vector<std::optional<int64_t>>;

// A strided slice spread over the axes of its input.
struct ResolvedSlice {
  struct Axis {
    Dim size = kUnknownDim;          // how many elements are taken
    int64_t begin = 0, stride = 1;   // valid when `size` is known and not 0
    bool shrink = false;             // an index, not a range: the axis goes away
  };
  std::vector<Axis> axes;            // one an axis of the input
  std::vector<int> source;           // for each axis of the result the input's axis, or -1 for a new axis of size 1
  PartialShape result = PartialShape::Unknown();
};

// `input` has a known rank; the three lists are equally long. Errors: two ellipses, more entries than axes, stride 0,
// an index out of bounds, a shrunk axis with a negative stride.
Result<ResolvedSlice> ResolveSlice(const PartialShape& input, const SliceEntries& begin, const SliceEntries& end,
                                   const SliceEntries& strides, const SliceMasks& masks);

// Axes of the broadcast result of `a` and `b` that were repeated from `a` (in `first`) and from `b`: along which a
// gradient is summed. Axes where both have size 1 are in both. nullopt while unknown sizes leave it open; error when
// the shapes do not broadcast.
struct BroadcastAxes {
  std::vector<int64_t> first, second;
};
Result<std::optional<BroadcastAxes>> RepeatedAxes(const Dims& a, const Dims& b);

}  // namespace weir
