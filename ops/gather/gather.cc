// Ops that read, write, deal out and compare slices at positions. One file a topic.
#include "weir/ops/registry.h"

namespace weir {

void RegisterGatherAlongAxisOps(OpRegistry& r);  // along_axis.cc: Gather, GatherV2
void RegisterGatherNdOps(OpRegistry& r);         // nd.cc: GatherNd, ScatterNd
void RegisterGatherTensorScatterOps(OpRegistry& r);  // tensor_scatter.cc: TensorScatterUpdate, TensorScatterAdd …
void RegisterGatherPartitionOps(OpRegistry& r);  // partition.cc: DynamicPartition, [Parallel]DynamicStitch
void RegisterGatherSparseToDenseOps(OpRegistry& r);  // sparse_to_dense.cc
void RegisterGatherUniqueOps(OpRegistry& r);     // unique.cc: Unique, ListDiff

void RegisterGatherOps(OpRegistry& r) {
  RegisterGatherAlongAxisOps(r);
  RegisterGatherNdOps(r);
  RegisterGatherTensorScatterOps(r);
  RegisterGatherPartitionOps(r);
  RegisterGatherSparseToDenseOps(r);
  RegisterGatherUniqueOps(r);
}

}  // namespace weir
