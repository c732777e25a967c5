// Constants beside their graph: `graph.pb` has the nodes, `graph.pb.5f0c….constants` the elements of large constants.
// So a graph may have more than the 2 GiB of a message, and opens at once: the file is mapped, and read when used.
//
// The form. The name has a number that the graph knows, in 16 digits of base 16. The file has the elements of each
// constant as they are in memory (little-endian, rows first), each at a multiple of 64 bytes, from 64 on; before them
// "weir constants 1", the number in 8 bytes, zeros. In the graph a Const node has in place of `value` the attribute
// `_weir_constant`, a list of integers: number, offset, bytes, then the shape. TensorFlow refuses such a node.
#pragma once

#include <string>

#include "weir/graph/graph.h"

namespace weir {

// Writes the constants of the graph that is to be saved as `path`, and returns the graph without them. Errors: files.
Result<Graph> WriteConstants(const Graph& g, const std::string& path);
// Once that graph is written: removes the constants of what `path` was before.
void RemoveOldConstants(const Graph& without, const std::string& path);
// Gives a graph that was loaded from `path` its constants. Nothing to do for any other graph. Errors: the file is not
// there, or of another graph; places outside it.
Status MapConstants(const std::string& path, Graph* g);

}  // namespace weir
