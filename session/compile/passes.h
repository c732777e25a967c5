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

// For passes outside the pipeline. Marks results as the pipeline does, so that passes keep what they compute. Error:
// the graph is a body.
Status MarkResults(Graph& g, const std::vector<Endpoint>& fetches, const std::vector<NodeId>& targets);
// Takes the marks away; a result that another node computes now gets its name ("node:0") back by an Identity, but for
// those told of, which cannot.
Result<std::vector<std::string>> UnmarkResults(Graph& g, const std::vector<std::string>& names);

}  // namespace weir
