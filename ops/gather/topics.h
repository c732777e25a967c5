// The parts of the gather family; ops/gather/gather.cc registers them all. Not a public header.
#pragma once

#include "weir/graph/op_def.h"

namespace weir {

void RegisterGatherReadOps(OpRegistry& r);      // Gather, GatherV2, GatherNd, ScatterNd
void RegisterGatherPartitionOps(OpRegistry& r); // DynamicStitch, DynamicPartition, Unique, ListDiff

}  // namespace weir
