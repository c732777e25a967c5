// Random graphs that run: nodes of all ops that have rows (tests/ops/op_row.h), wired to each other; variables that are
// read and written; branches, loops, calls and lists; gradients. A row says which attributes, dtypes, sizes and ranges
// its op takes; what an earlier node gives is cast, cut, joined or bounded to fit. So an op takes part as soon as it
// has a row.
//
// The same seed gives the same graph. Every graph is valid; a run of it may fail only for values.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "weir/session/session.h"
#include "weir/tests/fuzz/template_store.h"

namespace weir::fuzz {

struct RandomGraph {
  explicit RandomGraph(Graph g) : graph(std::move(g)) {}

  Graph graph;
  NamedFeeds feeds;  // of every placeholder
  std::vector<std::string> fetches, targets;
  std::vector<std::pair<std::string, Tensor>> variables;  // first values
};

// A graph of up to `nodes` nodes, and a few more where a branch or a gradient ends it.
Result<RandomGraph> MakeRandomGraph(TemplateStore& store, uint64_t seed, int nodes);

}  // namespace weir::fuzz
