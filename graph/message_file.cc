#include "weir/graph/message_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <climits>
#include <cstring>
#include <optional>

#include "weir/graph/base/coding.h"

namespace weir {

namespace {

enum class Kind { kSavedModel, kMetaGraph, kGraph, kNode, kAttr, kValue, kTensor };

struct Field {
  Kind in;
  uint64_t number;
  Kind kind;
};
// The way that leads to constants, but in functions: proto/graph.proto, proto/model.proto.
constexpr Field kFields[] = {
    {Kind::kSavedModel, 2, Kind::kMetaGraph}, {Kind::kMetaGraph, 2, Kind::kGraph}, {Kind::kGraph, 1, Kind::kNode},
    {Kind::kNode, 5, Kind::kAttr},            {Kind::kAttr, 2, Kind::kValue},    {Kind::kValue, 8, Kind::kTensor}};
constexpr uint64_t kContent = 4, kContentIndex = 1000;  // of a tensor

std::optional<Kind> KindOf(Kind in, uint64_t number) {
  for (const Field& f : kFields) {
    if (f.in == in && f.number == number) return f.kind;
  }
  return std::nullopt;
}

// A file read from its beginning to its end.
class Reader {
 public:
  explicit Reader(std::string path) : path_(std::move(path)), fd_(open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~Reader() {
    if (fd_ >= 0) close(fd_);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  Status Open() {
    if (fd_ < 0) return Fail();
    struct stat info;
    if (fstat(fd_, &info) != 0) return Fail();
    if (S_ISREG(info.st_mode)) size_ = info.st_size;
    return Fill();
  }
  int64_t size() const { return size_; }  // 0 where it is not known: a pipe's
  std::string_view front() const { return {buffer_.data() + begin_, end_ - begin_}; }

  // The next byte, -1 at the end.
  Result<int> Byte() {
    if (begin_ == end_) WEIR_RETURN_IF_ERROR(Fill());
    return begin_ == end_ ? -1 : static_cast<unsigned char>(buffer_[begin_++]);
  }
  // Less than `bytes` at the end.
  Result<size_t> Read(void* to, size_t bytes) {
    size_t have = std::min(bytes, end_ - begin_);
    std::memcpy(to, buffer_.data() + begin_, have);
    begin_ += have;
    while (have < bytes) {
      const ssize_t n = read(fd_, static_cast<char*>(to) + have, std::min<size_t>(bytes - have, 1 << 30));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return Fail();
      if (n == 0) break;
      have += static_cast<size_t>(n);
    }
    return have;
  }
  // Takes no more memory than there are bytes.
  Result<size_t> Append(size_t bytes, std::string* to) {
    size_t have = 0;
    for (size_t part = 1; have < bytes && part > 0; have += part) {
      const size_t want = std::min<size_t>(bytes - have, 1 << 20), before = to->size();
      to->resize(before + want);
      WEIR_ASSIGN_OR_RETURN(part, Read(to->data() + before, want));
      to->resize(before + part);
    }
    return have;
  }

 private:
  Status Fill() {
    ssize_t n;
    do n = read(fd_, buffer_.data(), buffer_.size());
    while (n < 0 && errno == EINTR);
    begin_ = 0, end_ = n > 0 ? static_cast<size_t>(n) : 0;
    return n < 0 ? Fail() : Status();
  }
  Status Fail() const {
    return NotFound(fmt::format("error[file]: cannot read '{}': {}", path_, std::strerror(errno)));
  }

  std::string path_;
  int fd_;
  int64_t size_ = 0;
  std::string buffer_ = std::string(1 << 16, '\0');
  size_t begin_ = 0, end_ = 0;
};

// Copies a message without its large contents. Recursion is as deep as kFields leads.
class Cutter {
 public:
  Cutter(Reader& in, int64_t apart_from, Contents* contents)
      : in_(in), apart_from_(apart_from), contents_(contents) {}

  // `left`: the message's bytes; -1: as many as there are.
  Status Copy(Kind kind, int64_t left, std::string* out) {
    while (left != 0) {
      uint64_t tag = 0;
      WEIR_ASSIGN_OR_RETURN(const bool more, Varint(&left, &tag));
      if (!more) return left < 0 ? Status() : Early();
      WEIR_RETURN_IF_ERROR(CopyField(kind, tag, &left, out));
    }
    return {};
  }

 private:
  static Status Early() { return DataLoss("error[file]: the bytes are no graph's message, or end too early"); }

  // False at the end.
  Result<bool> Varint(int64_t* left, uint64_t* v) {
    *v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      WEIR_ASSIGN_OR_RETURN(const int byte, *left == 0 ? Result<int>(-1) : in_.Byte());
      if (byte < 0) return shift == 0 ? Result<bool>(false) : Result<bool>(Early());
      if (*left > 0) --*left;
      *v |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return true;
    }
    return Early();
  }

  Status CopyField(Kind kind, uint64_t tag, int64_t* left, std::string* out) {
    const uint64_t number = tag >> 3;
    const bool ours = kind == Kind::kTensor && number == kContentIndex;
    uint64_t v = 0;
    std::string ignored;
    std::string* to = ours ? &ignored : out;
    switch (tag & 7) {
      case 0: {
        WEIR_ASSIGN_OR_RETURN(const bool there, Varint(left, &v));
        if (!there) return Early();
        io::PutVarint(to, tag), io::PutVarint(to, v);
        return {};
      }
      case 1: io::PutVarint(to, tag); return Raw(8, left, to);
      case 5: io::PutVarint(to, tag); return Raw(4, left, to);
      case 2: {
        WEIR_ASSIGN_OR_RETURN(const bool there, Varint(left, &v));
        const bool fits = there && v <= uint64_t{INT64_MAX} && (*left < 0 || v <= static_cast<uint64_t>(*left));
        return fits ? CopyBytes(kind, tag, static_cast<int64_t>(v), left, to) : Early();
      }
      default: return Early();
    }
  }

  Status CopyBytes(Kind kind, uint64_t tag, int64_t bytes, int64_t* left, std::string* out) {
    const auto child = KindOf(kind, tag >> 3);
    if (child) {
      std::string copy;
      WEIR_RETURN_IF_ERROR(Copy(*child, bytes, &copy));
      if (*left > 0) *left -= bytes;
      io::PutVarint(out, tag), io::PutVarint(out, copy.size());
      out->append(copy);
      return {};
    }
    const bool content = kind == Kind::kTensor && tag >> 3 == kContent && bytes >= apart_from_;
    if (!content) {
      io::PutVarint(out, tag), io::PutVarint(out, static_cast<uint64_t>(bytes));
      return Raw(bytes, left, out);
    }
    if (in_.size() > 0 && bytes > in_.size()) return Early();
    WEIR_ASSIGN_OR_RETURN(auto buffer, Buffer::Allocate(bytes, "a constant"));
    WEIR_ASSIGN_OR_RETURN(const size_t read, in_.Read(buffer->data(), static_cast<size_t>(bytes)));
    if (read < static_cast<size_t>(bytes)) return Early();
    if (*left > 0) *left -= bytes;
    contents_->push_back(std::move(buffer));
    io::PutVarint(out, kContentIndex << 3), io::PutVarint(out, contents_->size());
    return {};
  }

  Status Raw(int64_t bytes, int64_t* left, std::string* out) {
    if (*left >= 0 && bytes > *left) return Early();
    WEIR_ASSIGN_OR_RETURN(const size_t copied, in_.Append(static_cast<size_t>(bytes), out));
    if (copied < static_cast<size_t>(bytes)) return Early();
    if (*left > 0) *left -= bytes;
    return {};
  }

  Reader& in_;
  int64_t apart_from_;
  Contents* contents_;
};

// Whether a first field of number 1 is a NodeDef (a name, then as field 2 an op's name) and not a MetaInfoDef (whose
// field 2 is a message).
bool BeginsWithNode(std::string_view bytes) {
  uint64_t length = 0;
  bytes.remove_prefix(1);  // its tag
  if (!io::TakeVarint(&bytes, &length)) return false;
  if (bytes.starts_with('\x0a')) {
    bytes.remove_prefix(1);
    if (!io::TakeVarint(&bytes, &length) || length > bytes.size()) return false;
    bytes.remove_prefix(length);
  }
  if (!bytes.starts_with('\x12')) return false;
  bytes.remove_prefix(1);
  if (!io::TakeVarint(&bytes, &length) || length == 0 || bytes.empty()) return false;
  return std::isalnum(static_cast<unsigned char>(bytes[0])) || bytes[0] == '_';
}

std::optional<Kind> KindToCut(const Reader& in) {
  switch (FormatOfPrefix(in.front()).value_or(GraphFormat::kText)) {
    case GraphFormat::kGraphDef: return Kind::kGraph;
    case GraphFormat::kMetaGraph: return Kind::kMetaGraph;
    case GraphFormat::kSavedModel: return Kind::kSavedModel;
    case GraphFormat::kText: break;
  }
  return std::nullopt;
}

}  // namespace

bool LooksLikeText(std::string_view content) {
  for (unsigned char c : content.substr(0, 4096)) {
    if (c < 0x20 && c != '\n' && c != '\t' && c != '\r') return false;
  }
  return true;
}

std::optional<GraphFormat> FormatOfPrefix(std::string_view bytes) {
  if (bytes.empty() || LooksLikeText(bytes)) return std::nullopt;
  if (bytes[0] == '\x08') return GraphFormat::kSavedModel;  // a number as field 1: the schema's version
  if (bytes[0] != '\x0a') return std::nullopt;
  return BeginsWithNode(bytes) ? GraphFormat::kGraphDef : GraphFormat::kMetaGraph;
}

Result<MessageFile> ReadMessageFile(const std::string& path, int64_t whole_below, int64_t apart_from) {
  Reader in(path);
  WEIR_RETURN_IF_ERROR(in.Open());
  MessageFile file;
  const auto kind = in.size() < whole_below ? std::nullopt : KindToCut(in);
  Status s = kind ? Cutter(in, apart_from, &file.contents).Copy(*kind, -1, &file.bytes)
                  : in.Append(size_t{INT_MAX} + 1, &file.bytes).status();
  if (!s.ok()) return std::move(s).Detail("in '" + path + "'");
  if (file.bytes.size() > INT_MAX) return ResourceExhausted(fmt::format("error[file]: '{}' has more than 2 GiB", path));
  return file;
}

}  // namespace weir
