// The records that files are read in: lines, records of TFRecord files or of fixed length, whole files, names alone.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "weir/runtime/io/stream.h"

namespace weir {

enum class SourceKind : uint8_t { kTfRecords, kLines, kWhole, kFixed, kName };

// How files are read.
struct SourceSpec {
  SourceKind kind = SourceKind::kWhole;
  Compression compression = Compression::kNone;
  int64_t skip_lines = 0;                               // of lines
  int64_t header = 0, record = 0, footer = 0, hop = 0;  // of fixed length, bytes
  bool exact = false;                                   // of fixed length: what fills no record is an error

  bool operator==(const SourceSpec&) const = default;
};

struct SourceRecord {
  std::string key, value;
};

// The records of one file.
class RecordSource {
 public:
  virtual ~RecordSource() = default;
  // The next one; none at the end.
  virtual Result<std::optional<SourceRecord>> Next() = 0;
  // Whether it is known that there is no further one, without looking.
  virtual bool ended() const { return false; }
};

// Opens a file as the spec says. Errors: files'.
Result<std::unique_ptr<RecordSource>> OpenSource(const SourceSpec& spec, const std::string& path);

// "", "GZIP" or "ZLIB". Error: another one.
Result<Compression> CompressionOf(const std::string& name);

}  // namespace weir
