// Schemas of datasets whose elements are several of another's, and back.
#include "weir/ops/data/dataset_shapes.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

constexpr char kInput[] = "input_dataset: variant";

// Behind dataset and size: a shape for each component, a value for each, perhaps what says what is dropped.
Status PaddedShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(DatasetBehind(c, 0).status());
  WEIR_ASSIGN_OR_RETURN(Components components, ComponentsByAttrs(c, "Toutput_types"));
  const auto n = static_cast<int>(c.attr<int64_t>("N"));
  if (n != static_cast<int>(components.size()))
    return InvalidArgument("has other numbers of padded shapes and padding values");
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 1));
  for (int i = 2; i < 2 + n; ++i) WEIR_RETURN_IF_ERROR(c.WithRank(i, 1).status());
  for (int i = 2 + n; i < c.num_inputs(); ++i) WEIR_RETURN_IF_ERROR(RequireScalar(c, i));
  TellDataset(c, std::move(components));
  return {};
}

void AddPadded(OpRegistry& r, bool drop) {
  OpDef& op = r.Add(drop ? "PaddedBatchDatasetV2" : "PaddedBatchDataset")
                  .Input(kInput).Input("batch_size: int64").Input("padded_shapes: N * int64")
                  .Input("padding_values: Toutput_types");
  if (drop) op.Input("drop_remainder: bool");
  op.Output("handle: variant");
  if (drop) op.Attr("parallel_copy: bool = false");
  op.Attr("Toutput_types: list(type) >= 1").Attr("output_shapes: list(shape) >= 1").Attr("N: int >= 1")
      .Attr("metadata: string = ''")
      .Doc("batch_size elements each, padded with the values to the shapes (-1: to the largest of the batch) and "
           "stacked; fewer at the end, unless that is dropped.")
      .Shape(PaddedShape).NoFlops().NoGradient(kNotOfFloats);
}

}  // namespace

void RegisterBatchOps(OpRegistry& r) {
  const char* kDoc = "batch_size elements each, stacked along a new first axis; fewer at the end, unless that is "
                     "dropped. They must be of one shape.";
  const char *kSize = "batch_size: int64", *kDrop = "drop_remainder: bool";
  AddDataset(r, "BatchDataset", {kInput, kSize}).Doc(kDoc);
  AddDataset(r, "BatchDatasetV2", {kInput, kSize, kDrop}).Attr("parallel_copy: bool = false").Doc(kDoc);
  AddDataset(r, "ParallelBatchDataset", {kInput, kSize, "num_parallel_calls: int64", kDrop})
      .Attr("parallel_copy: bool = false").Attr("deterministic: string = 'default'").Doc(kDoc);
  AddPadded(r, false);
  AddPadded(r, true);
  for (const char* op : {"UnbatchDataset", "ExperimentalUnbatchDataset"})
    AddDataset(r, op, {kInput}).Doc("The rows of each element, one after the other.");
  AddDataset(r, "WindowDataset", {kInput, "size: int64", "shift: int64", "stride: int64", kDrop})
      .Doc("Datasets, one a component, of `size` elements each, every `stride`th, which begin `shift` after each "
           "other; fewer at the end, unless that is dropped.");
}

}  // namespace weir
