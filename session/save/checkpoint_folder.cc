#include "weir/session/save/checkpoint_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>

#include "weir/runtime/io/bundle.h"

namespace weir {

namespace {

constexpr std::string_view kRetired = ".tempRETIRE";  // the index of a checkpoint that is being deleted

std::vector<std::string> FilesIn(const std::string& directory) {
  std::vector<std::string> names;
  std::unique_ptr<DIR, int (*)(DIR*)> d(opendir(directory.c_str()), closedir);
  while (dirent* e = d ? readdir(d.get()) : nullptr) names.push_back(e->d_name);
  std::sort(names.begin(), names.end());
  return names;
}

std::string BaseName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// "net-3.index.tempAb3dEf" is "net-3.index", written aside; "" for any other name. TensorFlow's are called
// ".tempstate…".
std::string WrittenAside(const std::string& name) {
  constexpr size_t kRandom = 6;
  if (name.size() < kRandom + 6) return "";
  std::string random = name.substr(name.size() - kRandom), rest = name.substr(0, name.size() - kRandom);
  bool alnum = std::all_of(random.begin(), random.end(), [](unsigned char c) { return std::isalnum(c); });
  return alnum && rest.ends_with(".temp") && !random.starts_with("state") ? rest.substr(0, rest.size() - 5) : "";
}

// The checkpoint that a file belongs to: "net-3" of "net-3.index" and "net-3.data-00000-of-00001"; "" for other names.
std::string CheckpointOf(const std::string& name) {
  if (name.ends_with(".index")) return name.substr(0, name.size() - 6);
  size_t data = name.rfind(".data-");
  return data == name.npos ? "" : name.substr(0, data);
}

// Locks a file that is written aside unless a live process does.
class DeadFile {
 public:
  explicit DeadFile(const std::string& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) {
    dead_ = fd_ >= 0 && flock(fd_, LOCK_EX | LOCK_NB) == 0;
  }
  ~DeadFile() {
    if (fd_ >= 0) close(fd_);
  }
  DeadFile(DeadFile&& o) noexcept : fd_(std::exchange(o.fd_, -1)), dead_(o.dead_) {}
  bool dead() const { return dead_; }

 private:
  int fd_;
  bool dead_ = false;
};

double Now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

bool OlderThan(const std::string& path, const std::string& other) {
  struct stat a, b;
  if (stat(path.c_str(), &a) != 0 || stat(other.c_str(), &b) != 0) return false;
  return std::pair(a.st_mtim.tv_sec, a.st_mtim.tv_nsec) <= std::pair(b.st_mtim.tv_sec, b.st_mtim.tv_nsec);
}

// Deletes data that an index written aside, now dead, says to be dead: older than it, or retired with it. False when
// something could not be deleted.
bool DeleteData(const std::string& directory, const std::string& checkpoint, const std::string& index) {
  bool retired = index.ends_with(kRetired), gone = true;
  for (const std::string& name : FilesIn(directory)) {
    if (!name.starts_with(checkpoint + ".data-") || !WrittenAside(name).empty()) continue;
    std::string path = directory + "/" + name;
    if (retired || OlderThan(path, directory + "/" + index)) gone &= unlink(path.c_str()) == 0;
  }
  if (retired) unlink((directory + "/" + checkpoint + ".meta").c_str());
  return gone;
}

// What is left can be told to be dead at any moment. False when the checkpoint is as it was.
bool Delete(const std::string& path) {
  std::string index = io::BundleIndexPath(path), retired = index + std::string(kRetired);
  if (rename(index.c_str(), retired.c_str()) != 0) return false;
  if (DeleteData(io::DirectoryOf(path), BaseName(path), BaseName(retired))) unlink(retired.c_str());
  return true;
}

}  // namespace

std::vector<std::string> CheckpointsByAge(const std::string& directory) {
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

CheckpointFolder::CheckpointFolder(const std::string& prefix)
    : directory_(io::DirectoryOf(prefix)),
      base_(BaseName(prefix)),
      lock_(open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  while (lock_ >= 0 && flock(lock_, LOCK_EX) != 0 && errno == EINTR) {}
}

CheckpointFolder::~CheckpointFolder() {
  if (lock_ >= 0) close(lock_);
}

bool CheckpointFolder::IsOurs(const std::string& name) const {
  if (name == base_) return true;
  std::string_view rest(name);
  if (!rest.starts_with(base_ + "-")) return false;
  rest.remove_prefix(base_.size() + 1);
  return !rest.empty() && rest.find_first_not_of("0123456789") == rest.npos;
}

void CheckpointFolder::Clean() const {
  std::vector<std::pair<std::string, DeadFile>> dead;
  std::vector<std::string> done;
  std::set<std::string> alive;  // checkpoints that a live process writes
  for (const std::string& name : FilesIn(directory_)) {
    std::string file = WrittenAside(name), checkpoint = CheckpointOf(file);
    bool ours = file == "checkpoint" || (!checkpoint.empty() && IsOurs(checkpoint));
    if (!ours) continue;
    DeadFile locked(directory_ + "/" + name);
    if (locked.dead()) dead.emplace_back(name, std::move(locked));
    else alive.insert(checkpoint);
  }
  for (const auto& [name, locked] : dead) {
    std::string file = WrittenAside(name), checkpoint = CheckpointOf(file), path = directory_ + "/" + checkpoint;
    bool orphans = file.ends_with(".index") && !alive.count(checkpoint) && !io::FileExists(io::BundleIndexPath(path));
    if (!orphans || DeleteData(directory_, checkpoint, name)) done.push_back(name);
  }
  for (const std::string& name : done) unlink((directory_ + "/" + name).c_str());
}

Status CheckpointFolder::Enter(const std::string& path) {
  if (base_.empty())
    return InvalidArgument("error[file]: '" + directory_ + "/' is no prefix for a checkpoint").Help("add a name");
  auto read = io::ReadCheckpointState(directory_);
  if (read.ok()) before_ = *read;
  else if (read.status().code() != Code::kNotFound && read.status().code() != Code::kDataLoss) return read.status();
  io::CheckpointState state = before_.value_or(io::CheckpointState{.paths = CheckpointsByAge(directory_)});
  std::string name = BaseName(path);
  for (const std::string& p : state.paths) {
    if (BaseName(p) == name) return {};
  }
  const double now = Now();
  if (state.last_preserved == 0) state.last_preserved = now;  // the first hours count from the first save
  if (!state.timestamps.empty() || state.paths.empty()) state.timestamps.push_back(now);
  state.paths.push_back(name);
  if (state.latest.empty()) state.latest = name;
  return io::WriteCheckpointState(directory_, state);
}

void CheckpointFolder::Leave(const std::string& path) const {
  if (io::CheckpointExists(path)) return;
  if (before_) io::WriteCheckpointState(directory_, *before_).IgnoreError();
  else unlink((directory_ + "/checkpoint").c_str());
}

Status CheckpointFolder::Finish(const std::string& path, int max_to_keep, double keep_hours) const {
  std::string name = BaseName(path);
  WEIR_ASSIGN_OR_RETURN(io::CheckpointState old, io::ReadCheckpointState(directory_));
  io::CheckpointState state;
  for (size_t i = 0; i < old.paths.size(); ++i) {
    std::string other = io::ResolveCheckpoint(directory_, old.paths[i]);
    if (BaseName(other) == name || !io::CheckpointExists(other)) continue;
    state.paths.push_back(old.paths[i]);
    state.timestamps.push_back(old.timestamps.empty() ? 0 : old.timestamps[i]);
  }
  state.paths.push_back(name), state.timestamps.push_back(Now()), state.latest = name;
  state.last_preserved = old.last_preserved;
  auto ours = [&](const std::string& p) { return IsOurs(BaseName(p)); };
  int64_t surplus = std::count_if(state.paths.begin(), state.paths.end(), ours) - max_to_keep;
  WEIR_RETURN_IF_ERROR(io::WriteCheckpointState(directory_, state));
  if (max_to_keep <= 0 || surplus <= 0) return {};
  // Deleted before the state forgets them: killed in between, the next save finds them there.
  for (size_t i = 0; surplus > 0 && i < state.paths.size();) {
    const bool old = ours(state.paths[i]);
    const bool keep = keep_hours > 0 && state.timestamps[i] >= state.last_preserved + keep_hours * 3600;
    if (old) --surplus;
    if (old && keep) state.last_preserved = state.timestamps[i];
    if (!old || (!keep && !Delete(io::ResolveCheckpoint(directory_, state.paths[i])))) {
      ++i;
      continue;
    }
    state.paths.erase(state.paths.begin() + static_cast<int64_t>(i));
    state.timestamps.erase(state.timestamps.begin() + static_cast<int64_t>(i));
  }
  return io::WriteCheckpointState(directory_, state);
}

}  // namespace weir
