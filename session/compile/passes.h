// How passes are run, wherever one is: their table, the context that each of them gets, and what is checked after it.
#pragma once

#include <string_view>

#include "weir/graph/pass.h"

namespace weir {

// All passes, in the order of the pipeline.
const std::vector<Pass>& AllPasses();
// The pass of that name. The error says which names there are.
Result<const Pass*> FindPass(std::string_view name);

// What passes need of the layers above `graph`: kernels for constants, lane functions.
PassContext MakePassContext(Precision precision = Precision::kStandard);
// Runs the pass if the context's precision allows what it may change, and verifies the graph: what a pass breaks is
// reported as its fault. Returns whether the graph changed.
Result<bool> RunPass(const Pass& pass, Graph& g, PassContext& c);

}  // namespace weir
