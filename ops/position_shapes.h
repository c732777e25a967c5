// What shape functions of ops by position share: GatherNd and the scatters by positions of several numbers, segments by
// numbers of rows.
#pragma once

#include "weir/graph/infer.h"

namespace weir {

// The attribute bad_indices_policy is one that TensorFlow knows.
Status CheckBadIndicesPolicy(const ShapeContext& c);

// Input `index_input` has positions of at most whole.rank() numbers, and the input behind it a slice of `whole` for
// each: indices.shape[:-1] + whole.shape[k:].
Status CheckScatterNd(const ShapeContext& c, const PartialShape& whole, int index_input);

// Output 0 has a slice for each of the segments that scalar input 2 counts: that of input 0 behind the axes that it
// shares with the ids, input 1.
Status UnsortedSegmentShape(ShapeContext& c);

}  // namespace weir
