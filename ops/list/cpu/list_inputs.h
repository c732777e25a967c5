// What the kernels of lists share: reading a list and the shapes of its items.
//
// Preparing sees the list (NeedsValue), since the shapes of what is taken out of it are its items'. What runs reads it
// again, so that no preparation that is kept keeps a list alive.
#pragma once

#include "weir/runtime/cpu/lists.h"
#include "weir/runtime/kernel.h"

namespace weir {

using kernels::Agreed;
using kernels::CopyItem;
using kernels::MakeItem;

// List `i` of the inputs, of dtype `want`. Errors: it is no scalar, or there is none in it, or one of another dtype.
Result<const TensorList*> ListIn(const PrepareContext& c, int i, DType want);

// Integer input `i` as an element shape: a vector of sizes, -1 for unknown ones; the scalar -1 for an unknown rank.
Result<PartialShape> AskedShape(const PrepareContext& c, int i);

// The one shape of all items that agrees with `asked`; where nothing was set, that is told by the element shapes or the
// other items. Errors: items of several shapes, sizes that nothing tells.
Result<Shape> CommonShape(const TensorList& list, const PartialShape& asked);

// The shape of item `i`, which agrees with `asked`.
Result<Shape> ShapeOfItem(const TensorList& list, int64_t i, const PartialShape& asked);

Status IndexError(int64_t index, int64_t size);

}  // namespace weir
