// The passes that know ops.
#pragma once

#include "weir/graph/pass.h"

namespace weir {

Result<bool> LowerTensorArrays(Graph& g, PassContext& c);  // TensorArrayV3, …Write…, …Gather…: lists
Result<bool> LiftControlFlow(Graph& g, PassContext& c);  // Switch, Merge, Enter, Exit, NextIteration: If and While
// Error: an output that is fed has many values, one an iteration of TensorFlow 1's loop that it is in.
Status RefuseFeedsInLoops(const Graph& g, const std::vector<Endpoint>& feeds);
Result<bool> LowerStacks(Graph& g, PassContext& c);      // StackV2, StackPushV2, StackPopV2: lists
Result<bool> LowerReferences(Graph& g, PassContext& c);  // Variable, Assign, Apply…: handles, reads and writes
Result<bool> Simplify(Graph& g, PassContext& c);         // a table of local rules
Result<bool> ExpandBatchNorm(Graph& g, PassContext& c);  // inference's normalisation becomes element-wise ops
Result<bool> StackLists(Graph& g, PassContext& c);       // lists of loops become tensors, where their length is known
Result<bool> FoldPadding(Graph& g, PassContext& c);      // convolutions pad by themselves
Result<bool> FuseElementwise(Graph& g, PassContext& c);  // chains of element-wise ops become one step

}  // namespace weir
