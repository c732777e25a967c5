// ThreadPool: the workers of a session, which help its runs with one step at a time.
//
// The calling thread always works; a pool of n threads has n - 1 workers, none when n is 1. Each run in flight has a
// Team: a door that its jobs open and close. Workers belong to nobody: one that is free enters whatever door is open,
// so that two runs share the workers by their needs, and a job never waits for a worker that has not entered it; one
// that is slow to wake finds the door closed. Which thread takes which chunk never shows in results.
//
// A worker spins a little for the next job and then sleeps. One that wakes on the processor of a run's own thread moves
// away from it by itself: some schedulers pack woken threads there, where they wait for the caller's time slice to end.
#pragma once

#include <sched.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace weir {

class ThreadPool {
 public:
  // threads >= 1, the caller's included.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // The jobs of one run. Used by the thread that leased it.
  class Team {
   public:
    // Calls fn(context, chunk) for each chunk in [0, chunks) on the caller and on workers that are free; returns when
    // all are done.
    void Run(void (*fn)(void* context, int64_t chunk), void* context, int64_t chunks);

   private:
    friend class ThreadPool;
    bool Enter();
    void Leave() { door_.fetch_sub(1, std::memory_order_release); }
    int64_t DoChunks();  // how many
    static constexpr uint64_t kClosed = uint64_t{1} << 31;

    alignas(64) std::atomic<uint64_t> door_{kClosed};  // number of the job; whether it is closed; workers inside
    std::atomic<int64_t> next_{0};
    void (*fn_)(void*, int64_t) = nullptr;
    void* context_ = nullptr;
    int64_t chunks_ = 0;
    uint32_t jobs_ = 0;
    ThreadPool* pool_ = nullptr;
    std::atomic<bool> taken_{false};
    std::atomic<int> cpu_{-1};  // where the run's own thread was when it took the team
  };

  // A team until Release; null when the pool has no workers, or more runs are in flight than can have help.
  Team* Lease();
  void Release(Team* team) { team->taken_.store(false, std::memory_order_release); }

 private:
  static constexpr int kTeams = 8;

  void Work(size_t index);
  bool Help(size_t first);
  void KeepOffCallersProcessors();

  std::array<Team, kTeams> teams_;
  std::atomic<uint32_t> job_{0};  // raised by one for each job; workers wait on it
  std::atomic<bool> stop_{false};
  cpu_set_t processors_;  // where workers may run: where the process might when the pool was made
  std::vector<std::thread> workers_;
};

// Processors this process may run on.
int AvailableProcessors();

}  // namespace weir
