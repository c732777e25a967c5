// The passes that know ops.
#pragma once

#include "weir/graph/pass.h"

namespace weir {

Result<bool> LowerReferences(Graph& g, PassContext& c);  // Variable, Assign, Apply…: handles, reads and writes
Result<bool> Simplify(Graph& g, PassContext& c);         // a table of local rules
Result<bool> ExpandBatchNorm(Graph& g, PassContext& c);  // inference's normalisation becomes element-wise ops
Result<bool> FoldPadding(Graph& g, PassContext& c);      // convolutions pad by themselves
Result<bool> FuseElementwise(Graph& g, PassContext& c);  // chains of element-wise ops become one step

}  // namespace weir
