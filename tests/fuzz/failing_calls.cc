#include "weir/tests/fuzz/failing_calls.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>

namespace {

std::atomic<int> calls{0}, failing{-1};
std::atomic<Failure> failure{Failure::kIoError};

// Whether this call is the one that fails; errno says how.
bool Fails() {
  if (failure == Failure::kShortWrite || calls++ != failing) return false;
  errno = failure == Failure::kDiskFull ? ENOSPC : EIO;
  return true;
}

template <class F>
F* Real(const char* name) {
  return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

void FailCall(int nth, Failure how) { calls = 0, failing = nth, failure = how; }
int CallsSince() { return calls; }

extern "C" {

int open(const char* path, int flags, ...) {
  static auto* real = Real<int(const char*, int, ...)>("open");
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return Fails() ? -1 : real(path, flags, mode);
}

int mkostemp(char* path, int flags) {
  static auto* real = Real<int(char*, int)>("mkostemp");
  return Fails() ? -1 : real(path, flags);
}

ssize_t write(int fd, const void* data, size_t bytes) {
  static auto* real = Real<ssize_t(int, const void*, size_t)>("write");
  const bool half = failure == Failure::kShortWrite && calls++ == failing;
  return Fails() ? -1 : real(fd, data, half ? (bytes + 1) / 2 : bytes);
}

ssize_t read(int fd, void* data, size_t bytes) {
  static auto* real = Real<ssize_t(int, void*, size_t)>("read");
  return Fails() ? -1 : real(fd, data, bytes);
}

ssize_t pread(int fd, void* data, size_t bytes, off_t offset) {
  static auto* real = Real<ssize_t(int, void*, size_t, off_t)>("pread");
  return Fails() ? -1 : real(fd, data, bytes, offset);
}

int posix_fallocate(int fd, off_t offset, off_t length) {
  static auto* real = Real<int(int, off_t, off_t)>("posix_fallocate");
  return Fails() ? errno : real(fd, offset, length);
}

int ftruncate(int fd, off_t length) noexcept {
  static auto* real = Real<int(int, off_t)>("ftruncate");
  return Fails() ? -1 : real(fd, length);
}

int fsync(int fd) {
  static auto* real = Real<int(int)>("fsync");
  return Fails() ? -1 : real(fd);
}

int fdatasync(int fd) {
  static auto* real = Real<int(int)>("fdatasync");
  return Fails() ? -1 : real(fd);
}

int rename(const char* from, const char* to) noexcept {
  static auto* real = Real<int(const char*, const char*)>("rename");
  return Fails() ? -1 : real(from, to);
}

int unlink(const char* path) noexcept {
  static auto* real = Real<int(const char*)>("unlink");
  return Fails() ? -1 : real(path);
}

}  // extern "C"
