#include "weir/runtime/exec/thread_pool.h"

#include <pthread.h>
#include <sched.h>

#include <chrono>

namespace weir {

namespace {

constexpr int kSpins = 4000;  // about 50 µs

inline void Relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

}  // namespace

int AvailableProcessors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

ThreadPool::ThreadPool(int threads) {
  CPU_ZERO(&processors_);
  sched_getaffinity(0, sizeof(processors_), &processors_);
  for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { Work(i); });
}

ThreadPool::~ThreadPool() {
  stop_.store(true);
  job_.fetch_add(1);
  job_.notify_all();
  for (std::thread& t : workers_) t.join();
}

bool ThreadPool::TryLease() {
  if (workers_.empty() || leased_.exchange(true, std::memory_order_acquire)) return false;
  KeepOffCallersProcessor();
  return true;
}

void ThreadPool::KeepOffCallersProcessor() {
  int cpu = sched_getcpu();
  if (cpu == caller_cpu_ || cpu < 0) return;
  caller_cpu_ = cpu;
  cpu_set_t set = processors_;
  CPU_CLR(cpu, &set);
  if (CPU_COUNT(&set) == 0) return;
  for (std::thread& t : workers_) pthread_setaffinity_np(t.native_handle(), sizeof(set), &set);
}

void ThreadPool::Release() { leased_.store(false, std::memory_order_release); }

void ThreadPool::DoChunks() {
  for (int64_t c; (c = next_.fetch_add(1, std::memory_order_relaxed)) < chunks_;) fn_(context_, c);
}

void ThreadPool::Run(void (*fn)(void*, int64_t), void* context, int64_t chunks) {
  fn_ = fn, context_ = context, chunks_ = chunks;
  next_.store(0, std::memory_order_relaxed);
  const uint32_t job = job_.load(std::memory_order_relaxed) + 1;
  door_.store(uint64_t{job} << 32, std::memory_order_release);
  job_.store(job, std::memory_order_release);
  job_.notify_all();
  DoChunks();
  uint64_t inside = door_.fetch_or(kClosed, std::memory_order_acq_rel) & (kClosed - 1);
  for (int spins = 0; inside != 0; inside = door_.load(std::memory_order_acquire) & (kClosed - 1)) {
    if (++spins < kSpins) {
      Relax();
    } else {
      std::this_thread::yield();
    }
  }
}

// Whether the worker is inside the open job.
bool ThreadPool::Enter() {
  uint64_t door = door_.load(std::memory_order_acquire);
  while (!(door & kClosed)) {
    if (door_.compare_exchange_weak(door, door + 1, std::memory_order_acq_rel)) return true;
  }
  return false;
}

void ThreadPool::Work(int) {
  uint32_t seen = 0;
  while (true) {
    uint32_t job = job_.load(std::memory_order_acquire);
    for (int spins = 0; job == seen; job = job_.load(std::memory_order_acquire)) {
      if (++spins < kSpins) {
        Relax();
      } else {
        job_.wait(seen, std::memory_order_acquire);
      }
    }
    seen = job;
    if (stop_.load()) return;
    if (!Enter()) continue;
    DoChunks();
    door_.fetch_sub(1, std::memory_order_release);
  }
}

}  // namespace weir
