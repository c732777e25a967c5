// What files of graphs have beside the graph: the nodes by which it saves and restores itself in TensorFlow, and what
// is left out for the reader's sake. Not a public header.
#pragma once

#include "weir/graph/graph.h"
#include "weir/graph/import.h"
#include "weir/session/save/checkpoint_map.h"

namespace weir {

// Adds what TensorFlow's Saver adds, in a scope of its own: the file's name, to be fed; SaveV2 of all these variables;
// RestoreV2 and an assignment to each.
Result<SaverInfo> AddSaveNodes(Graph& g, const std::vector<SavedVariable>& variables);

// A copy without devices, or without attributes that say what is so anyway; in bodies of functions, too.
Result<Graph> StrippedGraph(const Graph& g, bool devices, bool default_attrs);

}  // namespace weir
