// What shape functions of ops on positions of several numbers share: GatherNd and the scatters.
#pragma once

#include "weir/graph/infer.h"

namespace weir {

// The attribute bad_indices_policy is one that TensorFlow knows.
Status CheckBadIndicesPolicy(const ShapeContext& c);

// Input `index_input` has positions of at most whole.rank() numbers, and the input behind it a slice of `whole` for
// each: indices.shape[:-1] + whole.shape[k:].
Status CheckScatterNd(const ShapeContext& c, const PartialShape& whole, int index_input);

}  // namespace weir
