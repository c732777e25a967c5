// Schemas of the ops that write and read files: checkpoints, and strings as they are. They touch files, so a session
// runs them only where its caller allows file ops; the format is runtime/io's business.
#include <fmt/format.h>

#include "weir/graph/infer.h"
#include "weir/ops/registry.h"

namespace weir {

namespace {

// The number of elements of vector input i, unknown when it is not known; error unless a vector.
Result<Dim> LengthOf(const ShapeContext& c, int i) {
  WEIR_ASSIGN_OR_RETURN(PartialShape s, c.WithRank(i, 1));
  return s[0];
}

// Inputs 1 (names) and, where there are any, 2 (slices) have one element for each of `tensors` tensors.
Status CheckNames(const ShapeContext& c, int tensors, bool slices = true) {
  WEIR_RETURN_IF_ERROR(c.WithRank(0, 0).status());
  for (int i = 1; i <= (slices ? 2 : 1); ++i) {
    WEIR_ASSIGN_OR_RETURN(Dim n, LengthOf(c, i));
    if (Known(n) && n != tensors) {
      return InvalidArgument(fmt::format("has {} elements in '{}' for {} tensors", n, c.InputName(i), tensors));
    }
  }
  return {};
}

Status SaveShape(ShapeContext& c) { return CheckNames(c, c.num_inputs() - 3); }

Status V1SaveShape(ShapeContext& c) { return CheckNames(c, c.num_inputs() - 2, false); }

Status V1RestoreShape(ShapeContext& c) {
  for (int i = 0; i < c.num_inputs(); ++i) WEIR_RETURN_IF_ERROR(c.WithRank(i, 0).status());
  c.set_output(0, PartialShape::Unknown());
  return {};
}

// A slice specification ends in the shape that is read, but only the file knows the others.
Status RestoreShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(CheckNames(c, c.num_outputs()));
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, PartialShape::Unknown());
  return {};
}

Status MergeShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(c.WithRank(0, 1).status());
  return c.WithRank(1, 0).status();
}

Status ScalarsShape(ShapeContext& c) {
  for (int i = 0; i < c.num_inputs(); ++i) WEIR_RETURN_IF_ERROR(c.WithRank(i, 0).status());
  return ScalarShape(c);
}

Status MatchingFilesShape(ShapeContext& c) {
  if (c.input(0).rank() > 1)
    return InvalidArgument(fmt::format("wants a pattern or a vector of them, not {}", c.Describe(0)));
  c.set_output(0, PartialShape({kUnknownDim}));
  return {};
}

constexpr char kFiles[] = "it works on files";

}  // namespace

void RegisterIoOps(OpRegistry& r) {
  r.Add("SaveV2")
      .Input("prefix: string").Input("tensor_names: string").Input("shape_and_slices: string").Input("tensors: dtypes")
      .Attr("dtypes: list(type) >= 1")
      .Stateful()
      .Doc("Writes the tensors into the checkpoint files `prefix`.index and .data under the given names. An entry of "
           "shape_and_slices is empty for a whole tensor, else \"shape slice\": which part of a larger tensor this is.")
      .Shape(SaveShape)
      .NoGradient(kFiles);
  r.Add("RestoreV2")
      .Input("prefix: string").Input("tensor_names: string").Input("shape_and_slices: string").Output("tensors: dtypes")
      .Attr("dtypes: list(type) >= 1")
      .Stateful()
      .Doc("Reads the named tensors, of the given dtypes, from the checkpoint files of `prefix`; parts of them where "
           "shape_and_slices says so.")
      .Shape(RestoreShape)
      .NoGradient(kFiles);
  r.Add("Save")
      .Input("filename: string").Input("tensor_names: string").Input("data: T")
      .Attr("T: list(type) >= 1")
      .Stateful()
      .Doc("Writes the tensors into one file of the old V1 format.")
      .Shape(V1SaveShape)
      .NoGradient(kFiles);
  r.Add("SaveSlices")
      .Input("filename: string").Input("tensor_names: string").Input("shapes_and_slices: string").Input("data: T")
      .Attr("T: list(type) >= 1")
      .Stateful()
      .Doc("Writes the tensors, or parts of larger ones, into one file of the old V1 format.")
      .Shape(SaveShape)
      .NoGradient(kFiles);
  r.Add("Restore")
      .Input("file_pattern: string").Input("tensor_name: string").Output("tensor: dt")
      .Attr("dt: type").Attr("preferred_shard: int = -1")
      .Stateful()
      .Doc("Reads a tensor from a checkpoint, of the old V1 format or a newer one; of several files by a pattern: "
           "prefix-\?\?\?\?\?-of-00002.")
      .Shape(V1RestoreShape)
      .NoGradient(kFiles);
  r.Add("RestoreSlice")
      .Input("file_pattern: string").Input("tensor_name: string").Input("shape_and_slice: string")
      .Output("tensor: dt")
      .Attr("dt: type").Attr("preferred_shard: int = -1")
      .Stateful()
      .Doc("As Restore; a part of the tensor where shape_and_slice says so.")
      .Shape(V1RestoreShape)
      .NoGradient(kFiles);
  r.Add("MergeV2Checkpoints")
      .Input("checkpoint_prefixes: string")
      .Input("destination_prefix: string")
      .Attr("delete_old_dirs: bool = true")
      .Attr("allow_missing_files: bool = false")
      .Stateful()
      .Doc(
          "Makes one checkpoint of several that hold different tensors: renames their data files and merges the "
          "indices. "
          "delete_old_dirs removes the emptied folders.")
      .Shape(MergeShape)
      .NoGradient(kFiles);
  r.Add("ShardedFilename")
      .Input("basename: string").Input("shard: int32").Input("num_shards: int32").Output("filename: string")
      .Doc("The name of one shard of a file: basename-00002-of-00010.")
      .Shape(ScalarsShape)
      .NoGradient("its output is a string");
  r.Add("ShardedFilespec")
      .Input("basename: string").Input("num_shards: int32").Output("filename: string")
      .Doc("The pattern that the names of all shards of a file match: basename-\?\?\?\?\?-of-00010.")
      .Shape(ScalarsShape)
      .NoGradient("its output is a string");
  r.Add("ReadFile")
      .Input("filename: string").Output("contents: string")
      .Doc("All bytes of a file.")
      .Shape(ScalarsShape)
      .NoGradient(kFiles);
  r.Add("WriteFile")
      .Input("filename: string").Input("contents: string")
      .Stateful()
      .Doc("Writes the bytes to a file, whose folder it makes where there is none; the file is whole or not there.")
      .Shape(ScalarsShape)
      .NoGradient(kFiles);
  r.Add("MatchingFiles")
      .Input("pattern: string").Output("filenames: string")
      .Doc("The names of files and folders that match one of the patterns, in order: * stands for any characters but "
           "/, ? for one, [a-z] for one of a range, [!a-z] for one outside; \\ takes a character as it is.")
      .Shape(MatchingFilesShape)
      .NoGradient(kFiles);
}

}  // namespace weir
