#include "weir/graph/constants_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <random>

#include "weir/graph/base/file.h"
#include "weir/graph/infer.h"

namespace weir {

namespace {

constexpr char kAttr[] = "_weir_constant", kMagic[] = "weir constants 1";
constexpr int64_t kAlignment = 64, kAsideFrom = 4096;

int64_t Aligned(int64_t offset) { return (offset + kAlignment - 1) / kAlignment * kAlignment; }

std::string NameOf(const std::string& path, int64_t number) {
  return fmt::format("{}.{:016x}.constants", path, static_cast<uint64_t>(number));
}

std::string Header(int64_t number) {
  std::string header = kMagic;
  header.append(reinterpret_cast<const char*>(&number), sizeof number);
  header.resize(kAlignment, '\0');
  return header;
}

// A mapped file; tensors hold it.
class Mapping {
 public:
  static Result<std::shared_ptr<Mapping>> Open(const std::string& path) {
    std::shared_ptr<Mapping> m(new Mapping);
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) != 0) return io::SystemError("read", path);
    m->size_ = info.st_size;
    // Why private and writable: a tensor's memory is its own.
    const int protection = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_NORESERVE;
    if (m->size_ > 0) m->data_ = mmap(nullptr, static_cast<size_t>(m->size_), protection, flags, fd, 0);
    const bool mapped = m->data_ != MAP_FAILED;
    Status s = mapped ? Status() : io::SystemError("map", path);
    close(fd);
    if (!mapped) return s;
    return m;
  }
  ~Mapping() {
    if (data_ && data_ != MAP_FAILED) munmap(data_, static_cast<size_t>(size_));
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  int64_t size() const { return size_; }
  char* data() const { return static_cast<char*>(data_); }

 private:
  Mapping() = default;
  void* data_ = nullptr;
  int64_t size_ = 0;
};

Status Damaged(const Node& n, const std::string& why) {
  return NodeError(n, "file", DataLoss(fmt::format("has a constant in a file of its own {}", why)));
}

// What the attribute says.
struct Place {
  int64_t number = 0, offset = 0, bytes = 0;
  Shape shape;
};

Result<Place> PlaceOf(const Node& n, const AttrValue& v) {
  const AttrList* list = v.get<AttrList>();
  if (!list || list->i.size() < 3 || list->i.size() > 3 + size_t{kMaxRank}) return Damaged(n, "in a form that is none");
  auto shape = Shape::Make(Dims(list->i.begin() + 3, list->i.end()));
  if (!shape.ok()) return Damaged(n, "of an impossible shape");
  return Place{list->i[0], list->i[1], list->i[2], *shape};
}

Result<Tensor> TensorAt(const Node& n, const Place& p, const std::shared_ptr<Mapping>& file) {
  const DType dtype = n.attr<DType>("dtype");
  int64_t want = 0;
  const bool fits = IsPlain(dtype) && CheckedMul(p.shape.num_elements(), static_cast<int64_t>(SizeOf(dtype)), &want) &&
                    want == p.bytes && p.offset >= kAlignment && p.offset % kAlignment == 0 &&
                    p.offset <= file->size() && p.bytes <= file->size() - p.offset;
  if (!fits) return Damaged(n, fmt::format("at {}, of {} bytes, which are not there", p.offset, p.bytes));
  char* data = file->data() + p.offset;
  if (dtype == kBool) {  // in C++ no byte but 0 and 1 is a bool
    for (int64_t i = 0; i < p.bytes; ++i) {
      if (static_cast<unsigned char>(data[i]) > 1) return Damaged(n, "that is no list of booleans");
    }
  }
  return Tensor::Wrap(dtype, p.shape, data, [file] {});
}

}  // namespace

Result<Graph> WriteConstants(const Graph& g, const std::string& path) {
  Graph rest = g;
  std::random_device random;
  const int64_t number = static_cast<int64_t>(random()) << 31 ^ static_cast<int64_t>(random());
  WEIR_ASSIGN_OR_RETURN(auto file, io::AsideFile::Create(NameOf(path, number)));
  const std::string header = Header(number), zeros(kAlignment, '\0');
  WEIR_RETURN_IF_ERROR(file->Write(header.data(), header.size()));
  for (NodeId id : g.nodes()) {
    const AttrValue* value = g[id].Is("Const") ? g[id].FindAttr("value") : nullptr;
    const Tensor* t = value ? value->get<Tensor>() : nullptr;
    if (!t || t->opaque() || !IsPlain(t->dtype()) || t->bytes() < kAsideFrom) continue;
    const int64_t offset = Aligned(file->written());
    WEIR_RETURN_IF_ERROR(file->Write(zeros.data(), static_cast<size_t>(offset - file->written())));
    WEIR_RETURN_IF_ERROR(file->Write(t->raw(), static_cast<size_t>(t->bytes())));
    AttrList place;
    place.i = {number, offset, t->bytes()};
    place.i.insert(place.i.end(), t->shape().dims().begin(), t->shape().dims().end());
    AttrMap attrs = g[id].attrs();
    attrs.erase("value");
    attrs.emplace(kAttr, AttrValue(std::move(place)));
    WEIR_RETURN_IF_ERROR(rest.SetOp(id, "Const", std::move(attrs)));
  }
  WEIR_RETURN_IF_ERROR(file->Sync());
  WEIR_RETURN_IF_ERROR(file->Commit());
  return rest;
}

void RemoveOldConstants(const Graph& without, const std::string& path) {
  std::string now;
  for (NodeId id : without.nodes()) {
    const AttrValue* attr = without[id].Is("Const") ? without[id].FindAttr(kAttr) : nullptr;
    const AttrList* place = attr ? attr->get<AttrList>() : nullptr;
    if (place && !place->i.empty()) now = NameOf(path, place->i[0]);
  }
  std::error_code error;
  const std::string base = path.substr(path.rfind('/') + 1);
  std::vector<std::string> old;
  for (std::filesystem::directory_iterator it(io::DirectoryOf(path), error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    const size_t digits = base.size() + 1;
    if (name.size() == NameOf(base, 0).size() && name.starts_with(base + ".") && name.ends_with(".constants") &&
        name.find_first_not_of("0123456789abcdef", digits) == digits + 16)
      old.push_back(it->path().string());
  }
  for (const std::string& file : old) {
    if (std::filesystem::path(file).filename() != std::filesystem::path(now).filename()) unlink(file.c_str());
  }
}

Status MapConstants(const std::string& path, Graph* g) {
  std::shared_ptr<Mapping> file;
  for (NodeId id : g->nodes()) {
    const AttrValue* attr = (*g)[id].Is("Const") ? (*g)[id].FindAttr(kAttr) : nullptr;
    if (!attr) continue;
    WEIR_ASSIGN_OR_RETURN(const Place place, PlaceOf((*g)[id], *attr));
    if (!file) {
      auto opened = Mapping::Open(NameOf(path, place.number));
      if (!opened.ok())
        return Status(opened.status()).Help(fmt::format("the constants of '{}' are in that file beside it", path));
      file = *opened;
    }
    const std::string header = Header(place.number);
    if (file->size() < kAlignment || std::memcmp(file->data(), header.data(), header.size()) != 0)
      return DataLoss(fmt::format("error[file]: '{}' has other constants", NameOf(path, place.number)));
    WEIR_ASSIGN_OR_RETURN(Tensor t, TensorAt((*g)[id], place, file));
    AttrMap attrs = (*g)[id].attrs();
    attrs.erase(kAttr);
    attrs["value"] = std::move(t);
    WEIR_RETURN_IF_ERROR(g->SetOp(id, "Const", std::move(attrs)));
  }
  return {};
}

}  // namespace weir
