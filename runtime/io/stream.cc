// Files as streams; compression is ISA-L's.
#include "weir/runtime/io/stream.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <isa-l/igzip_lib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "weir/graph/base/file.h"

namespace weir::io {

namespace {

constexpr size_t kBuffer = size_t{64} << 10;

struct Descriptor {
  explicit Descriptor(int fd) : fd(fd) {}
  ~Descriptor() { Close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  // Whether it went well; else errno tells.
  bool Close() {
    const int closed = fd >= 0 ? close(fd) : 0;
    fd = -1;
    return closed == 0;
  }
  int fd;
};

// ---- reading

class PlainInput : public InputStream {
 public:
  PlainInput(int fd, std::string path) : file_(fd), path_(std::move(path)) {}

  Result<size_t> Read(void* out, size_t bytes) override {
    size_t have = 0;
    while (have < bytes) {
      const ssize_t n = read(file_.fd, static_cast<char*>(out) + have, bytes - have);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return SystemError("read", path_);
      if (n == 0) break;
      have += static_cast<size_t>(n);
    }
    return have;
  }

 private:
  Descriptor file_;
  std::string path_;
};

class BytesInput : public InputStream {
 public:
  explicit BytesInput(std::string_view bytes) : left_(bytes) {}

  Result<size_t> Read(void* out, size_t bytes) override {
    const size_t n = left_.copy(static_cast<char*>(out), bytes);
    left_.remove_prefix(n);
    return n;
  }

 private:
  std::string_view left_;
};

class BufferedInput : public InputStream {
 public:
  explicit BufferedInput(std::unique_ptr<InputStream> from) : from_(std::move(from)), buffer_(kBuffer) {}

  Result<size_t> Read(void* out, size_t bytes) override {
    size_t have = 0;
    while (have < bytes) {
      if (at_ == end_) {
        WEIR_ASSIGN_OR_RETURN(end_, from_->Read(buffer_.data(), buffer_.size()));
        at_ = 0;
        if (end_ == 0) break;
      }
      const size_t n = std::min(bytes - have, end_ - at_);
      std::memcpy(static_cast<char*>(out) + have, buffer_.data() + at_, n);
      have += n, at_ += n;
    }
    return have;
  }

 private:
  std::unique_ptr<InputStream> from_;
  std::vector<char> buffer_;
  size_t at_ = 0, end_ = 0;
};

class InflatedInput : public InputStream {
 public:
  InflatedInput(std::unique_ptr<InputStream> from, std::string path, Compression compression)
      : from_(std::move(from)), path_(std::move(path)), buffer_(kBuffer), gzip_(compression == Compression::kGzip) {
    Begin();
  }

  Result<size_t> Read(void* out, size_t bytes) override {
    state_.next_out = static_cast<uint8_t*>(out);
    size_t have = 0;
    while (have < bytes) {
      if (state_.avail_in == 0) {
        WEIR_ASSIGN_OR_RETURN(const size_t n, from_->Read(buffer_.data(), buffer_.size()));
        state_.next_in = buffer_.data(), state_.avail_in = static_cast<uint32_t>(n);
        if (n == 0 && state_.block_state == ISAL_BLOCK_FINISH) break;
      }
      if (state_.block_state == ISAL_BLOCK_FINISH) {  // another one follows
        if (!gzip_) return DataLoss(fmt::format("error[file]: '{}' goes on behind the end of its zlib stream", path_));
        Begin();
      }
      const size_t wanted = std::min(bytes - have, size_t{1} << 30);
      state_.avail_out = static_cast<uint32_t>(wanted);
      const bool at_end = state_.avail_in == 0;
      if (const int error = isal_inflate(&state_); error != ISAL_DECOMP_OK)
        return DataLoss(fmt::format("error[file]: '{}' is no sound {} file (ISA-L's error {})", path_,
                                    gzip_ ? "gzip" : "zlib", error));
      have += wanted - state_.avail_out;
      if (at_end && state_.avail_out == wanted && state_.block_state != ISAL_BLOCK_FINISH)
        return DataLoss(fmt::format("error[file]: '{}' is cut off", path_));
    }
    return have;
  }

 private:
  void Begin() {
    uint8_t *in = state_.next_in, *out = state_.next_out;
    const uint32_t left = state_.avail_in;
    isal_inflate_init(&state_);
    state_.crc_flag = gzip_ ? ISAL_GZIP : ISAL_ZLIB;
    state_.next_in = in, state_.avail_in = left, state_.next_out = out;
  }

  std::unique_ptr<InputStream> from_;
  std::string path_;
  std::vector<uint8_t> buffer_;
  inflate_state state_ = {};
  bool gzip_;
};

// ---- writing

class PlainOutput : public OutputStream {
 public:
  PlainOutput(int fd, std::string path) : file_(fd), path_(std::move(path)) { buffer_.reserve(kBuffer); }
  ~PlainOutput() override { Flush().IgnoreError(); }

  Status Write(const void* data, size_t bytes) override {
    const char* from = static_cast<const char*>(data);
    if (buffer_.size() + bytes > kBuffer) WEIR_RETURN_IF_ERROR(Flush());
    if (bytes > kBuffer) return WriteAll(from, bytes);
    buffer_.insert(buffer_.end(), from, from + bytes);
    return {};
  }
  Status Flush() override {
    Status status = WriteAll(buffer_.data(), buffer_.size());
    buffer_.clear();
    return status;
  }
  Status Close() override {
    WEIR_RETURN_IF_ERROR(Flush());
    return file_.Close() ? Status() : SystemError("write", path_);
  }

 private:
  Status WriteAll(const char* data, size_t bytes) {
    while (bytes > 0) {
      const ssize_t n = write(file_.fd, data, bytes);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return SystemError("write", path_);
      data += n, bytes -= static_cast<size_t>(n);
    }
    return {};
  }

  Descriptor file_;
  std::string path_;
  std::vector<char> buffer_;
};

class DeflatedOutput : public OutputStream {
 public:
  DeflatedOutput(std::unique_ptr<OutputStream> to, Compression compression)
      : to_(std::move(to)), buffer_(kBuffer), level_buffer_(ISAL_DEF_LVL3_DEFAULT) {
    isal_deflate_init(&state_);
    state_.gzip_flag = compression == Compression::kGzip ? IGZIP_GZIP : IGZIP_ZLIB;
    state_.level = ISAL_DEF_MAX_LEVEL;
    state_.level_buf = level_buffer_.data(), state_.level_buf_size = static_cast<uint32_t>(level_buffer_.size());
  }

  Status Write(const void* data, size_t bytes) override {
    for (const char* from = static_cast<const char*>(data); bytes > 0;) {
      const size_t n = std::min(bytes, size_t{1} << 30);
      WEIR_RETURN_IF_ERROR(Compress(from, n, NO_FLUSH, false));
      from += n, bytes -= n;
    }
    return {};
  }
  Status Flush() override {
    WEIR_RETURN_IF_ERROR(Compress(nullptr, 0, SYNC_FLUSH, false));
    return to_->Flush();
  }
  Status Close() override {
    WEIR_RETURN_IF_ERROR(Compress(nullptr, 0, NO_FLUSH, true));
    return to_->Close();
  }

 private:
  Status Compress(const void* data, size_t bytes, uint16_t flush, bool last) {
    state_.next_in = static_cast<uint8_t*>(const_cast<void*>(data)), state_.avail_in = static_cast<uint32_t>(bytes);
    state_.flush = flush, state_.end_of_stream = last;
    do {
      state_.next_out = buffer_.data(), state_.avail_out = static_cast<uint32_t>(buffer_.size());
      if (const int error = isal_deflate(&state_); error != COMP_OK)
        return Internal(fmt::format("error[file]: ISA-L cannot compress: error {}", error));
      WEIR_RETURN_IF_ERROR(to_->Write(buffer_.data(), buffer_.size() - state_.avail_out));
    } while (state_.avail_out == 0 || (last && state_.internal_state.state != ZSTATE_END));
    return {};
  }

  std::unique_ptr<OutputStream> to_;
  std::vector<uint8_t> buffer_, level_buffer_;
  isal_zstream state_;
};

}  // namespace

Result<std::unique_ptr<InputStream>> OpenInput(const std::string& path, Compression compression) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return SystemError("read", path);
  std::unique_ptr<InputStream> plain = std::make_unique<PlainInput>(fd, path);
  if (compression == Compression::kNone) return std::unique_ptr<InputStream>(new BufferedInput(std::move(plain)));
  plain = std::make_unique<InflatedInput>(std::move(plain), path, compression);
  return std::unique_ptr<InputStream>(new BufferedInput(std::move(plain)));
}

Result<std::string> Decompressed(std::string_view bytes, Compression compression, int64_t limit) {
  if (compression == Compression::kNone || bytes.empty()) return std::string(bytes);
  const bool gzip = compression == Compression::kGzip;
  InflatedInput input(std::make_unique<BytesInput>(bytes), "", compression);
  std::string out;
  std::vector<char> part(kBuffer);
  for (;;) {
    auto n = input.Read(part.data(), part.size());
    if (!n.ok()) return DataLoss(fmt::format("has bytes that are no sound {} stream", gzip ? "gzip" : "zlib"));
    if (*n == 0) return out;
    if (static_cast<int64_t>(out.size() + *n) > limit)
      return ResourceExhausted(fmt::format("has bytes that hold more than {} bytes", limit));
    out.append(part.data(), *n);
  }
}

Result<std::unique_ptr<OutputStream>> OpenOutput(const std::string& path, Compression compression, bool append) {
  if (append && compression == Compression::kZlib)
    return InvalidArgument(fmt::format("error[file]: '{}' is one zlib stream, to which nothing can be added", path))
        .Help("gzip files can be added to");
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC), 0666);
  if (fd < 0) return SystemError("write", path);
  std::unique_ptr<OutputStream> plain = std::make_unique<PlainOutput>(fd, path);
  if (compression == Compression::kNone) return plain;
  return std::unique_ptr<OutputStream>(new DeflatedOutput(std::move(plain), compression));
}

}  // namespace weir::io
