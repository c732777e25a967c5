// Records: TensorFlow's TFRecord files, which hold byte strings one behind the other, each with checksums.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/graph/base/status.h"
#include "weir/runtime/io/stream.h"

namespace weir {

class RecordWriter {
 public:
  // Makes the file, or empties the one that is there, unless `append`: then what is there stays. Error:
  // adding to a zlib file.
  static Result<RecordWriter> Open(const std::string& path, Compression compression = Compression::kNone,
                                   bool append = false);

  Status Write(std::string_view record);
  // Gives all that was written to the system, so that whoever reads the file sees it.
  Status Flush() { return stream_->Flush(); }
  // Flushes and ends the file; the last call.
  Status Close() { return stream_->Close(); }

 private:
  explicit RecordWriter(std::unique_ptr<io::OutputStream> stream) : stream_(std::move(stream)) {}
  std::unique_ptr<io::OutputStream> stream_;
};

class RecordReader {
 public:
  // Tells by the content how the file is compressed, unless that is said.
  static Result<RecordReader> Open(const std::string& path, std::optional<Compression> compression = std::nullopt);

  // The next record; none at the end. Errors (DataLoss) say which record is damaged or cut off; the file cannot be read
  // on then. Memory grows with the bytes that are there, whatever a length says.
  Result<std::optional<std::string>> Next();
  // How many records were read.
  int64_t count() const { return count_; }
  // Where the next one begins, in bytes of the file without its compression.
  int64_t offset() const { return offset_; }

 private:
  RecordReader(std::unique_ptr<io::InputStream> stream, std::string path)
      : stream_(std::move(stream)), path_(std::move(path)) {}
  Status Damaged(const std::string& how) const;

  std::unique_ptr<io::InputStream> stream_;
  std::string path_;
  int64_t count_ = 0, offset_ = 0;
};

// All records of a file.
Result<std::vector<std::string>> ReadRecords(const std::string& path,
                                             std::optional<Compression> compression = std::nullopt);

}  // namespace weir
