// What shape functions of recurrent cells share.
#pragma once

#include <span>
#include <vector>

#include "weir/graph/expand.h"
#include "weir/graph/infer.h"

namespace weir {

// Error: input `i` cannot have the shape `want`.
Status RequireShape(const ShapeContext& c, int i, const PartialShape& want);

// The node's inputs, of these ranks; the last one is that of all that follow. Where ranks are known only while running,
// another one is an error then.
std::vector<Output> InputsOfRanks(const ExpandContext& c, std::span<const int> ranks);

}  // namespace weir
