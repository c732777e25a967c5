#include "weir/runtime/io/record_source.h"

#include <fmt/format.h>

#include <cstring>

#include "weir/graph/base/file.h"
#include "weir/graph/base/shape.h"
#include "weir/runtime/io/record.h"

namespace weir {

namespace {

class TfRecordSource : public RecordSource {
 public:
  TfRecordSource(RecordReader reader, std::string path) : reader_(std::move(reader)), path_(std::move(path)) {}
  Result<std::optional<SourceRecord>> Next() override {
    std::string key = fmt::format("{}:{}", path_, reader_.offset());
    WEIR_ASSIGN_OR_RETURN(auto record, reader_.Next());
    if (!record) return std::optional<SourceRecord>();
    return std::optional(SourceRecord{std::move(key), std::move(*record)});
  }

 private:
  RecordReader reader_;
  std::string path_;
};

// Lines end in "\n" or "\r\n"; the last need not.
class LineSource : public RecordSource {
 public:
  LineSource(std::unique_ptr<io::InputStream> stream, std::string path)
      : stream_(std::move(stream)), path_(std::move(path)) {}
  Result<std::optional<SourceRecord>> Next() override {
    std::string line;
    bool any = false;
    for (char ch;; line += ch) {
      WEIR_ASSIGN_OR_RETURN(const size_t got, stream_->Read(&ch, 1));
      any |= got > 0;
      if (got == 0 || ch == '\n') break;
    }
    if (!any) return std::optional<SourceRecord>();
    if (line.ends_with('\r')) line.pop_back();
    return std::optional(SourceRecord{fmt::format("{}:{}", path_, ++number_), std::move(line)});
  }

 private:
  std::unique_ptr<io::InputStream> stream_;
  std::string path_;
  int64_t number_ = 0;
};

// One record: what the file holds, or its name.
class OnceSource : public RecordSource {
 public:
  explicit OnceSource(SourceRecord record) : record_(std::move(record)) {}
  Result<std::optional<SourceRecord>> Next() override { return std::exchange(record_, std::nullopt); }
  bool ended() const override { return !record_; }

 private:
  std::optional<SourceRecord> record_;
};

class FixedSource : public RecordSource {
 public:
  FixedSource(std::string content, std::string path, const SourceSpec& spec)
      : content_(std::move(content)), path_(std::move(path)), spec_(spec), at_(static_cast<size_t>(spec.header)) {}
  Result<std::optional<SourceRecord>> Next() override {
    const auto size = static_cast<size_t>(spec_.record), tail = static_cast<size_t>(spec_.footer);
    if (content_.size() < tail || at_ > content_.size() - tail || content_.size() - tail - at_ < size)
      return std::optional<SourceRecord>();
    SourceRecord record{fmt::format("{}:{}", path_, number_++), content_.substr(at_, size)};
    at_ += static_cast<size_t>(spec_.hop > 0 ? spec_.hop : spec_.record);
    return std::optional(std::move(record));
  }

 private:
  std::string content_, path_;
  SourceSpec spec_;
  size_t at_;
  int64_t number_ = 0;
};

// Header and footer are of a few bytes, but say what they like.
Status CheckExact(const SourceSpec& spec, const std::string& path, int64_t size) {
  int64_t around = 0;
  if (CheckedAdd(spec.header, spec.footer, &around) && around <= size && (size - around) % spec.record == 0) return {};
  return InvalidArgument(fmt::format("error[file]: '{}' has {} bytes, which are no header of {}, footer of {} and "
                                     "whole records of {}", path, size, spec.header, spec.footer, spec.record));
}

Result<std::string> ContentOf(const std::string& path, Compression compression) {
  if (compression == Compression::kNone) return io::ReadFile(path);
  WEIR_ASSIGN_OR_RETURN(auto stream, io::OpenInput(path, compression));
  std::string content;
  constexpr size_t kPiece = size_t{1} << 16;
  while (true) {
    const size_t before = content.size();
    if (before > (size_t{1} << 31)) return ResourceExhausted(fmt::format("error[file]: '{}' is too large", path));
    content.resize(before + kPiece);
    WEIR_ASSIGN_OR_RETURN(const size_t got, stream->Read(content.data() + before, kPiece));
    content.resize(before + got);
    if (got < kPiece) return content;
  }
}

}  // namespace

Result<std::unique_ptr<RecordSource>> OpenSource(const SourceSpec& spec, const std::string& path) {
  using Source = std::unique_ptr<RecordSource>;
  if (spec.kind == SourceKind::kName) return Source(new OnceSource({path, path}));
  if (spec.kind == SourceKind::kTfRecords) {
    WEIR_ASSIGN_OR_RETURN(RecordReader reader, RecordReader::Open(path, spec.compression));
    return Source(new TfRecordSource(std::move(reader), path));
  }
  if (spec.kind == SourceKind::kLines) {
    WEIR_ASSIGN_OR_RETURN(auto stream, io::OpenInput(path, spec.compression));
    Source lines(new LineSource(std::move(stream), path));
    for (int64_t i = 0; i < spec.skip_lines; ++i) {
      WEIR_ASSIGN_OR_RETURN(const auto line, lines->Next());
      if (!line) break;
    }
    return lines;
  }
  WEIR_ASSIGN_OR_RETURN(std::string content, ContentOf(path, spec.compression));
  if (spec.kind == SourceKind::kWhole) return Source(new OnceSource({path, std::move(content)}));
  if (spec.exact) WEIR_RETURN_IF_ERROR(CheckExact(spec, path, static_cast<int64_t>(content.size())));
  return Source(new FixedSource(std::move(content), path, spec));
}

Result<Compression> CompressionOf(const std::string& name) {
  if (name.empty()) return Compression::kNone;
  if (name == "GZIP") return Compression::kGzip;
  if (name == "ZLIB") return Compression::kZlib;
  return InvalidArgument(fmt::format("knows no compression '{:.20}'", name)).Help("there are \"\", GZIP and ZLIB");
}

}  // namespace weir
