// Which effects a node comes after. Passes that cut a node off from what it is computed of (its value is known, its
// choice is made) ask this: what waited for the node must go on waiting for them, and they must go on to run.
#pragma once

#include <span>
#include <vector>

#include "weir/graph/graph.h"

namespace weir {

// Whether somebody could see the node running at another time: stateful nodes, but for those that only read variables
// (order_effects ties these to the writes) and random ops (each has a state of its own).
bool IsEffect(const Graph& g, const Node& n);

// Of a graph that only grows, and whose new nodes are no effects, while this lives.
class EffectsBefore {
 public:
  // `order` is topological.
  EffectsBefore(const Graph& g, const std::vector<NodeId>& order);
  // The effects that come last on each way to these, which count themselves.
  std::vector<NodeId> Of(std::span<const Endpoint> ends) const;

 private:
  const Graph& g_;
  std::vector<bool> any_;  // by id: whether it is one or comes after one
};

}  // namespace weir
