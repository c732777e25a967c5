// Kernels of readers. They touch files only where the session's caller allows file ops.
#include <fmt/format.h>

#include "weir/ops/queue/cpu/file_reader.h"

namespace weir {

namespace {

Status MakeReader(ObjectCell& cell, const SourceSpec& spec) {
  WEIR_ASSIGN_OR_RETURN(FileReader* reader, cell.Made<FileReader>([&]() -> Result<std::shared_ptr<ResourceObject>> {
    return std::shared_ptr<ResourceObject>(std::make_shared<FileReader>(spec));
  }));
  if (reader->spec() == spec) return {};
  return InvalidArgument(
      fmt::format("makes a reader '{}', and there is another of this name, which reads otherwise", cell.name()));
}

Status SetMake(PrepareContext& c, SourceSpec spec) {
  c.SetRun([spec = std::move(spec)](RunArgs& a) {
    if (Status s = MakeReader(*a.out<ObjectCell>(0), spec); !s.ok()) a.Fail(std::move(s));
  });
  return {};
}

Status PrepareTfRecordReader(PrepareContext& c) {
  SourceSpec spec{.kind = SourceKind::kTfRecords};
  WEIR_ASSIGN_OR_RETURN(spec.compression, CompressionOf(c.attr<std::string>("compression_type")));
  return SetMake(c, std::move(spec));
}

Status PrepareTextLineReader(PrepareContext& c) {
  return SetMake(c, {.kind = SourceKind::kLines, .skip_lines = c.attr<int64_t>("skip_header_lines")});
}

Status PrepareWholeFileReader(PrepareContext& c) { return SetMake(c, {.kind = SourceKind::kWhole}); }
Status PrepareIdentityReader(PrepareContext& c) { return SetMake(c, {.kind = SourceKind::kName}); }

Status PrepareFixedLengthReader(PrepareContext& c) {
  SourceSpec spec{.kind = SourceKind::kFixed};
  WEIR_ASSIGN_OR_RETURN(spec.compression, CompressionOf(c.attr<std::string>("encoding")));
  spec.header = c.attr<int64_t>("header_bytes"), spec.record = c.attr<int64_t>("record_bytes");
  spec.footer = c.attr<int64_t>("footer_bytes"), spec.hop = c.attr<int64_t>("hop_bytes");
  if (spec.record <= 0 || spec.header < 0 || spec.footer < 0 || spec.hop < 0) {
    return InvalidArgument(fmt::format("wants records of a byte or more, and no negative sizes; not header_bytes {}, "
                                       "record_bytes {}, footer_bytes {}, hop_bytes {}",
                                       spec.header, spec.record, spec.footer, spec.hop));
  }
  return SetMake(c, std::move(spec));
}

// ---- reading

Result<std::vector<SourceRecord>> ReadRecords(PrepareContext& c, int64_t most) {
  WEIR_ASSIGN_OR_RETURN(FileReader * reader, c.object(0).Get<FileReader>());
  WEIR_ASSIGN_OR_RETURN(ElementQueue * queue, c.object(1).Get<ElementQueue>());
  if (reader->spec().kind != SourceKind::kName) WEIR_RETURN_IF_ERROR(c.RequireFileOps());
  return reader->Read(*queue, most, c.limits());
}

void Give(PrepareContext& c, const Shape& shape, std::vector<SourceRecord> records) {
  for (int i : {0, 1}) c.set_output_shape(i, shape);
  c.SetRun([records = std::move(records)](RunArgs& a) {
    for (int i : {0, 1}) {
      auto* out = a.out<std::string>(i);
      if (!out) continue;
      for (const SourceRecord& r : records) *out++ = i == 0 ? r.key : r.value;
    }
  });
}

Status PrepareRead(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(std::vector<SourceRecord> records, ReadRecords(c, 1));
  Give(c, Shape(), std::move(records));
  return {};
}

Status PrepareReadUpTo(PrepareContext& c) {
  const std::vector<int64_t> most = c.ints(2);
  if (most.size() != 1 || most[0] <= 0) return InvalidArgument("wants one num_records, above 0");
  WEIR_ASSIGN_OR_RETURN(std::vector<SourceRecord> records, ReadRecords(c, most[0]));
  const Shape shape({static_cast<int64_t>(records.size())});
  Give(c, shape, std::move(records));
  return {};
}

// The run's function: `fn` with the reader.
template <class F>
Status SetReaderRun(PrepareContext& c, F fn) {
  c.SetRun([fn](RunArgs& a) {
    Result<FileReader*> reader = a.object(0).Get<FileReader>();
    Status s = reader.ok() ? fn(a, **reader) : reader.status();
    if (!s.ok()) a.Fail(std::move(s));
  });
  return {};
}

template <int64_t (FileReader::*count)() const>
Status PrepareCount(PrepareContext& c) {
  return SetReaderRun(c, [](RunArgs& a, const FileReader& reader) {
    *a.out<int64_t>(0) = (reader.*count)();
    return Status();
  });
}

Status PrepareReset(PrepareContext& c) {
  return SetReaderRun(c, [](RunArgs& a, FileReader& reader) { return reader.Reset(a.limits()); });
}

Status PrepareSerialize(PrepareContext& c) {
  return SetReaderRun(c, [](RunArgs& a, const FileReader& reader) -> Status {
    WEIR_ASSIGN_OR_RETURN(*a.out<std::string>(0), reader.State());
    return {};
  });
}

Status PrepareRestore(PrepareContext& c) {
  if (c.input_shape(1).rank() != 0)
    return InvalidArgument(fmt::format("wants one state, not {}", c.input_shape(1).ToString()));
  return SetReaderRun(
      c, [](RunArgs& a, FileReader& reader) { return reader.Restore(*a.in<std::string>(1), a.limits()); });
}

}  // namespace

void RegisterQueueReaderKernels(KernelRegistry& r) {
  r.Add("TFRecordReaderV2", PrepareTfRecordReader);
  r.Add("TextLineReaderV2", PrepareTextLineReader);
  r.Add("WholeFileReaderV2", PrepareWholeFileReader);
  r.Add("FixedLengthRecordReaderV2", PrepareFixedLengthReader);
  r.Add("IdentityReaderV2", PrepareIdentityReader);
  r.Add("ReaderReadV2", PrepareRead).WhileRunning();
  r.Add("ReaderReadUpToV2", PrepareReadUpTo).WhileRunning().NeedsValue({2});
  r.Add("ReaderNumRecordsProducedV2", PrepareCount<&FileReader::produced>);
  r.Add("ReaderNumWorkUnitsCompletedV2", PrepareCount<&FileReader::completed>);
  r.Add("ReaderResetV2", PrepareReset);
  r.Add("ReaderSerializeStateV2", PrepareSerialize);
  r.Add("ReaderRestoreStateV2", PrepareRestore);
}

}  // namespace weir
