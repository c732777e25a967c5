// Threads: jobs of several runs at once, workers that come late, many short jobs. Run under the thread sanitizer too.
#include <gtest/gtest.h>

#include <atomic>
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

}  // namespace
}  // namespace weir
