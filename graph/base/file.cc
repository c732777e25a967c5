#include "weir/graph/base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fnmatch.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "weir/graph/base/git_lfs.h"

namespace weir::io {

Status SystemError(const char* doing, const std::string& path) {
  std::string what = fmt::format("error[file]: cannot {} '{}': {}", doing, path, std::strerror(errno));
  switch (errno) {
    case ENOENT:
    case ENOTDIR: return NotFound(what);
    case EACCES:
    case EPERM:
    case EROFS: return PermissionDenied(what);
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return ResourceExhausted(what);
    default: return FailedPrecondition(what);
  }
}

bool FileExists(const std::string& path) {
  struct stat s;
  return stat(path.c_str(), &s) == 0 && !S_ISDIR(s.st_mode);
}

bool IsDirectory(const std::string& path) {
  struct stat s;
  return stat(path.c_str(), &s) == 0 && S_ISDIR(s.st_mode);
}

std::string DirectoryOf(const std::string& path) {
  size_t slash = path.rfind('/');
  if (slash == path.npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<std::string> ReadFile(const std::string& path, int64_t limit) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return SystemError("read", path);
  std::string content;
  Status status;
  for (size_t have = 0;;) {
    content.resize(have + (1 << 20));
    ssize_t n = read(fd, content.data() + have, 1 << 20);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) status = SystemError("read", path);
    have += n > 0 ? static_cast<size_t>(n) : 0;
    if (n <= 0) {
      content.resize(have);
      break;
    }
    if (static_cast<int64_t>(have) > limit) {
      status = ResourceExhausted(fmt::format("error[file]: '{}' has more than {} bytes", path, limit));
      break;
    }
  }
  close(fd);
  if (!status.ok()) return status;
  if (IsGitLfsPointer(content)) return GitLfsPointer(path);
  return content;
}

namespace {

// Adds what matches `folder`, which is "" or ends in /, and behind it `pattern`.
void AddMatches(const std::string& folder, std::string_view pattern, std::vector<std::string>* paths) {
  const size_t wild = pattern.find_first_of("*?[\\");
  if (wild == pattern.npos) {
    const std::string path = folder + std::string(pattern);
    struct stat s;
    if (!path.empty() && stat(path.c_str(), &s) == 0) paths->push_back(path);
    return;
  }
  const size_t before = pattern.rfind('/', wild), begin = before == pattern.npos ? 0 : before + 1;
  const size_t end = std::min(pattern.find('/', wild), pattern.size());
  const std::string here = folder + std::string(pattern.substr(0, begin)), part(pattern.substr(begin, end - begin));
  std::error_code error;
  for (std::filesystem::directory_iterator it(here.empty() ? "." : here, error), last; !error && it != last;
       it.increment(error)) {
    const std::string path = here + it->path().filename().string();
    if (fnmatch(part.c_str(), path.c_str() + here.size(), 0) != 0) continue;
    if (end == pattern.size()) paths->push_back(path);
    else if (IsDirectory(path)) AddMatches(path + "/", pattern.substr(end + 1), paths);
  }
}

}  // namespace

std::vector<std::string> MatchingFiles(std::span<const std::string> patterns) {
  std::vector<std::string> paths;
  for (const std::string& pattern : patterns) AddMatches("", pattern, &paths);
  std::sort(paths.begin(), paths.end());
  return paths;
}

Status SyncDirectory(const std::string& directory) {
  int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return SystemError("open the folder", directory);
  // Why EINVAL is fine: some file systems cannot flush folders.
  bool ok = fsync(fd) == 0 || errno == EINVAL;
  Status status = ok ? Status() : SystemError("flush the folder", directory);
  close(fd);
  return status;
}

Status Rename(const std::string& from, const std::string& to) {
  return rename(from.c_str(), to.c_str()) == 0 ? Status() : SystemError("write", to);
}

Result<std::shared_ptr<RandomAccessFile>> RandomAccessFile::Open(const std::string& path) {
  std::shared_ptr<RandomAccessFile> f(new RandomAccessFile);
  f->path_ = path;
  f->fd_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat s;
  if (f->fd_ < 0 || fstat(f->fd_, &s) != 0) return SystemError("read", path);
  if (S_ISDIR(s.st_mode)) return InvalidArgument(fmt::format("error[file]: '{}' is a folder", path));
  f->size_ = s.st_size;
  char begin[128];
  ssize_t n = pread(f->fd_, begin, sizeof begin, 0);
  if (n > 0 && f->size_ < kGitLfsPointerLimit && IsGitLfsPointer({begin, static_cast<size_t>(n)}))
    return GitLfsPointer(path);
  return f;
}

RandomAccessFile::~RandomAccessFile() {
  if (fd_ >= 0) close(fd_);
}

Status RandomAccessFile::Read(int64_t offset, void* out, size_t bytes) const {
  auto* p = static_cast<char*>(out);
  while (bytes > 0) {
    ssize_t n = pread(fd_, p, bytes, offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError("read", path_);
    if (n == 0)
      return DataLoss(fmt::format("error[file]: '{}' ends at byte {}, {} bytes too early", path_, offset, bytes));
    p += n, offset += n, bytes -= static_cast<size_t>(n);
  }
  return {};
}

// False when someone took the file for a dead one between its making and this: another is to be made.
bool AsideFile::Lock() const {
  struct stat s;
  if (flock(fd_, LOCK_EX | LOCK_NB) != 0) return errno != EWOULDBLOCK;  // some file systems have no locks
  return fstat(fd_, &s) != 0 || s.st_nlink > 0;
}

Result<std::unique_ptr<AsideFile>> AsideFile::Create(const std::string& path) {
  std::unique_ptr<AsideFile> f;
  do {
    f.reset(new AsideFile);
    f->path_ = path;
    std::string aside = path + ".tempXXXXXX";
    f->fd_ = mkostemp(aside.data(), O_CLOEXEC);
    if (f->fd_ < 0) return SystemError("write", path);
    f->aside_ = aside;
  } while (!f->Lock());
  if (fchmod(f->fd_, 0644) != 0) return SystemError("write", path);
  return f;
}

AsideFile::~AsideFile() {
  if (fd_ >= 0) close(fd_);
  if (!aside_.empty()) unlink(aside_.c_str());
}

Status AsideFile::Reserve(int64_t bytes) {
  if (bytes <= 0) return {};
  errno = posix_fallocate(fd_, 0, bytes);
  return errno == ENOSPC || errno == EFBIG ? SystemError("reserve the space for", path_) : Status();
}

Status AsideFile::Write(const void* data, size_t bytes) {
  auto* p = static_cast<const char*>(data);
  while (bytes > 0) {
    ssize_t n = write(fd_, p, bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError("write", path_);
    p += n, written_ += n, bytes -= static_cast<size_t>(n);
  }
  return {};
}

Status AsideFile::Sync() {
  return ftruncate(fd_, written_) == 0 && fdatasync(fd_) == 0 ? Status() : SystemError("write", path_);
}

Status AsideFile::Commit() {
  if (rename(aside_.c_str(), path_.c_str()) != 0) return SystemError("write", path_);
  aside_.clear();
  return {};
}

void AsideFile::Abandon() { aside_.clear(); }

Status WriteFile(const std::string& path, std::string_view content) {
  WEIR_ASSIGN_OR_RETURN(auto f, AsideFile::Create(path));
  WEIR_RETURN_IF_ERROR(f->Write(content.data(), content.size()));
  WEIR_RETURN_IF_ERROR(f->Sync());
  WEIR_RETURN_IF_ERROR(f->Commit());
  return SyncDirectory(DirectoryOf(path));
}

}  // namespace weir::io
