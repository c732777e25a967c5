// ThreadPool: the workers that help a run with one step at a time.
//
// The calling thread always works; a pool of n threads has n - 1 workers, none when n is 1. One run at a time holds the
// workers (TryLease); a run that finds them taken goes on alone. Which thread takes which chunk never shows in results.
//
// A worker spins a little for the next job and then sleeps. A job never waits for a worker that has not entered it: one that
// is slow to wake finds the door closed. Workers are kept off the caller's processor: some schedulers
// pack woken threads there, where they would wait for the caller's time slice to end.
#pragma once

#include <sched.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace weir {

class ThreadPool {
 public:
  // threads >= 1, the caller's included.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // True when the workers are now this caller's until Release.
  bool TryLease();
  void Release();

  // Calls fn(context, chunk) for each chunk in [0, chunks) on the caller and the workers; returns when all are done.
  // Only between TryLease and Release.
  void Run(void (*fn)(void* context, int64_t chunk), void* context, int64_t chunks);

 private:
  void Work(int index);
  void DoChunks();
  bool Enter();
  void KeepOffCallersProcessor();

  std::vector<std::thread> workers_;
  std::atomic<bool> leased_{false}, stop_{false};
  std::atomic<uint32_t> job_{0};       // raised by one for each job; workers wait on it
  std::atomic<uint64_t> door_{kClosed};  // the job's number in the upper half; whether it is closed; workers inside
  static constexpr uint64_t kClosed = uint64_t{1} << 31;
  std::atomic<int64_t> next_{0};
  void (*fn_)(void*, int64_t) = nullptr;
  void* context_ = nullptr;
  int64_t chunks_ = 0;
  int caller_cpu_ = -1;  // guarded by the lease
  cpu_set_t processors_;  // where workers may run: where the process might when the pool was made
};

// Processors this process may run on.
int AvailableProcessors();

}  // namespace weir
