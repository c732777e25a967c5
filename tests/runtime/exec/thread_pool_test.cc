// Threads: jobs of several runs at once, workers that come late, many short jobs. Run under the thread sanitizer too.
#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>
#include <vector>

#include "weir/runtime/exec/thread_pool.h"

namespace weir {
namespace {

struct Counted {
  std::vector<std::atomic<int>> times;
  explicit Counted(size_t n) : times(n) {}
  static void Do(void* self, int64_t chunk) { ++static_cast<Counted*>(self)->times[static_cast<size_t>(chunk)]; }
};

TEST(ThreadPool, DoesEachChunkOnce) {
  ThreadPool pool(3);
  ThreadPool::Team* team = pool.Lease();
  ASSERT_TRUE(team);
  for (int64_t chunks : {0, 1, 2, 3, 7, 100}) {
    for (int round = 0; round < 200; ++round) {
      Counted job(static_cast<size_t>(chunks));
      team->Run(Counted::Do, &job, chunks);
      for (auto& times : job.times) ASSERT_EQ(times.load(), 1);
    }
  }
  pool.Release(team);
}

TEST(ThreadPool, HasNoTeamsWithoutWorkersOrForTooManyRuns) {
  EXPECT_FALSE(ThreadPool(1).Lease());
  ThreadPool pool(2);
  std::vector<ThreadPool::Team*> teams;
  while (ThreadPool::Team* team = pool.Lease()) teams.push_back(team);
  EXPECT_GT(teams.size(), 1u);
  pool.Release(teams.back());
  EXPECT_EQ(pool.Lease(), teams.back());
}

TEST(ThreadPool, SeveralRunsAtOnceDoTheirOwnChunks) {
  ThreadPool pool(3);
  std::vector<std::thread> runs;
  for (int run = 0; run < 4; ++run) {
    runs.emplace_back([&] {
      for (int round = 0; round < 300; ++round) {
        ThreadPool::Team* team = pool.Lease();
        ASSERT_TRUE(team);
        Counted job(16);
        team->Run(Counted::Do, &job, 16);
        for (auto& times : job.times) ASSERT_EQ(times.load(), 1);
        pool.Release(team);
      }
    });
  }
  for (auto& run : runs) run.join();
}

// A run that holds a team and computes on one thread leaves the workers to another.
TEST(ThreadPool, LendsAWorkerThatARunDoesNotUse) {
  ThreadPool pool(2);
  ThreadPool::Team* idle = pool.Lease();
  ThreadPool::Team* busy = pool.Lease();
  ASSERT_TRUE(idle && busy && idle != busy);
  std::atomic<int> inside{0};
  auto meet = [](void* count, int64_t) {
    auto& inside = *static_cast<std::atomic<int>*>(count);
    ++inside;
    while (inside.load() < 2) std::this_thread::yield();  // ends only where two threads are at it
  };
  busy->Run(meet, &inside, 2);
  EXPECT_EQ(inside.load(), 2);
  pool.Release(idle);
  pool.Release(busy);
}

// Calls `fn` on a worker: the caller's own chunk ends after that.
void OnAWorker(ThreadPool::Team* team, const std::function<void()>& fn) {
  struct Job {
    const std::function<void()>& fn;
    std::thread::id caller = std::this_thread::get_id();
    std::atomic<bool> done{false};
  } job{fn};
  auto chunk = [](void* context, int64_t) {
    auto& job = *static_cast<Job*>(context);
    if (std::this_thread::get_id() != job.caller) {
      job.fn();
      job.done = true;
    }
    while (!job.done) std::this_thread::yield();
  };
  team->Run(chunk, &job, 2);
}

cpu_set_t Affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  pthread_getaffinity_np(pthread_self(), sizeof(set), &set);
  return set;
}

void StayOn(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

TEST(ThreadPool, AWorkerThatWakesOnTheCallersProcessorMovesAwayFromIt) {
  if (AvailableProcessors() < 2) GTEST_SKIP() << "there is one processor";
  int processor = 0;
  for (const cpu_set_t all = Affinity(); !CPU_ISSET(processor, &all);) ++processor;
  ThreadPool pool(2);
  bool moved = false;
  std::thread caller([&] {
    StayOn(processor);
    ThreadPool::Team* team = pool.Lease();
    OnAWorker(team, [&] { StayOn(processor); });
    for (int round = 0; round < 100 && !moved; ++round) {  // a worker looks when it has slept
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      OnAWorker(team, [&] {
        const cpu_set_t set = Affinity();
        moved = !CPU_ISSET(processor, &set);
      });
    }
    pool.Release(team);
  });
  caller.join();
  EXPECT_TRUE(moved);
}

}  // namespace
}  // namespace weir
