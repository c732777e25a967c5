// Datasets, which are values, and iterators, through which runs of a session take their elements. One file a topic.
#include "weir/ops/registry.h"

namespace weir {

void RegisterSourceOps(OpRegistry& r);           // sources.cc: TensorSliceDataset, RangeDataset, TFRecordDataset …
void RegisterSelectionOps(OpRegistry& r);        // selection.cc: TakeDataset, ShuffleDataset, RepeatDataset …
void RegisterBatchOps(OpRegistry& r);            // batches.cc: BatchDataset, PaddedBatchDataset, WindowDataset …
void RegisterFunctionDatasetOps(OpRegistry& r);  // functions.cc: MapDataset, FilterDataset, InterleaveDataset …
void RegisterIteratorOps(OpRegistry& r);         // iterators.cc: IteratorV2, MakeIterator, IteratorGetNext …

void RegisterDataOps(OpRegistry& r) {
  RegisterSourceOps(r);
  RegisterSelectionOps(r);
  RegisterBatchOps(r);
  RegisterFunctionDatasetOps(r);
  RegisterIteratorOps(r);
}

}  // namespace weir
