// Schemas of datasets by functions. A function is called with the components of an element and what it has captured,
// the other arguments; random ops in it begin anew with each iterator.
#include "weir/ops/data/dataset_shapes.h"

namespace weir {

namespace {

// `inputs` follow the other arguments.
OpDef& AddFunctionDataset(OpRegistry& r, const std::string& name, const char* function,
                          std::initializer_list<const char*> inputs, const char* states = nullptr) {
  OpDef& op = r.Add(name).Input("input_dataset: variant");
  if (states) op.Input(states);
  op.Input("other_arguments: Targuments");
  for (const char* input : inputs) op.Input(input);
  op.Output("handle: variant").Attr(std::string(function) + ": func");
  if (states) op.Attr("Tstate: list(type) >= 1");
  op.Attr("Targuments: list(type) >= 0").Attr("output_types: list(type) >= 1").Attr("output_shapes: list(shape) >= 1");
  if (!name.starts_with("Experimental")) op.Attr("metadata: string = ''");
  return op.HoldsFunctions().Shape(DatasetShape).NoFlops().NoGradient(kNotOfFloats);
}

constexpr char kCalls[] = "num_parallel_calls: int64";
constexpr char kDeterministic[] = "deterministic: string = 'default'";
constexpr char kPreserve[] = "preserve_cardinality: bool = false";
constexpr char kInterOp[] = "use_inter_op_parallelism: bool = true";

void AddMaps(OpRegistry& r) {
  const char* kMap = "What `f` gives for each element. An OutOfRange in it ends the sequence, or is an error if "
                     "preserve_cardinality.";
  AddFunctionDataset(r, "MapDataset", "f", {}).Attr(kInterOp).Attr(kPreserve).Attr("force_synchronous: bool = false")
      .Doc(kMap);
  AddFunctionDataset(r, "ParallelMapDataset", "f", {"num_parallel_calls: int32"})
      .Attr(kInterOp).Attr("sloppy: bool = false").Attr(kPreserve)
      .Doc(kMap);
  AddFunctionDataset(r, "ParallelMapDatasetV2", "f", {kCalls})
      .Attr(kInterOp).Attr(kDeterministic).Attr(kPreserve).Attr("use_unbounded_threadpool: bool = false")
      .Doc(kMap);
  for (const char* op : {"MapAndBatchDataset", "ExperimentalMapAndBatchDataset"}) {
    AddFunctionDataset(r, op, "f", {"batch_size: int64", kCalls, "drop_remainder: bool"}).Attr(kPreserve)
        .Doc("MapDataset, then BatchDatasetV2.");
  }
  for (const char* op : {"ScanDataset", "ExperimentalScanDataset"}) {
    OpDef& scan = AddFunctionDataset(r, op, "f", {}, "initial_state: Tstate").Attr(kPreserve)
                      .Doc("What `f` of a state and an element gives behind the next state, for each element.");
    if (std::string_view(op) == "ScanDataset") scan.Attr("use_default_device: bool = true");
  }
}

void AddInterleaves(OpRegistry& r) {
  const char* kDoc = "The elements of the datasets that `f` gives, block_length of each in turn, of cycle_length "
                     "datasets (-1: 8) at once. The order is always the same.";
  const char *kCycle = "cycle_length: int64", *kBlock = "block_length: int64",
             *kBuffer = "buffer_output_elements: int64", *kAhead = "prefetch_input_elements: int64";
  AddFunctionDataset(r, "InterleaveDataset", "f", {kCycle, kBlock}).Doc(kDoc);
  AddFunctionDataset(r, "ParallelInterleaveDatasetV2", "f", {kCycle, kBlock, kCalls}).Attr("sloppy: bool = false")
      .Doc(kDoc);
  AddFunctionDataset(r, "ParallelInterleaveDatasetV3", "f", {kCycle, kBlock, kCalls}).Attr(kDeterministic).Doc(kDoc);
  AddFunctionDataset(r, "ParallelInterleaveDatasetV4", "f", {kCycle, kBlock, kBuffer, kAhead, kCalls})
      .Attr(kDeterministic).Doc(kDoc);
  for (const char* op : {"ParallelInterleaveDataset", "ExperimentalParallelInterleaveDataset"})
    AddFunctionDataset(r, op, "f", {kCycle, kBlock, "sloppy: bool", kBuffer, kAhead}).Doc(kDoc);
  AddFunctionDataset(r, "LegacyParallelInterleaveDatasetV2", "f", {kCycle, kBlock, kBuffer, kAhead})
      .Attr(kDeterministic).Doc(kDoc);
}

}  // namespace

void RegisterFunctionDatasetOps(OpRegistry& r) {
  AddMaps(r);
  AddFunctionDataset(r, "FilterDataset", "predicate", {}).Doc("The elements of which `predicate` is true.");
  AddFunctionDataset(r, "ParallelFilterDataset", "predicate", {kCalls}).Attr(kDeterministic)
      .Doc("The elements of which `predicate` is true.");
  for (const char* op : {"TakeWhileDataset", "ExperimentalTakeWhileDataset"}) {
    AddFunctionDataset(r, op, "predicate", {}).Doc("The elements before the first of which `predicate` is false.");
  }
  AddFunctionDataset(r, "FlatMapDataset", "f", {})
      .Doc("The elements of the datasets that `f` gives for each element, one dataset after the other.");
  AddInterleaves(r);
}

}  // namespace weir
