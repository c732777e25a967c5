// What passes share that put nodes in other nodes' places.
#pragma once

#include "weir/graph/graph.h"

namespace weir {

// Output 0 of a new node for one that is to go: called like/op, and made from it. Types are not inferred.
Result<Endpoint> AddInPlaceOf(Graph& g, const Node& like, const std::string& op, std::vector<Endpoint> inputs,
                              AttrMap attrs);
// A new constant's value.
Result<Endpoint> AddConst(Graph& g, const std::string& name, Tensor value);
// `after` waits for what `id` waits for, and is waited for in its stead.
Status HandOverControl(Graph& g, NodeId id, NodeId after);

}  // namespace weir
