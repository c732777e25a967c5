// Loops of which it is known how often they run: those that go on as long as a counter is short of a constant.
#pragma once

#include <map>
#include <optional>

#include "weir/graph/pass.h"

namespace weir {

// A loop's functions for its variables' types, with the calls in them inlined, and without what neither results nor
// effects need.
struct CountedLoop {
  // A variable that begins with `start` and grows by `step` each time.
  struct Counter {
    int variable = -1;
    int64_t start = 0, step = 0;
  };

  NodeId id;
  Graph cond, body;
  std::vector<NodeId> cond_args, args, results;  // by variable: arguments of both, results of the body
  int64_t trips = 0;                             // at least one
  Counter counter;                               // that the condition compares; of step 1 or -1, if one is

  Endpoint arg(int i) const { return {args[static_cast<size_t>(i)], 0}; }
  Endpoint result(int i) const { return body.node(results[static_cast<size_t>(i)]).input(0); }
};

// What counters of loops come to, by the loops' outputs.
using Counts = std::map<Endpoint, int64_t>;

// Loop `id`, if it is such and counts to 2^24 at most; then its counters are added to `counts`, in which those of loops
// before it are.
Result<std::optional<CountedLoop>> CountLoop(const Graph& g, NodeId id, PassContext& context, Counts& counts);

// What lies behind nodes that hand it on.
Endpoint BehindHandedOn(const Graph& g, Endpoint e);
// The one integer that a tensor is.
std::optional<int64_t> IntOf(const Tensor* t);

}  // namespace weir
