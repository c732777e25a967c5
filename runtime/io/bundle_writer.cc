// Writing and merging of checkpoints: see bundle.h.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "weir/runtime/io/bundle.h"
#include "weir/runtime/io/bundle_internal.h"
#include "weir/graph/base/coding.h"
#include "weir/runtime/io/crc32c.h"

namespace weir::io {

namespace {

// Writes an index aside; then, once the data files have their names, gives it its own.
Status CommitIndex(const std::string& prefix, const std::map<std::string, BundleEntry>& entries, int num_shards,
                   auto&& name_data) {
  std::string path = BundleIndexPath(prefix), directory = DirectoryOf(prefix);
  WEIR_ASSIGN_OR_RETURN(auto index, AsideFile::Create(path));
  WEIR_ASSIGN_OR_RETURN(std::string bytes, IndexBytes(entries, num_shards));
  WEIR_RETURN_IF_ERROR(index->Write(bytes.data(), bytes.size()));
  WEIR_RETURN_IF_ERROR(index->Sync());
  if (unlink(path.c_str()) == 0) WEIR_RETURN_IF_ERROR(SyncDirectory(directory));
  Status named = name_data();
  if (named.ok()) named = index->Commit();
  if (named.ok()) return SyncDirectory(directory);
  // An index that is left aside says that the data are dead (session/save/checkpoint_folder.h).
  for (int i = 0; i < num_shards; ++i) {
    if (FileExists(BundleDataPath(prefix, i, num_shards))) index->Abandon();
  }
  return named;
}

}  // namespace

Result<BundleWriter> BundleWriter::Create(const std::string& prefix) {
  if (prefix.empty() || prefix.back() == '/')
    return InvalidArgument(fmt::format("error[file]: '{}' is no prefix for a checkpoint", prefix));
  BundleWriter w;
  w.prefix_ = prefix;
  WEIR_ASSIGN_OR_RETURN(w.data_, AsideFile::Create(BundleDataPath(prefix, 0, 1)));
  return w;
}

Result<BundleEntry> BundleWriter::WriteData(const std::string& name, const Tensor& t) {
  if (!IsSupported(t.dtype()))
    return Unimplemented(fmt::format("error[file]: '{:.200}' cannot be saved: tensors of dtype {} are not written",
                                     name, DTypeName(t.dtype())));
  BundleEntry e{.dtype = t.dtype(), .shape = t.shape(), .offset = data_->written()};
  uint32_t crc = 0;
  if (t.dtype() == kString) {
    std::string head;
    for (const std::string& s : t.span<std::string>()) {
      uint64_t n = s.size();
      PutVarint(&head, n);
      crc = n <= UINT32_MAX ? Crc32c(&n, 4, crc) : Crc32c(&n, 8, crc);
    }
    PutFixed32(&head, MaskCrc(crc));
    crc = Crc32c(head.data() + head.size() - 4, 4, crc);
    WEIR_RETURN_IF_ERROR(data_->Write(head.data(), head.size()));
    for (const std::string& s : t.span<std::string>()) {
      crc = Crc32c(s.data(), s.size(), crc);
      WEIR_RETURN_IF_ERROR(data_->Write(s.data(), s.size()));
    }
  } else {
    auto bytes = static_cast<size_t>(t.bytes());
    crc = Crc32c(t.raw(), bytes);
    WEIR_RETURN_IF_ERROR(data_->Write(t.raw(), bytes));
  }
  e.size = data_->written() - e.offset;
  e.crc = MaskCrc(crc);
  return e;
}

Status BundleWriter::Add(const std::string& name, const Tensor& t) {
  if (name.empty() || name.front() == '\0')
    return InvalidArgument("error[file]: a tensor cannot be saved without a name");
  if (entries_.count(name))
    return InvalidArgument(fmt::format("error[file]: two tensors are to be saved as '{:.200}'", name));
  WEIR_ASSIGN_OR_RETURN(entries_[name], WriteData(name, t));
  return {};
}

Status BundleWriter::AddSlice(const std::string& name, const Shape& full, const SliceSpec& slice, const Tensor& t) {
  WEIR_ASSIGN_OR_RETURN(const SliceSpec canonical, SliceToSave(name, full, slice, t));
  if (t.shape() == full) return Add(name, t);
  std::string key = SliceKey(name, canonical);
  BundleEntry& whole = entries_.emplace(name, BundleEntry{.dtype = t.dtype(), .shape = full}).first->second;
  bool fits = whole.dtype == t.dtype() && whole.shape == full && (whole.size == 0 || !whole.slices.empty());
  if (!fits || entries_.count(key)) return CannotSave(name, "its parts do not fit together");
  whole.slices.push_back(canonical);
  WEIR_ASSIGN_OR_RETURN(entries_[key], WriteData(name, t));
  return {};
}

Status BundleWriter::Finish() {
  WEIR_RETURN_IF_ERROR(data_->Sync());
  return CommitIndex(prefix_, entries_, 1, [&] { return data_->Commit(); });
}

class BundleMerger {
 public:
  BundleMerger(const std::string& destination, MergedSources sources)
      : destination_(destination), copy_(sources == MergedSources::kCopied) {}

  Status Add(const std::string& prefix) {
    WEIR_ASSIGN_OR_RETURN(BundleReader r, BundleReader::Open(prefix));
    if (r.is_v1()) {
      return InvalidArgument(fmt::format("error[file]: '{}' is a checkpoint of the old V1 format", prefix))
          .Help("convert it first");
    }
    if (copy_ && SameFile(BundleIndexPath(prefix), BundleIndexPath(destination_)))
      return InvalidArgument(fmt::format("error[file]: '{}' is to be merged into itself", prefix));
    auto first = static_cast<int32_t>(sources_.size());
    for (int i = 0; i < r.num_shards(); ++i) sources_.push_back(BundleDataPath(prefix, i, r.num_shards()));
    indices_.push_back(BundleIndexPath(prefix));
    for (const auto* all : {&r.entries_, &r.parts_}) {
      for (const auto& [key, e] : *all) WEIR_RETURN_IF_ERROR(AddEntry(key, e, first));
    }
    return {};
  }

  Status Finish() {
    auto shards = static_cast<int>(sources_.size());
    if (shards > kMaxShards)
      return InvalidArgument(fmt::format("error[file]: {} data files are too many to merge", shards));
    std::vector<std::unique_ptr<AsideFile>> copies;
    for (int i = 0; copy_ && i < shards; ++i) {
      WEIR_ASSIGN_OR_RETURN(auto copy, CopyAside(sources_[i], BundleDataPath(destination_, i, shards)));
      copies.push_back(std::move(copy));
    }
    auto name_data = [&]() -> Status {
      for (int i = 0; i < shards; ++i)
        WEIR_RETURN_IF_ERROR(copy_ ? copies[i]->Commit()
                                   : Rename(sources_[i], BundleDataPath(destination_, i, shards)));
      return {};
    };
    WEIR_RETURN_IF_ERROR(CommitIndex(destination_, entries_, shards, name_data));
    if (copy_) return {};
    for (const std::string& index : indices_) {
      if (index != BundleIndexPath(destination_)) unlink(index.c_str());
    }
    return {};
  }

 private:
  Status AddEntry(const std::string& key, BundleEntry e, int32_t first_shard) {
    if (e.slices.empty()) e.shard += first_shard;
    auto [it, added] = entries_.emplace(key, e);
    if (added) return {};
    BundleEntry& have = it->second;
    bool fits = !have.slices.empty() && !e.slices.empty() && have.dtype == e.dtype && have.shape == e.shape;
    if (!fits) return InvalidArgument(fmt::format("error[file]: two of the checkpoints to merge hold '{:.200}'", key));
    have.slices.insert(have.slices.end(), e.slices.begin(), e.slices.end());
    return {};
  }

  static bool SameFile(const std::string& a, const std::string& b) {
    std::error_code ignored;
    return std::filesystem::equivalent(a, b, ignored);
  }

  static Result<std::unique_ptr<AsideFile>> CopyAside(const std::string& from, const std::string& to) {
    WEIR_ASSIGN_OR_RETURN(auto source, RandomAccessFile::Open(from));
    WEIR_ASSIGN_OR_RETURN(auto copy, AsideFile::Create(to));
    WEIR_RETURN_IF_ERROR(copy->Reserve(source->size()));
    std::string part;
    for (int64_t at = 0; at < source->size(); at += static_cast<int64_t>(part.size())) {
      part.resize(static_cast<size_t>(std::min<int64_t>(1 << 20, source->size() - at)));
      WEIR_RETURN_IF_ERROR(source->Read(at, part.data(), part.size()));
      WEIR_RETURN_IF_ERROR(copy->Write(part.data(), part.size()));
    }
    WEIR_RETURN_IF_ERROR(copy->Sync());
    return copy;
  }

  const std::string destination_;
  const bool copy_;
  std::vector<std::string> sources_, indices_;
  std::map<std::string, BundleEntry> entries_;
};

Status MergeBundles(const std::vector<std::string>& prefixes, const std::string& destination, MergedSources sources) {
  if (prefixes.empty()) return InvalidArgument("error[file]: there are no checkpoints to merge");
  BundleMerger merger(destination, sources);
  for (const std::string& p : prefixes) WEIR_RETURN_IF_ERROR(merger.Add(p));
  return merger.Finish();
}

}  // namespace weir::io
