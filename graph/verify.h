// Verify: whether a graph is sound. Runs after import and after every pass, in release builds too; linear.
#pragma once

#include "weir/graph/graph.h"

namespace weir {

// Everything that is wrong, in program order: missing or surplus inputs, dtypes of inputs, attributes against the
// declaration, control edges, cycles other than v1 loops', functions (unknown, incomplete, calling themselves).
// Ops that are not registered are no problem here (only a run needs them). At most `limit` findings.
std::vector<Status> Problems(const Graph& g, int limit = 100);
// The first problem.
Status Verify(const Graph& g);

}  // namespace weir
