// Verify: whether a graph is sound. Runs after import and after every pass, in release builds too; linear.
#pragma once

#include "weir/graph/graph.h"

namespace weir {

// The contract on which shape, value and gradient functions and kernels rely: the node's inputs exist and are as many
// and of the dtypes that its op and attributes say, its attributes are the declared ones, its outputs follow from them,
// and the functions that it calls are in the library and fit. InferNode and GradientsOf require it of every node they
// touch.
Status CheckNode(const Graph& g, const Node& n);

// Everything that is wrong, in program order: missing or surplus inputs, dtypes of inputs, attributes against the
// declaration, control edges, cycles other than v1 loops', functions (unknown, incomplete, calling themselves).
// Ops that are not registered are no problem here (only a run needs them). At most `limit` findings.
std::vector<Status> Problems(const Graph& g, int limit = 100);
// The first problem.
Status Verify(const Graph& g);

// The attributes of the node that its op does not have, without those beginning with '_', which any node may have. A
// newer producer wrote them; as TensorFlow does, they are kept for export and passed over by all else.
std::vector<std::string> UnknownAttrs(const Node& n);
// Whether the node's op is neither registered nor a function of the library, and what to say when a run needs it.
bool IsUnknownOp(const Graph& g, const Node& n);
Status UnknownOpError(const Graph& g, const Node& n);
// The same for the first such node.
Status RefuseUnknownOps(const Graph& g);

}  // namespace weir
