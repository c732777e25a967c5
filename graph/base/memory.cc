#include "weir/graph/base/memory.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace weir {

namespace memory {

namespace {

struct Reserves {
  std::mutex mutex;  // held while they give back, so that none dies meanwhile
  std::vector<Reserve*> all;
};

// Never destroyed: sessions may be, after main has returned.
Reserves& AllReserves() {
  static Reserves& reserves = *new Reserves;
  return reserves;
}

}  // namespace

Reserve::Reserve(std::function<void()> give_back) : give_back_(std::move(give_back)) {
  std::lock_guard lock(AllReserves().mutex);
  AllReserves().all.push_back(this);
}

Reserve::~Reserve() {
  std::lock_guard lock(AllReserves().mutex);
  std::erase(AllReserves().all, this);
}

void GiveReservesBack() {
  std::lock_guard lock(AllReserves().mutex);
  for (Reserve* r : AllReserves().all) r->give_back_();
}

}  // namespace memory

namespace {

int64_t DefaultBudget() {
  int64_t limit = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGE_SIZE);
  for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    int64_t cgroup = 0;
    if (std::ifstream file(path); file >> cgroup && cgroup > 0 && cgroup < limit) limit = cgroup;
  }
  return limit / 10 * 8;
}

std::atomic<int64_t>& Budget() {
  static std::atomic<int64_t> budget{DefaultBudget()};
  return budget;
}
std::atomic<int64_t> in_use{0}, allocation_count{0};

std::string Megabytes(int64_t bytes) {
  std::string s = std::to_string(bytes / 1048576.0);
  return s.substr(0, s.find('.') + 2) + " MiB";
}

bool TryToCharge(int64_t bytes) {
  int64_t before = in_use.fetch_add(bytes, std::memory_order_relaxed);
  if (bytes <= Budget().load(std::memory_order_relaxed) - before) return true;
  in_use.fetch_sub(bytes, std::memory_order_relaxed);
  return false;
}

Status Charge(int64_t bytes, const std::string& what) {
  if (TryToCharge(bytes)) return {};
  const int64_t budget = Budget().load(std::memory_order_relaxed);
  if (bytes <= budget) memory::GiveReservesBack();
  if (TryToCharge(bytes)) return {};
  const int64_t before = in_use.load(std::memory_order_relaxed);
  return ResourceExhausted("not enough memory for " + what + " of " + Megabytes(bytes))
      .Detail(Megabytes(before) + " of the budget of " + Megabytes(budget) + " are in use")
      .Help("feed less at once, or raise the budget by weir::memory::set_budget");
}

}  // namespace

Buffer::~Buffer() {
  if (release_) {
    release_();
  } else if (charged_) {
    if (object_) object_->destroy(data_, objects_);
    std::free(data_);
    in_use.fetch_sub(charged_, std::memory_order_relaxed);
  }
}

Result<std::shared_ptr<Buffer>> Buffer::Allocate(int64_t bytes, const std::string& what) {
  if (bytes < 0 || bytes > std::numeric_limits<int64_t>::max() - memory::kAlignment)
    return ResourceExhausted("not enough memory for " + what);
  int64_t rounded = std::max<int64_t>(memory::Aligned(bytes), memory::kAlignment);
  WEIR_RETURN_IF_ERROR(Charge(rounded, what));
  void* p = std::aligned_alloc(memory::kAlignment, rounded);
  if (!p) {
    in_use.fetch_sub(rounded, std::memory_order_relaxed);
    return ResourceExhausted("the system has no memory for " + what + " of " + Megabytes(bytes));
  }
  allocation_count.fetch_add(1, std::memory_order_relaxed);
  std::shared_ptr<Buffer> b(new Buffer);
  b->data_ = p, b->bytes_ = bytes, b->charged_ = rounded;
  return b;
}

Result<std::shared_ptr<Buffer>> Buffer::AllocateElements(DType dtype, int64_t count, const std::string& what) {
  const DTypeInfo& info = InfoOf(dtype);
  int64_t bytes = 0;
  if (count < 0 || __builtin_mul_overflow(count, static_cast<int64_t>(info.size), &bytes))
    return ResourceExhausted("not enough memory for " + what);
  WEIR_ASSIGN_OR_RETURN(auto b, Allocate(bytes, what));
  if (!info.object) return b;
  info.object->construct(b->data_, count);
  b->object_ = info.object, b->objects_ = count;
  return b;
}

std::shared_ptr<Buffer> Buffer::Wrap(void* data, size_t bytes, std::function<void()> release) {
  std::shared_ptr<Buffer> b(new Buffer);
  b->data_ = data, b->bytes_ = bytes, b->release_ = std::move(release);
  return b;
}

namespace memory {
int64_t budget() { return Budget().load(); }
void set_budget(int64_t bytes) { Budget().store(bytes); }
int64_t bytes_in_use() { return in_use.load(); }
int64_t allocations() { return allocation_count.load(); }
}  // namespace memory

}  // namespace weir
