#include "weir/runtime/exec/thread_pool.h"

#include <pthread.h>
#include <sched.h>

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
  for (Team& t : teams_) t.pool_ = this;
  for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { Work(static_cast<size_t>(i - 1)); });
}

ThreadPool::~ThreadPool() {
  stop_.store(true);
  job_.fetch_add(1);
  job_.notify_all();
  for (std::thread& t : workers_) t.join();
}

ThreadPool::Team* ThreadPool::Lease() {
  if (workers_.empty()) return nullptr;
  for (Team& t : teams_) {
    if (t.taken_.load(std::memory_order_relaxed) || t.taken_.exchange(true, std::memory_order_acquire)) continue;
    t.cpu_.store(sched_getcpu(), std::memory_order_relaxed);
    return &t;
  }
  return nullptr;
}

int64_t ThreadPool::Team::DoChunks() {
  int64_t done = 0;
  for (int64_t c; (c = next_.fetch_add(1, std::memory_order_relaxed)) < chunks_; ++done) fn_(context_, c);
  return done;
}

void ThreadPool::Team::Run(void (*fn)(void*, int64_t), void* context, int64_t chunks) {
  fn_ = fn, context_ = context, chunks_ = chunks;
  next_.store(0, std::memory_order_relaxed);
  door_.store(uint64_t{++jobs_} << 32, std::memory_order_release);
  pool_->job_.fetch_add(1, std::memory_order_release);
  pool_->job_.notify_all();
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

// Whether the worker is inside an open job.
bool ThreadPool::Team::Enter() {
  uint64_t door = door_.load(std::memory_order_acquire);
  while (!(door & kClosed)) {
    if (door_.compare_exchange_weak(door, door + 1, std::memory_order_acq_rel)) return true;
  }
  return false;
}

// Whether any open job had a chunk to do. Workers begin at different teams, so that they spread over these.
bool ThreadPool::Help(size_t first) {
  int64_t done = 0;
  for (size_t i = 0; i < kTeams; ++i) {
    Team& t = teams_[(first + i) % kTeams];
    if (!t.Enter()) continue;
    done += t.DoChunks();
    t.Leave();
  }
  return done > 0;
}

void ThreadPool::KeepOffCallersProcessors() {
  const int here = sched_getcpu();
  cpu_set_t set = processors_;
  bool taken = false;
  for (const Team& t : teams_) {
    const int cpu = t.cpu_.load(std::memory_order_relaxed);
    if (cpu < 0 || !t.taken_.load(std::memory_order_relaxed)) continue;
    taken |= cpu == here;
    CPU_CLR(cpu, &set);
  }
  if (taken && CPU_COUNT(&set) > 0) pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

void ThreadPool::Work(size_t index) {
  uint32_t seen = 0;
  while (true) {
    uint32_t job = job_.load(std::memory_order_acquire);
    for (int spins = 0; job == seen; job = job_.load(std::memory_order_acquire)) {
      if (++spins < kSpins) {
        Relax();
      } else {
        job_.wait(seen, std::memory_order_acquire);
        KeepOffCallersProcessors();
      }
    }
    seen = job;
    if (stop_.load()) return;
    while (Help(index)) {}
  }
}

}  // namespace weir
