#include "weir/runtime/io/npy.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <memory>

#include "weir/graph/base/file.h"

namespace weir::io {

namespace {

constexpr std::string_view kMagic("\x93NUMPY", 6);
constexpr size_t kMaxHeader = 1 << 20;

// Fills `bytes` bytes, or says why not.
using Source = std::function<Status(void* out, size_t bytes)>;

struct Header {
  std::string descr;
  bool fortran = false;
  Dims shape;
};

// Reads the literal {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view in) : in_(in) {}

  bool Parse(Header* h) {
    if (!Take('{')) return false;
    bool descr = false, order = false, shape = false;
    while (!Take('}')) {
      std::string key;
      if (!String(&key) || !Take(':')) return false;
      if (key == "descr") {
        if (!String(&h->descr)) return false;  // a list here: a structured dtype
        descr = true;
      } else if (key == "fortran_order") {
        h->fortran = Word("True");
        if (!h->fortran && !Word("False")) return false;
        order = true;
      } else if (key == "shape") {
        if (!Tuple(&h->shape)) return false;
        shape = true;
      } else {
        return false;
      }
      Take(',');
    }
    return descr && order && shape;
  }

 private:
  void Blanks() {
    while (!in_.empty() && std::isspace(static_cast<unsigned char>(in_.front()))) in_.remove_prefix(1);
  }
  bool Take(char c) {
    Blanks();
    if (in_.empty() || in_.front() != c) return false;
    in_.remove_prefix(1);
    return true;
  }
  bool Word(std::string_view w) {
    Blanks();
    if (!in_.starts_with(w)) return false;
    in_.remove_prefix(w.size());
    return true;
  }
  bool String(std::string* s) {
    Blanks();
    if (in_.empty() || (in_.front() != '\'' && in_.front() != '"')) return false;
    size_t end = in_.find(in_.front(), 1);
    if (end == in_.npos) return false;
    *s = in_.substr(1, end - 1);
    in_.remove_prefix(end + 1);
    return true;
  }
  bool Tuple(Dims* dims) {
    if (!Take('(')) return false;
    while (!Take(')')) {
      int64_t d = 0;
      Blanks();
      auto [end, error] = std::from_chars(in_.data(), in_.data() + in_.size(), d);
      if (error != std::errc() || dims->size() > size_t{kMaxRank}) return false;
      in_.remove_prefix(static_cast<size_t>(end - in_.data()));
      Take('L');  // Python 2
      dims->push_back(d);
      Blanks();
      if (!Take(',') && (in_.empty() || in_.front() != ')')) return false;
    }
    return true;
  }

  std::string_view in_;
};

// What a descr says of an element.
struct Element {
  DType dtype = DType::kInvalid;
  size_t size = 0;  // in the file
  bool swap = false;
  char kind = 0;
};

struct DTypeCode {
  const char* code;
  DType dtype;
};
constexpr DTypeCode kCodes[] = {{"b1", kBool},  {"i1", kInt8},   {"i2", kInt16},   {"i4", kInt32},  {"i8", kInt64},
                                {"u1", kUint8}, {"u2", kUint16}, {"u4", kUint32},  {"u8", kUint64}, {"f2", kHalf},
                                {"f4", kFloat}, {"f8", kDouble}, {"V2", kBfloat16},
                                {"c8", kComplex64}, {"c16", kComplex128}};

Result<Element> ElementOf(const std::string& descr) {
  Element e;
  std::string_view code = descr;
  if (!code.empty() && std::string_view("<>|=").find(code.front()) != code.npos) {
    e.swap = code.front() == '>';
    code.remove_prefix(1);
  }
  for (const DTypeCode& c : kCodes) {
    if (code == c.code) {
      e.dtype = c.dtype, e.size = SizeOf(c.dtype), e.kind = code.front();
      return e;
    }
  }
  bool text = code.size() > 1 && (code.front() == 'S' || code.front() == 'U');
  if (text) {
    auto [end, error] = std::from_chars(code.data() + 1, code.data() + code.size(), e.size);
    if (error == std::errc() && end == code.data() + code.size() && e.size < (size_t{1} << 32)) {
      e.dtype = kString, e.kind = code.front();
      if (e.kind == 'U') e.size *= 4;
      return e;
    }
  }
  if (code == "O")
    return InvalidArgument("holds pickled objects, which are not read")
        .Help("convert the array to numbers or to bytes ('S') first");
  return InvalidArgument(fmt::format("has elements of type '{:.40}', which Weir has no dtype for", descr));
}

void AppendUtf8(uint32_t c, std::string* out) {
  if (c < 0x80) {
    out->push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    *out += {static_cast<char>(0xc0 | c >> 6), static_cast<char>(0x80 | (c & 0x3f))};
  } else if (c < 0x10000) {
    *out += {static_cast<char>(0xe0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3f)),
             static_cast<char>(0x80 | (c & 0x3f))};
  } else {
    *out += {static_cast<char>(0xf0 | (c >> 18 & 7)), static_cast<char>(0x80 | (c >> 12 & 0x3f)),
             static_cast<char>(0x80 | (c >> 6 & 0x3f)), static_cast<char>(0x80 | (c & 0x3f))};
  }
}

std::string DecodeText(const char* p, const Element& e) {
  std::string s;
  if (e.kind == 'S') {
    s.assign(p, e.size);
  } else {
    for (size_t i = 0; i < e.size; i += 4) {
      uint32_t c;
      std::memcpy(&c, p + i, 4);
      AppendUtf8(e.swap ? __builtin_bswap32(c) : c, &s);
    }
  }
  s.resize(s.find_last_not_of('\0') + 1);
  return s;
}

void SwapBytes(char* p, int64_t n, size_t size) {
  for (int64_t i = 0; i < n; ++i) std::reverse(p + i * size, p + (i + 1) * size);
}

// From Fortran's order of the axes to C's.
Result<Tensor> FromFortran(const Tensor& in) {
  WEIR_ASSIGN_OR_RETURN(Tensor out, Tensor::Allocate(in.dtype(), in.shape()));
  std::vector<int64_t> stride(in.rank(), 1), index(in.rank(), 0);
  for (int a = 1; a < in.rank(); ++a) stride[a] = stride[a - 1] * in.shape()[a - 1];
  const DType t = in.dtype();
  int64_t from = 0;
  for (int64_t to = 0; to < in.num_elements(); ++to) {
    CopyElements(t, ElementAt(t, in.raw(), from), ElementAt(t, out.mutable_raw(), to), 1);
    for (int a = in.rank() - 1; a >= 0; --a) {
      from += stride[a];
      if (++index[a] < in.shape()[a]) break;
      from -= stride[a] * index[a];
      index[a] = 0;
    }
  }
  return out;
}

Result<Header> ReadHeader(const Source& read) {
  char start[12];
  WEIR_RETURN_IF_ERROR(read(start, 8));
  if (std::string_view(start, 6) != kMagic) return InvalidArgument("is no .npy file");
  int major = start[6];
  if (major < 1 || major > 3) return InvalidArgument(fmt::format("has the unknown .npy version {}", major));
  size_t length = 0, width = major == 1 ? 2 : 4;
  WEIR_RETURN_IF_ERROR(read(&length, width));
  if (length > kMaxHeader) return InvalidArgument(fmt::format("has a header of {} bytes", length));
  std::string text(length, '\0');
  WEIR_RETURN_IF_ERROR(read(text.data(), length));
  Header h;
  if (!HeaderParser(text).Parse(&h))
    return InvalidArgument(fmt::format("has a header that is no plain array's: {:.200}", text));
  return h;
}

// `limit`: how many bytes the source has at most (compressed ones: any), so that a header alone takes no memory.
Result<Tensor> ReadArray(const Source& read, int64_t limit) {
  WEIR_ASSIGN_OR_RETURN(Header h, ReadHeader(read));
  WEIR_ASSIGN_OR_RETURN(Element e, ElementOf(h.descr));
  auto shape = Shape::Make(h.shape);
  if (!shape.ok()) return InvalidArgument(fmt::format("has an impossible shape: {}", shape.status().message()));
  int64_t n = shape->num_elements(), bytes = 0;
  if (!CheckedMul(n, static_cast<int64_t>(e.size), &bytes))
    return InvalidArgument(fmt::format("has the impossible shape {}", shape->ToString()));
  if (bytes > limit) return DataLoss(fmt::format("ends too early: {} bytes of elements are missing", bytes - limit));
  WEIR_ASSIGN_OR_RETURN(Tensor t, Tensor::Allocate(e.dtype, *shape));
  if (e.dtype == kString) {
    WEIR_ASSIGN_OR_RETURN(auto buffer, Buffer::Allocate(bytes));
    WEIR_RETURN_IF_ERROR(read(buffer->data(), static_cast<size_t>(bytes)));
    for (int64_t i = 0; i < n; ++i)
      t.mutable_data<std::string>()[i] = DecodeText(static_cast<const char*>(buffer->data()) + i * e.size, e);
  } else {
    WEIR_RETURN_IF_ERROR(read(t.mutable_raw(), static_cast<size_t>(bytes)));
    const int64_t parts = IsComplex(e.dtype) ? 2 : 1;
    if (e.swap) SwapBytes(static_cast<char*>(t.mutable_raw()), n * parts, e.size / parts);
    if (e.dtype == kBool) {
      auto* b = static_cast<uint8_t*>(t.mutable_raw());
      std::transform(b, b + n, b, [](uint8_t v) { return uint8_t(v != 0); });
    }
  }
  return h.fortran && t.rank() > 1 ? FromFortran(t) : Result<Tensor>(std::move(t));
}

Status Named(const std::string& name, const Status& s) {
  if (s.ok() || s.message().starts_with("error[")) return s;
  return Status(s.code(), fmt::format("error[file]: '{}' {}", name, s.message())).Detail(s.details()).Help(s.help());
}

Result<std::string> Descr(const Tensor& t, size_t* width) {
  if (t.dtype() == kString) {
    *width = 1;
    for (const std::string& s : t.span<std::string>()) *width = std::max(*width, s.size());
    return fmt::format("|S{}", *width);
  }
  for (const DTypeCode& c : kCodes) {
    if (c.dtype == t.dtype()) return fmt::format("{}{}", *width > 1 ? '<' : '|', c.code);
  }
  return Unimplemented(fmt::format("a tensor of dtype {} cannot be written as .npy", DTypeName(t.dtype())));
}

}  // namespace

Result<std::string> NpyBytes(const Tensor& t) {
  size_t width = SizeOf(t.dtype());
  WEIR_ASSIGN_OR_RETURN(std::string descr, Descr(t, &width));
  std::string shape = "(";
  for (int64_t d : t.shape().dims()) shape += fmt::format("{},{}", d, t.rank() > 1 ? " " : "");
  if (t.rank() > 1) shape.resize(shape.size() - 2);
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}), }}", descr, shape);
  text.resize((10 + text.size() + 1 + 63) / 64 * 64 - 10, ' ');
  text.back() = '\n';
  std::string out(kMagic);
  out += {'\x01', '\x00', static_cast<char>(text.size() & 0xff), static_cast<char>(text.size() >> 8)};
  out += text;
  if (t.dtype() != kString) return out.append(static_cast<const char*>(t.raw()), static_cast<size_t>(t.bytes()));
  for (const std::string& s : t.span<std::string>()) out.append(s).append(width - s.size(), '\0');
  return out;
}

Result<Tensor> ParseNpy(std::string_view bytes, const std::string& name) {
  Source read = [&](void* out, size_t n) -> Status {
    if (n > bytes.size()) return DataLoss("ends too early");
    if (n) std::memcpy(out, bytes.data(), n);
    bytes.remove_prefix(n);
    return {};
  };
  auto t = ReadArray(read, static_cast<int64_t>(bytes.size()));
  return t.ok() ? std::move(t) : Named(name, t.status());
}

Result<Tensor> ReadNpy(const std::string& path) {
  WEIR_ASSIGN_OR_RETURN(auto file, RandomAccessFile::Open(path));
  int64_t at = 0;
  Source read = [&](void* out, size_t n) -> Status {
    if (static_cast<int64_t>(n) > file->size() - at) return DataLoss("ends too early");
    at += static_cast<int64_t>(n);
    return file->Read(at - static_cast<int64_t>(n), out, n);
  };
  auto t = ReadArray(read, file->size());
  return t.ok() ? std::move(t) : Named(path, t.status());
}

Status WriteNpy(const std::string& path, const Tensor& t) {
  WEIR_ASSIGN_OR_RETURN(std::string bytes, NpyBytes(t));
  return WriteFile(path, bytes);
}

Result<std::map<std::string, Tensor>> ReadNpz(const std::string& path) {
  int error = 0;
  if (!FileExists(path)) return NotFound(fmt::format("error[file]: there is no file '{}'", path));
  std::unique_ptr<zip_t, decltype(&zip_discard)> archive(zip_open(path.c_str(), ZIP_RDONLY, &error), zip_discard);
  if (!archive) {
    WEIR_RETURN_IF_ERROR(RandomAccessFile::Open(path).status());
    return InvalidArgument(fmt::format("error[file]: '{}' is no .npz file", path));
  }
  std::map<std::string, Tensor> arrays;
  for (zip_int64_t i = 0, n = zip_get_num_entries(archive.get(), 0); i < n; ++i) {
    const char* raw_name = zip_get_name(archive.get(), static_cast<zip_uint64_t>(i), ZIP_FL_ENC_RAW);
    std::string name = raw_name ? raw_name : "";
    std::unique_ptr<zip_file_t, decltype(&zip_fclose)> entry(
        zip_fopen_index(archive.get(), static_cast<zip_uint64_t>(i), 0), zip_fclose);
    if (!entry) return DataLoss(fmt::format("error[file]: '{}' cannot be read: {}", path, zip_strerror(archive.get())));
    Source read = [&](void* out, size_t bytes) -> Status {
      for (auto* p = static_cast<char*>(out); bytes > 0;) {
        zip_int64_t got = zip_fread(entry.get(), p, bytes);
        if (got <= 0) return DataLoss("is damaged or ends too early");
        p += got, bytes -= static_cast<size_t>(got);
      }
      return {};
    };
    zip_stat_t info;
    bool known = zip_stat_index(archive.get(), static_cast<zip_uint64_t>(i), 0, &info) == 0 &&
                 (info.valid & ZIP_STAT_SIZE) && info.size < (uint64_t{1} << 62);
    auto t = ReadArray(read, known ? static_cast<int64_t>(info.size) : 0);
    if (!t.ok()) return Named(path + ":" + name, t.status());
    char rest;  // reading to the end makes libzip check the entry's checksum
    if (zip_fread(entry.get(), &rest, 1) != 0)
      return Named(path + ":" + name, DataLoss("is damaged, or longer than its header says"));
    if (name.ends_with(".npy")) name.resize(name.size() - 4);
    arrays.insert_or_assign(std::move(name), std::move(*t));
  }
  return arrays;
}

Status WriteNpz(const std::string& path, const std::vector<std::pair<std::string, Tensor>>& arrays) {
  if (arrays.empty())
    return WriteFile(path, std::string("PK\5\6") + std::string(18, '\0'));  // libzip writes no empty archive
  std::string aside = path + ".tempXXXXXX";
  int error = 0, fd = mkstemp(aside.data());
  if (fd < 0) return NotFound(fmt::format("error[file]: cannot write '{}': {}", path, std::strerror(errno)));
  close(fd);
  std::unique_ptr<zip_t, decltype(&zip_discard)> archive(zip_open(aside.c_str(), ZIP_TRUNCATE, &error), zip_discard);
  auto fail = [&](const std::string& why) {
    unlink(aside.c_str());
    return ResourceExhausted(fmt::format("error[file]: cannot write '{}': {}", path, why));
  };
  if (!archive) return fail("it cannot be opened");
  std::vector<std::string> contents(arrays.size());  // libzip reads them when it closes the archive
  for (size_t i = 0; i < arrays.size(); ++i) {
    auto bytes = NpyBytes(arrays[i].second);
    if (!bytes.ok()) {
      fail("").IgnoreError();
      return Named(arrays[i].first, bytes.status());
    }
    contents[i] = std::move(*bytes);
    zip_source_t* source = zip_source_buffer(archive.get(), contents[i].data(), contents[i].size(), 0);
    zip_int64_t index = source ? zip_file_add(archive.get(), (arrays[i].first + ".npy").c_str(), source,
                                              ZIP_FL_OVERWRITE | ZIP_FL_ENC_UTF_8)
                               : -1;
    if (index < 0) {
      if (source) zip_source_free(source);
      return fail(zip_strerror(archive.get()));
    }
    zip_set_file_compression(archive.get(), static_cast<zip_uint64_t>(index), ZIP_CM_STORE, 0);
  }
  if (zip_close(archive.get()) != 0) return fail(zip_strerror(archive.get()));
  archive.release();
  if (chmod(aside.c_str(), 0644) != 0 || rename(aside.c_str(), path.c_str()) != 0) return fail(std::strerror(errno));
  return {};
}

}  // namespace weir::io
