// Reading of checkpoints: see bundle.h.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "weir/runtime/io/bundle.h"
#include "weir/runtime/io/bundle_internal.h"
#include "weir/graph/base/coding.h"
#include "weir/runtime/io/crc32c.h"
#include "weir/runtime/io/key_table.h"
#include "weir/runtime/io/messages.h"
#include "weir/runtime/io/v1_checkpoint.h"

namespace weir::io {

namespace {

constexpr int64_t kIndexLimit = int64_t{1} << 30;
constexpr char kObjectGraph[] = "_CHECKPOINTABLE_OBJECT_GRAPH";

// What a user most likely meant by a path that is no prefix; "" when nothing comes to mind.
std::string RightPrefix(const std::string& path) {
  for (std::string_view ending : {".index", ".meta"}) {
    if (path.ends_with(ending)) return path.substr(0, path.size() - ending.size());
  }
  if (size_t data = path.rfind(".data-"); data != path.npos) return path.substr(0, data);
  return "";
}

// Prefixes of the checkpoints in a folder; a few.
std::vector<std::string> CheckpointsIn(const std::string& directory) {
  std::vector<std::string> prefixes;
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end && prefixes.size() < 3;
       it.increment(error)) {
    std::string path = it->path().string();
    if (path.ends_with(".index")) prefixes.push_back(path.substr(0, path.size() - 6));
  }
  return prefixes;
}

Status WrongPath(const std::string& prefix, const Status& why) {
  std::string right = RightPrefix(prefix);
  if (!right.empty() && FileExists(BundleIndexPath(right))) {
    return InvalidArgument(fmt::format("error[file]: '{}' is one of the files of a checkpoint, not its prefix", prefix))
        .Help(fmt::format("give '{}'", right));
  }
  bool state = prefix.ends_with("checkpoint") && FileExists(prefix);
  if (state || IsDirectory(prefix)) {
    return InvalidArgument(fmt::format("error[file]: '{}' is {}, not a checkpoint's prefix", prefix,
                                       state ? "a folder's checkpoint state" : "a folder"))
        .Help("give the path of a checkpoint in it without .index, as LatestCheckpoint tells it");
  }
  if (FileExists(prefix)) {
    return DataLoss(
        fmt::format("error[file]: '{}' is no checkpoint: there is no '{}'", prefix, BundleIndexPath(prefix)));
  }
  Status s = NotFound(fmt::format("error[file]: there is no checkpoint '{}': {}", prefix, Unmarked(why)));
  if (auto others = CheckpointsIn(DirectoryOf(prefix)); !others.empty())
    s = std::move(s).Detail(fmt::format("its folder has '{}'", fmt::join(others, "', '")));
  return std::move(s).Help(
      "a checkpoint is named by its prefix: the path of its .index file without '.index', as 'train/model-100'");
}

Status CheckHeader(const BundleHeader& header) {
  if (!header.little_endian) return Unimplemented("its numbers are big-endian");
  if (header.num_shards < 1 || header.num_shards > kMaxShards)
    return DataLoss(fmt::format("its header tells {} data files", header.num_shards));
  if (header.min_consumer > 1)
    return Unimplemented(fmt::format("it needs a reader of version {}", header.min_consumer));
  return {};
}

}  // namespace

Status BundleReader::Fail(const std::string& name, const std::string& what) const {
  return DataLoss(fmt::format("error[file]: the checkpoint '{}' is damaged: tensor '{:.200}' {}", prefix_, name, what));
}

Result<BundleReader> BundleReader::Open(const std::string& prefix) {
  BundleReader r;
  r.prefix_ = prefix;
  auto index = ReadFile(BundleIndexPath(prefix), kIndexLimit);
  if (!index.ok() && index.status().code() != Code::kNotFound) return index.status();
  if (!index.ok()) {
    const std::vector<std::string> files = V1Files(prefix);
    if (files.empty()) return WrongPath(prefix, index.status());
    WEIR_ASSIGN_OR_RETURN(V1Checkpoint v1, ReadV1Checkpoint(files));
    r.entries_ = std::move(v1.entries), r.parts_ = std::move(v1.parts), r.values_ = std::move(v1.values);
    return r;
  }
  auto in_file = [&](const Status& s) {
    return Status(s.code(), fmt::format("error[file]: '{}' cannot be read: {}", BundleIndexPath(prefix), Unmarked(s)));
  };
  WEIR_ASSIGN_OR_RETURN(const Messages* messages, GetMessages());
  auto table = ReadTable(*index);
  if (!table.ok()) return in_file(table.status());
  if (table->empty() || !table->front().first.empty()) return in_file(DataLoss("it has no header"));
  auto header = messages->parse_header(table->front().second);
  if (!header.ok()) return in_file(header.status());
  if (Status s = CheckHeader(*header); !s.ok()) return in_file(s);
  const int num_shards = header->num_shards;
  for (size_t i = 1; i < table->size(); ++i) {
    auto& [key, value] = (*table)[i];
    auto entry = messages->parse_entry(value);
    if (!entry.ok()) return r.Fail(key, entry.status().message());
    if (entry->slices.empty() && (entry->shard < 0 || entry->shard >= num_shards))
      return r.Fail(key, fmt::format("is in data file {} of {}", entry->shard, num_shards));
    auto& into = key.starts_with('\0') ? r.parts_ : r.entries_;
    into.emplace_hint(into.end(), std::move(key), std::move(*entry));
  }
  for (int i = 0; i < num_shards; ++i) {
    WEIR_ASSIGN_OR_RETURN(auto shard, RandomAccessFile::Open(BundleDataPath(prefix, i, num_shards)));
    r.shards_.push_back(std::move(shard));
  }
  return r;
}

bool CheckpointExists(const std::string& prefix) {
  return FileExists(BundleIndexPath(prefix)) || !V1Files(prefix).empty();
}

Result<std::map<std::string, std::string>> BundleReader::ObjectNames() const {
  if (!Find(kObjectGraph)) return std::map<std::string, std::string>();
  WEIR_ASSIGN_OR_RETURN(const Messages* messages, GetMessages());
  WEIR_ASSIGN_OR_RETURN(const Tensor graph, Read(kObjectGraph));
  if (graph.dtype() != kString || graph.num_elements() != 1) return Fail(kObjectGraph, "is no graph of objects");
  return messages->parse_object_names(graph.data<std::string>()[0]);
}

const BundleEntry* BundleReader::Find(const std::string& name) const {
  auto it = entries_.find(name);
  return it == entries_.end() ? nullptr : &it->second;
}

int64_t BundleReader::data_bytes() const {
  int64_t total = 0;
  for (const auto* all : {&entries_, &parts_}) {
    for (const auto& [name, e] : *all) total += e.slices.empty() ? e.size : 0;
  }
  return total;
}

Status BundleReader::CheckBounds(const std::string& name, const BundleEntry& e) const {
  const auto& file = shards_[e.shard];
  if (e.offset < 0 || e.size < 0 || e.offset > file->size() || e.size > file->size() - e.offset) {
    return Fail(name, fmt::format("has {} bytes at {}, but '{}' has {}", e.size, e.offset, file->path(), file->size()));
  }
  if (!IsPlain(e.dtype)) return {};
  int64_t want = 0;
  if (!CheckedMul(e.shape.num_elements(), static_cast<int64_t>(SizeOf(e.dtype)), &want) || want != e.size) {
    return Fail(name, fmt::format("has {} bytes where {}{} needs {}", e.size, DTypeShortName(e.dtype),
                                  e.shape.ToString(), want));
  }
  return {};
}

Result<Tensor> BundleReader::Read(const std::string& name) const {
  const BundleEntry* e = Find(name);
  if (!e) return NotFound(fmt::format("error[file]: the checkpoint '{}' has no tensor '{:.200}'", prefix_, name));
  if (!IsSupported(e->dtype))
    return Unimplemented(
        fmt::format("error[file]: tensor '{}' of the checkpoint '{}' is {}, which Weir does not compute with", name,
                    prefix_, DTypeName(e->dtype)));
  return e->slices.empty() ? ReadWhole(name, *e) : ReadParts(name, *e);
}

Result<Tensor> BundleReader::ReadSlice(const std::string& name, const SliceSpec& slice) const {
  WEIR_ASSIGN_OR_RETURN(Tensor whole, Read(name));
  if (slice.start.empty()) return whole;
  WEIR_ASSIGN_OR_RETURN(Shape extent, slice.Within(whole.shape()));
  WEIR_ASSIGN_OR_RETURN(Tensor part, Tensor::Allocate(whole.dtype(), extent));
  CopyBox(whole, slice.start, &part, std::vector<int64_t>(extent.rank(), 0), extent);
  return part;
}

Result<Tensor> BundleReader::ReadWhole(const std::string& name, const BundleEntry& e) const {
  if (is_v1()) {
    auto value = V1Value(values_[static_cast<size_t>(e.offset)], e.dtype, e.shape);
    return value.ok() ? value : Fail(name, value.status().message());
  }
  WEIR_RETURN_IF_ERROR(CheckBounds(name, e));
  if (e.dtype == kString) return ReadStrings(name, e);
  WEIR_ASSIGN_OR_RETURN(Tensor t, Tensor::Allocate(e.dtype, e.shape));
  WEIR_RETURN_IF_ERROR(shards_[e.shard]->Read(e.offset, t.mutable_raw(), static_cast<size_t>(e.size)));
  if (MaskCrc(Crc32c(t.raw(), static_cast<size_t>(e.size))) != e.crc) return Fail(name, "does not match its checksum");
  if (e.dtype == kBool) {  // in C++ no byte but 0 and 1 is a bool
    auto* b = static_cast<uint8_t*>(t.mutable_raw());
    std::transform(b, b + e.size, b, [](uint8_t v) { return static_cast<uint8_t>(v != 0); });
  }
  return t;
}

// Lengths as varints, a checksum of them, then all the bytes.
Result<Tensor> BundleReader::ReadStrings(const std::string& name, const BundleEntry& e) const {
  int64_t n = e.shape.num_elements();
  if (n > e.size) return Fail(name, fmt::format("has {} bytes for {} strings", e.size, n));
  WEIR_ASSIGN_OR_RETURN(auto buffer, Buffer::Allocate(e.size, "the strings of '" + name + "'"));
  WEIR_RETURN_IF_ERROR(shards_[e.shard]->Read(e.offset, buffer->data(), static_cast<size_t>(e.size)));
  std::string_view in(static_cast<const char*>(buffer->data()), static_cast<size_t>(e.size));
  std::vector<uint64_t> lengths(static_cast<size_t>(n));
  uint32_t crc = 0;
  for (uint64_t& length : lengths) {
    if (!TakeVarint(&in, &length) || length > static_cast<uint64_t>(e.size))
      return Fail(name, "has malformed lengths of strings");
    crc = length <= UINT32_MAX ? Crc32c(&length, 4, crc) : Crc32c(&length, 8, crc);
  }
  if (in.size() < 4 || MaskCrc(crc) != Fixed32At(in.data()))
    return Fail(name, "does not match the checksum of its lengths");
  if (MaskCrc(Crc32c(in.data(), in.size(), crc)) != e.crc) return Fail(name, "does not match its checksum");
  in.remove_prefix(4);
  WEIR_ASSIGN_OR_RETURN(Tensor t, Tensor::Allocate(kString, e.shape));
  for (int64_t i = 0; i < n; ++i) {
    if (lengths[i] > in.size()) return Fail(name, "has strings beyond its end");
    t.mutable_data<std::string>()[i] = in.substr(0, lengths[i]);
    in.remove_prefix(lengths[i]);
  }
  return in.empty() ? Result<Tensor>(t) : Result<Tensor>(Fail(name, "has bytes that belong to no string"));
}

Result<Tensor> BundleReader::ReadParts(const std::string& name, const BundleEntry& e) const {
  int64_t covered = 0;
  for (const SliceSpec& s : e.slices) {
    WEIR_ASSIGN_OR_RETURN(Shape extent, s.Within(e.shape));
    if (!CheckedAdd(covered, extent.num_elements(), &covered)) return Fail(name, "has parts that overlap");
  }
  if (covered != e.shape.num_elements())
    return Fail(name, fmt::format("has parts of {} elements for the shape {}", covered, e.shape.ToString()));
  WEIR_ASSIGN_OR_RETURN(Tensor whole, Tensor::AllocateZeros(e.dtype, e.shape));
  for (const SliceSpec& s : e.slices) {
    auto it = parts_.find(SliceKey(name, s));
    if (it == parts_.end()) return Fail(name, "lacks a part");
    WEIR_ASSIGN_OR_RETURN(Shape extent, s.Within(e.shape));
    if (!(it->second.shape == extent) || it->second.dtype != e.dtype)
      return Fail(name, "has a part of another dtype or shape");
    WEIR_ASSIGN_OR_RETURN(Tensor part, ReadWhole(name, it->second));
    CopyBox(part, std::vector<int64_t>(extent.rank(), 0), &whole, s.start, extent);
  }
  return whole;
}

Status BundleReader::Verify(const std::string& name) const {
  const BundleEntry* e = Find(name);
  if (!e || IsSupported(e->dtype) || is_v1()) return Read(name).status();
  WEIR_RETURN_IF_ERROR(CheckBounds(name, *e));
  std::vector<char> part(1 << 20);
  uint32_t crc = 0;
  for (int64_t done = 0; done < e->size;) {
    auto n = std::min<int64_t>(e->size - done, static_cast<int64_t>(part.size()));
    WEIR_RETURN_IF_ERROR(shards_[e->shard]->Read(e->offset + done, part.data(), static_cast<size_t>(n)));
    crc = Crc32c(part.data(), static_cast<size_t>(n), crc);
    done += n;
  }
  // A variant's entry has checksums of a kind of its own: only its place is checked.
  if (e->dtype == DType::kVariant || MaskCrc(crc) == e->crc) return {};
  return Fail(name, "does not match its checksum");
}

Status BundleReader::VerifyAll() const {
  for (const auto& [name, e] : entries_) WEIR_RETURN_IF_ERROR(Verify(name));
  return {};
}

}  // namespace weir::io
