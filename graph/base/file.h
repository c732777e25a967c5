// Files: whole reads with a limit, reads at an offset, and writes aside that become visible at once and durably.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/graph/base/status.h"

namespace weir::io {

// What errno says of a system call that failed: "cannot read 'x': …".
Status SystemError(const char* doing, const std::string& path);
bool FileExists(const std::string& path);
bool IsDirectory(const std::string& path);
std::string DirectoryOf(const std::string& path);  // "." when the path has none
Result<std::string> ReadFile(const std::string& path, int64_t limit = int64_t{1} << 31);

// The files and folders whose path matches one of the patterns, in order: * stands for any characters but /, ? for one,
// [a-z] and [!a-z] for one of or outside a set; \ takes a character as it is. Folders that cannot be read have none.
std::vector<std::string> MatchingFiles(std::span<const std::string> patterns);

// Flushes a folder's entries to the disk: after it, renames within survive a power failure.
Status SyncDirectory(const std::string& directory);
Status Rename(const std::string& from, const std::string& to);

// An open file that is read at offsets. Thread-safe.
class RandomAccessFile {
 public:
  static Result<std::shared_ptr<RandomAccessFile>> Open(const std::string& path);
  ~RandomAccessFile();
  RandomAccessFile(const RandomAccessFile&) = delete;
  RandomAccessFile& operator=(const RandomAccessFile&) = delete;

  int64_t size() const { return size_; }
  const std::string& path() const { return path_; }
  Status Read(int64_t offset, void* out, size_t bytes) const;

 private:
  RandomAccessFile() = default;
  int fd_ = -1;
  int64_t size_ = 0;
  std::string path_;
};

// A file written under a temporary name beside its own (`name.tempAb3dEf`), which is locked while it is written:
// without the lock it is what a killed process left. Commit renames it; else the destructor removes it.
class AsideFile {
 public:
  static Result<std::unique_ptr<AsideFile>> Create(const std::string& path);
  ~AsideFile();
  AsideFile(const AsideFile&) = delete;
  AsideFile& operator=(const AsideFile&) = delete;

  // Takes disk space, so that a full disk shows before anything is written.
  Status Reserve(int64_t bytes);
  Status Write(const void* data, size_t bytes);
  int64_t written() const { return written_; }
  Status Sync();    // cuts to what was written and flushes it to the disk
  Status Commit();  // gives it its name; Sync comes before, SyncDirectory after
  void Abandon();   // leaves it where it is, as a killed process would

 private:
  AsideFile() = default;
  bool Lock() const;

  int fd_ = -1;
  int64_t written_ = 0;
  std::string path_, aside_;
};

// Writes a whole file so: aside, flushed, renamed.
Status WriteFile(const std::string& path, std::string_view content);

}  // namespace weir::io
