#include "weir/session/saver.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>

#include "weir/runtime/io/bundle.h"
#include "weir/runtime/io/checkpoint_state.h"
#include "weir/session/session.h"

namespace weir {

namespace {

constexpr std::string_view kRandomKey = "_weir/random/";

// Holds a folder, so that two savers do not change its state at once.
class FolderLock {
 public:
  explicit FolderLock(const std::string& directory) : fd_(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    while (fd_ >= 0 && flock(fd_, LOCK_EX) != 0 && errno == EINTR) {
    }
  }
  ~FolderLock() {
    if (fd_ >= 0) close(fd_);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int fd_;
};

std::vector<std::string> FilesIn(const std::string& directory) {
  std::vector<std::string> names;
  std::unique_ptr<DIR, int (*)(DIR*)> d(opendir(directory.c_str()), closedir);
  while (dirent* e = d ? readdir(d.get()) : nullptr) names.push_back(e->d_name);
  std::sort(names.begin(), names.end());
  return names;
}

std::string BaseName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// Deletes the files of one checkpoint, the index first: without it the others are no checkpoint.
void Delete(const std::string& path) {
  unlink(io::BundleIndexPath(path).c_str());
  unlink((path + ".meta").c_str());
  std::string directory = io::DirectoryOf(path), start = BaseName(path) + ".data-";
  for (const std::string& name : FilesIn(directory)) {
    if (name.starts_with(start)) unlink((directory + "/" + name).c_str());
  }
}

Status CheckSound(const std::string& path) {
  WEIR_ASSIGN_OR_RETURN(auto reader, io::BundleReader::Open(path));
  return reader.VerifyAll();
}

// Whether `name` is `base` or `base-123`.
bool IsOf(const std::string& name, const std::string& base) {
  if (name == base) return true;
  std::string_view rest(name);
  if (!rest.starts_with(base + "-")) return false;
  rest.remove_prefix(base.size() + 1);
  return !rest.empty() && rest.find_first_not_of("0123456789") == rest.npos;
}

// The checkpoints of a folder, oldest first, by the ages of their indices.
std::vector<std::string> ByAge(const std::string& directory) {
  std::vector<std::pair<std::pair<int64_t, int64_t>, std::string>> found;
  for (const std::string& name : FilesIn(directory)) {
    struct stat s;
    if (!name.ends_with(".index") || stat((directory + "/" + name).c_str(), &s) != 0) continue;
    found.push_back({{s.st_mtim.tv_sec, s.st_mtim.tv_nsec}, name.substr(0, name.size() - 6)});
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> paths;
  for (auto& [age, name] : found) paths.push_back(std::move(name));
  return paths;
}

}  // namespace

std::vector<std::string> CheckpointNames(const Graph& g) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (NodeId id : g.nodes()) {
    const Node& n = g[id];
    if (!n.Is("VarHandleOp") && !n.Is("VariableV2") && !n.Is("Variable")) continue;
    std::string shared = n.attr<std::string>("shared_name");
    std::string name = shared.empty() ? n.name() : shared;
    if (seen.insert(name).second) names.push_back(std::move(name));
  }
  return names;
}

Saver::Saver(Session* session, SaverOptions options) : session_(session), options_(std::move(options)) {}

std::vector<std::string> Saver::Variables() const {
  return options_.variables.empty() ? CheckpointNames(session_->graph()) : options_.variables;
}

Status Saver::Write(const std::string& path) const {
  std::map<std::string, Tensor> tensors;
  for (const std::string& name : Variables()) {
    auto value = session_->GetVariable(name);
    if (!value.ok()) {
      return FailedPrecondition(fmt::format("error[variable]: variable '{}' cannot be saved: it has no value", name))
          .Help("run its initialiser first, or name the variables to save in SaverOptions");
    }
    tensors[name] = std::move(*value);
  }
  if (options_.random_states) {
    for (const auto& [node, state] : session_->RandomStates())
      tensors[std::string(kRandomKey) + node] = Tensor::Vector(state);
  }
  if (tensors.empty()) return FailedPrecondition("error[variable]: there are no variables to save");
  WEIR_ASSIGN_OR_RETURN(auto writer, io::BundleWriter::Create(path));
  int64_t bytes = 0;
  for (const auto& [name, t] : tensors) bytes += t.bytes();
  WEIR_RETURN_IF_ERROR(writer.Reserve(bytes));
  for (const auto& [name, t] : tensors) WEIR_RETURN_IF_ERROR(writer.Add(name, t));
  return writer.Finish();
}

// Puts `path` into the folder's state, last, and deletes the oldest of its prefix that are too many.
Status Saver::Retire(const std::string& prefix, const std::string& path) const {
  std::string directory = io::DirectoryOf(path), base = BaseName(prefix), name = BaseName(path);
  auto read = io::ReadCheckpointState(directory);
  io::CheckpointState old = read.ok() ? *read : io::CheckpointState{.paths = ByAge(directory)}, state;
  for (size_t i = 0; i < old.paths.size(); ++i) {
    std::string other = io::ResolveCheckpoint(directory, old.paths[i]);
    if (BaseName(other) == name || !io::FileExists(io::BundleIndexPath(other))) continue;
    state.paths.push_back(old.paths[i]);
    state.timestamps.push_back(old.timestamps.empty() ? 0 : old.timestamps[i]);
  }
  double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  state.paths.push_back(name), state.timestamps.push_back(now), state.latest = name;
  std::vector<std::string> doomed;
  int64_t count = std::count_if(state.paths.begin(), state.paths.end(),
                                [&](const std::string& p) { return IsOf(BaseName(p), base); });
  for (size_t i = 0; options_.max_to_keep > 0 && count > options_.max_to_keep && i < state.paths.size();) {
    if (!IsOf(BaseName(state.paths[i]), base)) {
      ++i;
      continue;
    }
    doomed.push_back(io::ResolveCheckpoint(directory, state.paths[i]));
    state.paths.erase(state.paths.begin() + static_cast<int64_t>(i));
    state.timestamps.erase(state.timestamps.begin() + static_cast<int64_t>(i));
    --count;
  }
  WEIR_RETURN_IF_ERROR(io::WriteCheckpointState(directory, state));
  for (const std::string& p : doomed) Delete(p);
  return {};
}

Result<std::string> Saver::Save(const std::string& prefix, int64_t step) const {
  std::string path = step >= 0 ? fmt::format("{}-{}", prefix, step) : prefix;
  FolderLock lock(io::DirectoryOf(path));
  WEIR_RETURN_IF_ERROR(Write(path));
  WEIR_RETURN_IF_ERROR(CheckSound(path));
  WEIR_RETURN_IF_ERROR(Retire(prefix, path));
  return path;
}

Status Saver::Restore(const std::string& path) const {
  WEIR_ASSIGN_OR_RETURN(auto reader, io::BundleReader::Open(path));
  std::vector<std::string> missing, present;
  for (const auto& [name, e] : reader.entries()) present.push_back(name);
  std::vector<std::pair<std::string, Tensor>> values;
  for (const std::string& name : Variables()) {
    if (!reader.Find(name)) {
      missing.push_back(name);
      continue;
    }
    WEIR_ASSIGN_OR_RETURN(Tensor t, reader.Read(name));
    values.push_back({name, std::move(t)});
  }
  if (!missing.empty()) {
    Status s = NotFound(
        fmt::format("error[file]: the checkpoint '{}' lacks {} of the graph's variables", path, missing.size()));
    for (size_t i = 0; i < missing.size() && i < 5; ++i) {
      auto near = NearestNames(missing[i], present);
      s = std::move(s).Detail(
          fmt::format("'{}'{}", missing[i], near.empty() ? "" : fmt::format(": it has '{}'", near[0])));
    }
    return s;
  }
  std::map<std::string, std::vector<uint64_t>> states;
  for (const std::string& name : present) {
    if (!options_.random_states || !name.starts_with(kRandomKey)) continue;
    WEIR_ASSIGN_OR_RETURN(Tensor t, reader.Read(name));
    if (t.dtype() != kUint64)
      return DataLoss(fmt::format("error[file]: '{}' of the checkpoint '{}' is no random state", name, path));
    states[name.substr(kRandomKey.size())].assign(t.span<uint64_t>().begin(), t.span<uint64_t>().end());
  }
  for (const auto& [name, t] : values) {
    if (Status s = session_->SetVariable(name, t); !s.ok()) return std::move(s).Detail(fmt::format("read from the checkpoint '{}'", path));
  }
  session_->SetRandomStates(states);
  return {};
}

Result<std::string> LatestCheckpoint(const std::string& directory, std::vector<std::string>* skipped) {
  if (!io::IsDirectory(directory)) return NotFound(fmt::format("error[file]: there is no folder '{}'", directory));
  auto state = io::ReadCheckpointState(directory);
  std::vector<std::string> candidates = state.ok() ? state->paths : ByAge(directory);
  if (state.ok() && !state->latest.empty()) candidates.push_back(state->latest);
  std::set<std::string> tried;
  for (auto it = candidates.rbegin(); it != candidates.rend(); ++it) {
    std::string path = io::ResolveCheckpoint(directory, *it);
    if (!tried.insert(path).second) continue;
    Status s = CheckSound(path);
    if (s.ok()) return path;
    if (skipped) skipped->push_back(s.message());
  }
  if (tried.empty()) return NotFound(fmt::format("error[file]: there is no checkpoint in '{}'", directory));
  return DataLoss(fmt::format("error[file]: none of the {} checkpoints in '{}' is sound", tried.size(), directory));
}

}  // namespace weir
