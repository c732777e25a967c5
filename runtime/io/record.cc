// A record: its length (8 bytes, little-endian), that length's masked CRC-32C, the bytes, their masked CRC-32C.
#include "weir/runtime/io/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "weir/graph/base/coding.h"
#include "weir/runtime/io/crc32c.h"

namespace weir {

namespace {

constexpr size_t kHeader = 12, kFooter = 4;
constexpr size_t kPiece = size_t{1} << 20;

uint32_t Checksum(const void* data, size_t bytes) { return io::MaskCrc(io::Crc32c(data, bytes)); }

bool SoundHeader(const char* header) { return io::Fixed32At(header + 8) == Checksum(header, 8); }

// By the first bytes. A plain file's first header has a checksum, so that it is not taken for another's.
Result<Compression> CompressionOf(const std::string& path) {
  WEIR_ASSIGN_OR_RETURN(auto stream, io::OpenInput(path, Compression::kNone));
  char first[kHeader];
  WEIR_ASSIGN_OR_RETURN(const size_t have, stream->Read(first, kHeader));
  if (have < 2 || (have == kHeader && SoundHeader(first))) return Compression::kNone;
  const auto a = static_cast<uint8_t>(first[0]), b = static_cast<uint8_t>(first[1]);
  if (a == 0x1f && b == 0x8b) return Compression::kGzip;
  return (a & 0x0f) == 8 && (a >> 4) <= 7 && (a * 256 + b) % 31 == 0 ? Compression::kZlib : Compression::kNone;
}

}  // namespace

Result<RecordWriter> RecordWriter::Open(const std::string& path, Compression compression, bool append) {
  WEIR_ASSIGN_OR_RETURN(auto stream, io::OpenOutput(path, compression, append));
  return RecordWriter(std::move(stream));
}

Status RecordWriter::Write(std::string_view record) {
  char header[kHeader], footer[kFooter];
  const uint64_t length = record.size();
  std::memcpy(header, &length, 8);
  const uint32_t of_length = Checksum(header, 8), of_record = Checksum(record.data(), record.size());
  std::memcpy(header + 8, &of_length, 4);
  std::memcpy(footer, &of_record, 4);
  WEIR_RETURN_IF_ERROR(stream_->Write(header, kHeader));
  WEIR_RETURN_IF_ERROR(stream_->Write(record.data(), record.size()));
  return stream_->Write(footer, kFooter);
}

Result<RecordReader> RecordReader::Open(const std::string& path, std::optional<Compression> compression) {
  if (!compression) {
    WEIR_ASSIGN_OR_RETURN(compression, CompressionOf(path));
  }
  WEIR_ASSIGN_OR_RETURN(auto stream, io::OpenInput(path, *compression));
  return RecordReader(std::move(stream), path);
}

Status RecordReader::Damaged(const std::string& how) const {
  return DataLoss(fmt::format("error[file]: record {} of '{}', at byte {}{}", count_, path_, offset_, how));
}

Result<std::optional<std::string>> RecordReader::Next() {
  char header[kHeader], footer[kFooter];
  WEIR_ASSIGN_OR_RETURN(size_t have, stream_->Read(header, kHeader));
  if (have == 0) return std::optional<std::string>();
  if (have < kHeader) return Damaged(", is cut off");
  if (!SoundHeader(header)) {
    return Damaged(": the checksum of its length is wrong").Help(count_ == 0 ? "is this a file of TFRecords?" : "");
  }
  uint64_t length = 0;
  std::memcpy(&length, header, 8);
  std::string record;
  while (record.size() < length) {
    const size_t before = record.size(), piece = static_cast<size_t>(std::min<uint64_t>(length - before, kPiece));
    record.resize(before + piece);
    WEIR_ASSIGN_OR_RETURN(have, stream_->Read(record.data() + before, piece));
    if (have < piece) return Damaged(fmt::format(", is cut off: it has {} of {} bytes", before + have, length));
  }
  WEIR_ASSIGN_OR_RETURN(have, stream_->Read(footer, kFooter));
  if (have < kFooter) return Damaged(", is cut off");
  if (io::Fixed32At(footer) != Checksum(record.data(), record.size())) return Damaged(": its checksum is wrong");
  ++count_, offset_ += static_cast<int64_t>(kHeader + length + kFooter);
  return std::optional(std::move(record));
}

Result<std::vector<std::string>> ReadRecords(const std::string& path, std::optional<Compression> compression) {
  WEIR_ASSIGN_OR_RETURN(RecordReader reader, RecordReader::Open(path, compression));
  std::vector<std::string> records;
  while (true) {
    WEIR_ASSIGN_OR_RETURN(auto record, reader.Next());
    if (!record) return records;
    records.push_back(std::move(*record));
  }
}

}  // namespace weir
