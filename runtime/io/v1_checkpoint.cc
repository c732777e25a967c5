#include "weir/runtime/io/v1_checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "weir/runtime/io/bundle_internal.h"
#include "weir/runtime/io/messages.h"
#include "weir/runtime/io/key_table.h"

namespace weir::io {

namespace {

constexpr int64_t kFileLimit = int64_t{1} << 33;

bool EndsAsTable(const std::string& path) {
  constexpr int64_t kTail = 48;
  auto file = IsDirectory(path) ? NotFound("") : RandomAccessFile::Open(path);
  char tail[kTail];
  return file.ok() && (*file)->size() >= kTail && (*file)->Read((*file)->size() - kTail, tail, kTail).ok() &&
         IsTable({tail, kTail});
}

SliceSpec Whole(const Shape& shape) {
  return {std::vector<int64_t>(shape.rank(), 0), std::vector<int64_t>(shape.rank(), -1)};
}

bool IsWhole(const SliceSpec& s) {
  return std::all_of(s.length.begin(), s.length.end(), [](int64_t n) { return n < 0; });
}

// A file's tensors and slices, with the elements that its table has for each.
Status AddFile(const TableEntries& table, const Messages& messages, V1Checkpoint* all) {
  if (table.empty() || !table.front().first.empty()) return DataLoss("it has no header");
  std::map<std::string_view, std::string_view> values(table.begin() + 1, table.end());
  WEIR_ASSIGN_OR_RETURN(auto tensors, messages.parse_v1_tensors(table.front().second));
  for (auto& [name, e] : tensors) {
    auto [it, added] = all->entries.emplace(name, BundleEntry{.dtype = e.dtype, .shape = e.shape});
    if (!added && (it->second.dtype != e.dtype || !(it->second.shape == e.shape)))
      return DataLoss(fmt::format("tensor '{:.200}' is of several dtypes or shapes", name));
    for (const SliceSpec& slice : e.slices) {
      const std::string key = SliceKey(name, slice);
      auto value = values.find(key);
      WEIR_ASSIGN_OR_RETURN(const Shape extent, slice.Within(e.shape));
      if (value == values.end()) return DataLoss(fmt::format("tensor '{:.200}' lacks a part", name));
      BundleEntry part{.dtype = e.dtype, .shape = extent, .offset = static_cast<int64_t>(all->values.size()),
                       .size = static_cast<int64_t>(value->second.size())};
      all->values.emplace_back(value->second);
      if (IsWhole(slice) && it->second.slices.empty()) {
        it->second = std::move(part);
      } else {
        it->second.slices.push_back(slice);
        all->parts.emplace(key, std::move(part));
      }
    }
  }
  return {};
}

}  // namespace

std::vector<std::string> V1Files(const std::string& path) {
  if (path.ends_with(".index")) return {};  // a table, too, of a newer checkpoint
  if (EndsAsTable(path)) return {path};
  const size_t pattern = path.rfind("-\?\?\?\?\?-of-");  // "??-" would be a trigraph
  const std::string prefix = path.substr(0, pattern);
  std::vector<std::string> files;
  const std::string name = prefix.substr(prefix.rfind('/') + 1) + "-";
  std::error_code error;
  for (std::filesystem::directory_iterator it(DirectoryOf(prefix), error), end; !error && it != end;
       it.increment(error)) {
    const std::string file = it->path().filename().string();
    if (!file.starts_with(name) || file.size() != name.size() + 14) continue;
    const std::string whole = it->path().string();
    if (file.substr(name.size() + 5, 4) == "-of-" && EndsAsTable(whole)) files.push_back(whole);
  }
  std::sort(files.begin(), files.end());
  auto told = [&] { return std::strtoul(files[0].c_str() + files[0].size() - 5, nullptr, 10); };
  return files.empty() || files.size() != told() ? std::vector<std::string>() : files;
}

Result<V1Checkpoint> ReadV1Checkpoint(const std::vector<std::string>& files) {
  WEIR_ASSIGN_OR_RETURN(const Messages* messages, GetMessages());
  V1Checkpoint all;
  for (const std::string& path : files) {
    WEIR_ASSIGN_OR_RETURN(const std::string content, ReadFile(path, kFileLimit));
    auto table = ReadTable(content);
    Status s = table.ok() ? AddFile(*table, *messages, &all) : table.status();
    if (!s.ok()) return Status(s.code(), fmt::format("error[file]: '{}' cannot be read: {}", path, Unmarked(s)));
  }
  return all;
}

Result<Tensor> V1Value(const std::string& bytes, DType dtype, const Shape& shape) {
  WEIR_ASSIGN_OR_RETURN(const Messages* messages, GetMessages());
  return messages->parse_v1_slice(bytes, dtype, shape);
}

Status V1Writer::Add(const std::string& name, const Tensor& t) {
  return AddSlice(name, t.shape(), Whole(t.shape()), t);
}

Status V1Writer::AddSlice(const std::string& name, const Shape& full, const SliceSpec& slice, const Tensor& t) {
  if (!HasFileForm(t.dtype()))
    return CannotSave(name, fmt::format("tensors of dtype {} are not written", DTypeName(t.dtype())));
  WEIR_ASSIGN_OR_RETURN(const SliceSpec canonical, SliceToSave(name, full, slice, t));
  WEIR_ASSIGN_OR_RETURN(const Messages* messages, GetMessages());
  auto [it, added] = entries_.emplace(name, BundleEntry{.dtype = t.dtype(), .shape = full});
  if (!added && (it->second.dtype != t.dtype() || !(it->second.shape == full)))
    return CannotSave(name, "parts of it have several dtypes or shapes");
  if (!values_.emplace(SliceKey(name, canonical), messages->v1_slice_bytes(name, canonical, t)).second)
    return CannotSave(name, "a part of it is there twice");
  it->second.slices.push_back(canonical);
  return {};
}

Status V1Writer::Finish(const std::string& path) {
  WEIR_ASSIGN_OR_RETURN(const Messages* messages, GetMessages());
  TableBuilder table;
  table.Add("", messages->v1_tensors_bytes(entries_));
  for (const auto& [key, bytes] : values_) table.Add(key, bytes);
  return WriteFile(path, table.Finish());
}

}  // namespace weir::io
