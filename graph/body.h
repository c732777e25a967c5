// How functions' bodies that ops build begin and end. A body is a builder inside that of the graph
// (Builder(parent, …)), whose graph becomes a function by Builder::AddFunction.
#pragma once

#include <vector>

#include "weir/graph/builder.h"

namespace weir {

// Arguments of these types, of a body under construction.
Result<std::vector<Output>> AddArgs(Builder& body, const std::vector<OutputType>& types);
// Its results. Error: the body's, where it has one.
Status AddResults(Builder& body, const std::vector<Output>& results);

}  // namespace weir
