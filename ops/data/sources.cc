// Schemas of datasets that are made of tensors, numbers and files.
#include <fmt/format.h>

#include "weir/ops/data/dataset_shapes.h"

namespace weir {

namespace {

// The elements are the inputs, or their rows.
Status ComponentsShape(ShapeContext& c, bool rows) {
  WEIR_ASSIGN_OR_RETURN(const Components told, ComponentsByAttrs(c, "Toutput_types"));
  Components given;
  Dim size = kUnknownDim;
  for (int i = 0; i < c.num_inputs(); ++i) {
    PartialShape shape = c.input(i);
    if (rows) {
      WEIR_ASSIGN_OR_RETURN(shape, c.WithRankAtLeast(i, 1));
      if (shape.known_rank()) {
        auto same = MergeDims(size, shape[0]);
        if (!same.ok())
          return InvalidArgument(fmt::format("wants inputs of as many rows each, and '{}' is {}, others have {}",
                                             c.InputName(i), c.Describe(i), size));
        size = *same;
        shape = Subshape(shape, 1, shape.rank());
      }
    }
    given.emplace_back(c.input_dtype(i), std::move(shape));
  }
  WEIR_ASSIGN_OR_RETURN(Components components, Merged(told, given, "output_shapes"));
  TellDataset(c, std::move(components));
  return {};
}

Status TensorShape(ShapeContext& c) { return ComponentsShape(c, false); }
Status TensorSliceShape(ShapeContext& c) { return ComponentsShape(c, true); }

OpDef& AddComponents(OpRegistry& r, const char* name) {
  return r.Add(name).Input("components: Toutput_types").Output("handle: variant")
      .Attr("Toutput_types: list(type) >= 1").Attr("output_shapes: list(shape) >= 1").Attr("metadata: string = ''")
      .NoFlops().NoGradient(kNotOfFloats);
}

OpDef& AddFiles(OpRegistry& r, const char* name, std::initializer_list<const char*> inputs) {
  OpDef& op = r.Add(name).Input("filenames: string");
  for (const char* input : inputs) op.Input(input);
  return op.Output("handle: variant").Attr("metadata: string = ''").Stateful().Shape(DatasetShape)
      .NoGradient(kNotOfFloats);
}

}  // namespace

void RegisterSourceOps(OpRegistry& r) {
  AddComponents(r, "TensorDataset").Doc("A dataset of one element, the inputs.").Shape(TensorShape);
  AddComponents(r, "TensorSliceDataset")
      .Attr("is_files: bool = false").Attr("replicate_on_split: bool = false")
      .Doc("A dataset of the inputs' rows, their parts along the first axis.")
      .Shape(TensorSliceShape);
  AddDataset(r, "RangeDataset", {"start: int64", "stop: int64", "step: int64"})
      .Attr("replicate_on_split: bool = false")
      .Doc("A dataset of the numbers start, start + step, … short of stop.");
  AddFiles(r, "TFRecordDataset", {"compression_type: string", "buffer_size: int64"})
      .Doc("A dataset of the records of TFRecord files, one file after the other; compressed as \"\", \"GZIP\" or "
           "\"ZLIB\" says.");
  AddFiles(r, "TextLineDataset", {"compression_type: string", "buffer_size: int64"})
      .Doc("A dataset of the lines of text files, without what ends them; compressed as \"\", \"GZIP\" or \"ZLIB\" "
           "says.");
  const char* kHeader = "header_bytes: int64";
  const char* kRecord = "record_bytes: int64";
  const char* kFooter = "footer_bytes: int64";
  const char* kDoc = "A dataset of the pieces of record_bytes each that files have between header and footer.";
  AddFiles(r, "FixedLengthRecordDataset", {kHeader, kRecord, kFooter, "buffer_size: int64"}).Doc(kDoc);
  AddFiles(r, "FixedLengthRecordDatasetV2",
           {kHeader, kRecord, kFooter, "buffer_size: int64", "compression_type: string"})
      .Doc(kDoc);
}

}  // namespace weir
