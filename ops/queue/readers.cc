// Schemas of readers: each takes the names of files from a queue, one after the other, and gives what they hold, a
// record at a time.
#include <fmt/format.h>

#include "weir/ops/handle_forms.h"
#include "weir/ops/queue/queue.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

constexpr char kTells[] = "its output is no function of floats";
constexpr char kChanges[] = "it changes a reader";

Status MakeReaderShape(ShapeContext& c) {
  TellObject(c, ResourceKind::kReader, {});
  return {};
}

// Input 0 is a reader, input 1 a queue of strings.
Status CheckReader(const ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(ObjectBehind(c, 0, ResourceKind::kReader).status());
  if (c.num_inputs() < 2) return {};
  WEIR_ASSIGN_OR_RETURN(const Resource* queue, ObjectBehind(c, 1, ResourceKind::kQueue));
  if (!queue || (queue->parts.size() == 1 && queue->parts[0].first == kString)) return {};
  return InvalidArgument(fmt::format("wants a queue of file names, strings, and '{}' is of others", queue->name));
}

Status RestoreShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(ObjectBehind(c, 0, ResourceKind::kReader).status());
  return RequireScalar(c, 1);
}

Status ReadShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(CheckReader(c));
  return ScalarShape(c);
}

Status ReadUpToShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(CheckReader(c));
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 2));
  for (int i : {0, 1}) c.set_output(i, PartialShape({kUnknownDim}));
  return {};
}

OpDef& AddReader(OpDef& op, const std::string& handle) {
  return op.Output("reader_handle: " + handle).Attr("container: string = ''").Attr("shared_name: string = ''")
      .MakesObject().Shape(MakeReaderShape).NoGradient("its output is a handle");
}

void AddCount(OpRegistry& r, const std::string& name, const std::string& output, const char* doc) {
  AddBothForms(r, name, [&](OpDef& op, const std::string& handle) {
    op.Input("reader_handle: " + handle).Output(output + ": int64").Stateful().Reads({0})
        .Doc(doc).Shape(ReadShape).NoGradient(kTells);
  });
}

void AddReaders(OpRegistry& r) {
  AddBothForms(r, "TFRecordReader", [](OpDef& op, const std::string& handle) {
    AddReader(op, handle).Attr("compression_type: string = ''")
        .Doc("Reads the records of TFRecord files, compressed as \"GZIP\" or \"ZLIB\" says. Keys are \"file:offset\".");
  });
  AddBothForms(r, "TextLineReader", [](OpDef& op, const std::string& handle) {
    AddReader(op, handle).Attr("skip_header_lines: int = 0")
        .Doc("Reads the lines of text files, but for the first few. Keys are \"file:line\".");
  });
  AddBothForms(r, "WholeFileReader", [](OpDef& op, const std::string& handle) {
    AddReader(op, handle).Doc("Reads whole files. Keys are their names.");
  });
  AddBothForms(r, "FixedLengthRecordReader", [](OpDef& op, const std::string& handle) {
    AddReader(op, handle)
        .Attr("header_bytes: int = 0").Attr("record_bytes: int").Attr("footer_bytes: int = 0")
        .Attr("hop_bytes: int = 0");
    if (handle == "resource") op.Attr("encoding: string = ''");
    op.Doc("Reads files in pieces of record_bytes, which begin hop_bytes after each other (0: side by side), but for "
           "the bytes at their beginning and end. Encoding: \"\", GZIP or ZLIB. Keys are \"file:number\".");
  });
  AddBothForms(r, "IdentityReader", [](OpDef& op, const std::string& handle) {
    AddReader(op, handle).Doc("Gives the names that the queue has, as keys and as values.");
  });
}

}  // namespace

void RegisterQueueReaderOps(OpRegistry& r) {
  AddReaders(r);
  AddBothForms(r, "ReaderRead", [](OpDef& op, const std::string& handle) {
    op.Input("reader_handle: " + handle).Input("queue_handle: " + handle).Output("key: string").Output("value: string")
        .Stateful().Writes({0, 1}).Waits()
        .Doc("The next record; takes the next file's name from the queue when there is none left, and waits for it.")
        .Shape(ReadShape).NoGradient(kTells);
  });
  AddBothForms(r, "ReaderReadUpTo", [](OpDef& op, const std::string& handle) {
    op.Input("reader_handle: " + handle).Input("queue_handle: " + handle).Input("num_records: int64")
        .Output("keys: string").Output("values: string")
        .Stateful().Writes({0, 1}).Waits()
        .Doc("The next records, up to num_records: fewer where a file ends.")
        .Shape(ReadUpToShape).NoGradient(kTells);
  });
  AddCount(r, "ReaderNumRecordsProduced", "records_produced", "How many records the reader has given.");
  AddCount(r, "ReaderNumWorkUnitsCompleted", "units_completed", "How many files the reader has read to their end.");
  AddBothForms(r, "ReaderReset", [](OpDef& op, const std::string& handle) {
    op.Input("reader_handle: " + handle).Stateful().Writes({0}).Waits()
        .Doc("The reader is as it was made: it counts anew and leaves the file that it is in.")
        .Shape([](ShapeContext& c) { return CheckReader(c); }).NoGradient(kChanges);
  });
  AddBothForms(r, "ReaderSerializeState", [](OpDef& op, const std::string& handle) {
    op.Input("reader_handle: " + handle).Output("state: string").Stateful().Reads({0})
        .Doc("What ReaderRestoreState takes. As in TensorFlow whole-file and identity readers alone have it, between "
             "two files.")
        .Shape(ReadShape).NoGradient(kTells);
  });
  AddBothForms(r, "ReaderRestoreState", [](OpDef& op, const std::string& handle) {
    op.Input("reader_handle: " + handle).Input("state: string").Stateful().Writes({0}).Waits()
        .Doc("The reader counts on from what ReaderSerializeState gave; where that is an error it is as it was made.")
        .Shape(RestoreShape).NoGradient(kChanges);
  });
}

// ---- building functions

namespace ops {

namespace {

Output MakeReader(const At& g, const char* op, const ReaderOptions& o, AttrMap attrs = {}) {
  attrs["container"] = o.container;
  attrs["shared_name"] = o.shared_name;
  return g.builder->Add(op, {}, std::move(attrs), {.name = o.name}, g.loc);
}

}  // namespace

Output TfRecordReader(At g, const std::string& compression_type, const ReaderOptions& o) {
  return MakeReader(g, "TFRecordReaderV2", o, {{"compression_type", compression_type}});
}

Output TextLineReader(At g, int64_t skip_header_lines, const ReaderOptions& o) {
  return MakeReader(g, "TextLineReaderV2", o, {{"skip_header_lines", skip_header_lines}});
}

Output WholeFileReader(At g, const ReaderOptions& o) { return MakeReader(g, "WholeFileReaderV2", o); }

RecordOutputs ReaderRead(Output reader, Output queue, const Name& name) {
  const OutputList out = MakeAll("ReaderReadV2", {std::move(reader), std::move(queue)}, {}, name, 2);
  return {out[0], out[1]};
}

RecordOutputs ReaderReadUpTo(Output reader, Output queue, Input num_records, const Name& name) {
  const OutputList out =
      MakeAll("ReaderReadUpToV2", {std::move(reader), std::move(queue), std::move(num_records)}, {}, name, 2);
  return {out[0], out[1]};
}

}  // namespace ops

}  // namespace weir
