// Positions of several numbers, one an axis: what GatherNd and the scatters by position read of their indices.
#pragma once

#include "weir/runtime/kernel.h"

namespace weir::kernels {

// Positions in a tensor seen as [place, slice]: `count` rows of `depth` numbers, which name a place.
struct Positions {
  int64_t count = 0, depth = 0, slice = 0;
  Dims sizes, strides;  // of the first `depth` axes; strides in slices
  DType type = DType::kInvalid;
  Shape whole, index_shape;
  bool ignore = false;

  // The place that row i names, or -1.
  int64_t Place(const void* indices, int64_t i) const;
  Status OutOfBounds(const void* indices, int64_t i) const;
  // The slices that the rows name: indices.shape[:-1] + whole.shape[depth:].
  Dims SlicesShape() const;
};

// Those that the rows of `indices` [..., depth] of dtype `type` name in a tensor of shape `whole`.
Result<Positions> PositionsIn(const Shape& whole, const Shape& indices, DType type);

// Those that input `index_input` names in a tensor of shape `whole`, by the op's bad_indices_policy.
Result<Positions> ReadPositions(const PrepareContext& c, const Shape& whole, int index_input);

// A phase before the main one that leaves the places in the workspace, in the order of the rows: CheckedRows
// (runtime/cpu/rows.h). One outside fails, or is -1 where it is to be ignored. To be called once by Prepare.
Status CheckPositionsBefore(PrepareContext& c, const Positions& p, int index_input);

}  // namespace weir::kernels
