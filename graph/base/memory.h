// All tensor memory comes from here, under one budget.
//
// Invariant: bytes_in_use() never exceeds budget(); what does not fit is an error that says how large, since Linux
// overcommits and a failed malloc is not to be had. Before that what is kept for later (Reserve) goes. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "weir/graph/base/dtype.h"
#include "weir/graph/base/status.h"

namespace weir {

namespace memory {
inline constexpr int64_t kAlignment = 64;  // of a Buffer's memory, in bytes: a cache line
// Up to a multiple of that.
inline int64_t Aligned(int64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }
}  // namespace memory

// A block of memory, shared by reference count. Aligned to memory::kAlignment when it is ours.
class Buffer {
 public:
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  void* data() const { return data_; }
  size_t bytes() const { return bytes_; }
  // False for memory of somebody else, wrapped without a release function: it may vanish.
  bool owning() const { return charged_ > 0 || release_; }

  // Uninitialised memory. `what` names the tensor in the error.
  static Result<std::shared_ptr<Buffer>> Allocate(int64_t bytes, const std::string& what = "a tensor");
  // Of `count` elements of a carried dtype; objects are constructed, and destroyed with the buffer.
  static Result<std::shared_ptr<Buffer>> AllocateElements(DType dtype, int64_t count, const std::string& what);
  // Memory of the caller, used without a copy; `release` is called when the last reference goes.
  static std::shared_ptr<Buffer> Wrap(void* data, size_t bytes, std::function<void()> release = {});

 private:
  Buffer() = default;
  void* data_ = nullptr;
  size_t bytes_ = 0;
  int64_t charged_ = 0, objects_ = 0;
  const ObjectOps* object_ = nullptr;
  std::function<void()> release_;
};

namespace memory {
int64_t budget();                      // bytes; by default 80 % of the smaller of RAM and the cgroup's limit
void set_budget(int64_t bytes);        // may be set below what is in use: then nothing more is given out
int64_t bytes_in_use();
int64_t allocations();                 // number of blocks given out since start, for tests

// Memory that its owner keeps for later and could do without. While this lives, `give_back` is called, from any thread,
// when an allocation does not fit the budget; the allocation is tried again after it. It must neither allocate, nor
// make or destroy a Reserve, nor wait for a lock that somebody may hold who allocates.
class Reserve {
 public:
  explicit Reserve(std::function<void()> give_back);
  ~Reserve();
  Reserve(const Reserve&) = delete;
  Reserve& operator=(const Reserve&) = delete;

 private:
  std::function<void()> give_back_;
  friend void GiveReservesBack();
};
}  // namespace memory

}  // namespace weir
