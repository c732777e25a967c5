// Datasets of what files hold: records, lines, pieces of fixed length. They are made only where the session's caller
// allows file ops.
#include <fmt/format.h>

#include "weir/ops/data/cpu/dataset.h"
#include "weir/runtime/io/record_source.h"

namespace weir {

namespace {

struct FilesSpec {
  std::vector<std::string> files;
  SourceSpec source;
};

// One file after the other.
class FilesIterator : public IteratorOf<FilesSpec> {
 public:
  using IteratorOf::IteratorOf;
  static int64_t Cardinality(const Spec& spec) { return spec.files.empty() ? 0 : kUnknownCardinality; }

 protected:
  MaybeElement Give(const RunLimits& limits) override {
    while (source_ || next_ < spec().files.size()) {
      WEIR_RETURN_IF_ERROR(limits.Check());
      if (!source_) { WEIR_ASSIGN_OR_RETURN(source_, OpenSource(spec().source, spec().files[next_++])); }
      auto record = source_->Next();
      if (record.ok() && *record) return std::optional(Element{Tensor(std::move((*record)->value))});
      source_ = nullptr;  // nor is one read on that is damaged
      WEIR_RETURN_IF_ERROR(record.status());
    }
    return End();
  }

 private:
  size_t next_ = 0;
  std::unique_ptr<RecordSource> source_;
};

// `more` reads what else tells how the files are read.
template <class More>
Status SetFiles(PrepareContext& c, SourceKind kind, int compression, More more) {
  WEIR_RETURN_IF_ERROR(c.RequireFileOps());
  const int64_t count = c.input_shape(0).num_elements();
  return SetDatasetBy<FilesIterator>(c, [=](const RunArgs& a) -> Result<FilesSpec> {
    FilesSpec spec;
    const auto* names = a.in<std::string>(0);
    spec.files.assign(names, names + count);
    spec.source.kind = kind;
    if (compression >= 0) {
      WEIR_ASSIGN_OR_RETURN(spec.source.compression, CompressionOf(ScalarIn<std::string>(a, compression)));
    }
    WEIR_RETURN_IF_ERROR(more(a, &spec.source));
    return spec;
  });
}

template <SourceKind kKind>
Status PrepareFiles(PrepareContext& c) {
  return SetFiles(c, kKind, 1, [](const RunArgs&, SourceSpec*) { return Status(); });
}

template <int kCompression>
Status PrepareFixed(PrepareContext& c) {
  return SetFiles(c, SourceKind::kFixed, kCompression, [](const RunArgs& a, SourceSpec* spec) -> Status {
    auto natural = [](int64_t n) { return n >= 0; };
    WEIR_ASSIGN_OR_RETURN(spec->header, CountIn(a, 1, "header_bytes", "of 0 or more", natural));
    WEIR_ASSIGN_OR_RETURN(spec->record, CountIn(a, 2, "record_bytes", "above 0", [](int64_t n) { return n > 0; }));
    WEIR_ASSIGN_OR_RETURN(spec->footer, CountIn(a, 3, "footer_bytes", "of 0 or more", natural));
    spec->exact = true;
    return {};
  });
}

}  // namespace

void RegisterFileDatasetKernels(KernelRegistry& r) {
  r.Add("TFRecordDataset", PrepareFiles<SourceKind::kTfRecords>);
  r.Add("TextLineDataset", PrepareFiles<SourceKind::kLines>);
  r.Add("FixedLengthRecordDataset", PrepareFixed<-1>);
  r.Add("FixedLengthRecordDatasetV2", PrepareFixed<5>);
}

}  // namespace weir
