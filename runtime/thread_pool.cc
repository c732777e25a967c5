#include "weir/runtime/thread_pool.h"

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
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return;
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
  busy_.store(static_cast<int>(workers_.size()), std::memory_order_relaxed);
  job_.fetch_add(1, std::memory_order_release);
  job_.notify_all();
  DoChunks();
  for (int spins = 0; busy_.load(std::memory_order_acquire) != 0;) {
    if (++spins < kSpins) {
      Relax();
    } else {
      std::this_thread::yield();
    }
  }
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
    DoChunks();
    busy_.fetch_sub(1, std::memory_order_release);
  }
}

}  // namespace weir
