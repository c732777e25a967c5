// SaveNodes: the nodes by which a graph saves and restores itself in TensorFlow. Not a public header.
#pragma once

#include "weir/graph/graph.h"
#include "weir/graph/import.h"
#include "weir/session/save/checkpoint_map.h"

namespace weir {

// Adds what TensorFlow's Saver adds, in a scope of its own: the file's name, to be fed; SaveV2 of all these variables;
// RestoreV2 and an assignment to each.
Result<SaverInfo> AddSaveNodes(Graph& g, const std::vector<SavedVariable>& variables);

}  // namespace weir
