// What the shape functions of lists share: the shapes of their items.
#pragma once

#include "weir/ops/shape_helpers.h"

namespace weir {

// Input `i` as the element shape that is asked for: a vector of sizes, or the scalar -1 for an unknown rank.
Result<PartialShape> AskedShape(const ShapeContext& c, int i);

// Input `list` is a list (a scalar, unless `scalar` is false), and none of another dtype, as far as is known.
Status RequireList(const ShapeContext& c, int list, bool scalar = true);

// What is known of an item of list `list` that agrees with `shape`, too.
Result<PartialShape> ItemOf(const ShapeContext& c, int list, const PartialShape& shape);

// What is known of the items of list `list` with one of `shape` among them: of a list without others all that is known
// of that one, else what they have in common. Whether the list was declared to hold such is checked when it runs.
Result<PartialShape> ListWith(const ShapeContext& c, int list, const PartialShape& shape, bool scalar = true);

// The shape of an item of list `list` when input `asked` says more of it.
Result<PartialShape> ItemShape(const ShapeContext& c, int list, int asked);

// The shape of a tensor's rows, and that of rows of a shape along a new first axis.
PartialShape RowShape(const PartialShape& tensor);
PartialShape Along(Dim first, const PartialShape& row);

// Output `i` is a list of such items.
Status GiveList(ShapeContext& c, int i, DType dtype, PartialShape element);

// Attributes of a node with an element shape, which may be a literal.
AttrMap ShapeType(const Input& shape, AttrMap attrs = {});

}  // namespace weir
