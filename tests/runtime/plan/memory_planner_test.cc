// The memory planner: what is alive at the same time never overlaps, and the arena is near what no plan can go below,
// of random intervals and of the plans of the examples' graphs.
#include "weir/runtime/plan/memory_planner.h"

#include <gtest/gtest.h>

#include <random>

#include "weir/session/session.h"
#include "weir/tests/bench/micro_graphs.h"

namespace weir {
namespace {

bool Alive(const Interval& a, const Interval& b) { return a.first <= b.last && b.first <= a.last; }

// Nothing that is alive together overlaps, all lies in the arena, aligned.
void ExpectSound(const std::vector<Interval>& intervals, int64_t arena) {
  for (size_t i = 0; i < intervals.size(); ++i) {
    const Interval& a = intervals[i];
    ASSERT_GE(a.offset, 0);
    ASSERT_EQ(a.offset % 64, 0);
    ASSERT_LE(a.offset + a.bytes, arena);
    for (size_t j = 0; j < i; ++j) {
      const Interval& b = intervals[j];
      const bool apart = a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset;
      ASSERT_TRUE(apart || !Alive(a, b) || a.bytes == 0 || b.bytes == 0) << i << " overlaps " << j;
    }
  }
}

std::vector<Interval> Random(std::mt19937_64& rng, size_t n) {
  const int steps = 1 + int(rng() % 60), longest = 1 + int(rng() % 20);
  std::vector<Interval> intervals;
  for (size_t i = 0; i < n; ++i) {
    const int first = int(rng() % size_t(steps));
    const int64_t bytes = rng() % 10 == 0 ? 0 : int64_t(1) << (rng() % 20);
    intervals.push_back({bytes + int64_t(rng() % 3) * 17, first, first + int(rng() % size_t(longest))});
  }
  return intervals;
}

TEST(MemoryPlanner, RandomIntervalsDoNotOverlap) {
  std::mt19937_64 rng(1);
  for (int round = 0; round < 400; ++round) {
    std::vector<Interval> intervals = Random(rng, rng() % 80);
    const int64_t bound = MemoryLowerBound(intervals), arena = PlanMemory(intervals);
    ExpectSound(intervals, arena);
    EXPECT_GE(arena, bound);
    EXPECT_LE(double(arena), 1.5 * double(bound)) << round;
  }
}

TEST(MemoryPlanner, WhatIsNeverAliveTogetherSharesItsMemory) {
  std::vector<Interval> intervals;
  for (int i = 0; i < 50; ++i) intervals.push_back({1000, i, i});
  EXPECT_EQ(PlanMemory(intervals), 1024);
  ExpectSound(intervals, 1024);
}

TEST(MemoryPlanner, IsTheSameEachTime) {
  std::mt19937_64 rng(2);
  std::vector<Interval> a = Random(rng, 60), b = a;
  EXPECT_EQ(PlanMemory(a), PlanMemory(b));
  for (size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i].offset, b[i].offset);
}

TEST(MemoryPlanner, TheExamplesNeedLittleMoreThanTheyMust) {
  std::vector<std::unique_ptr<bench::Model>> models;
  models.push_back(bench::LinearAdam());
  models.push_back(bench::MlpAdam());
  models.push_back(bench::DigitsAdam());
  models.push_back(bench::Recurrent(20));
  models.push_back(bench::Chain(100));
  for (const auto& m : models) {
    for (bool optimize : {true, false}) {
      Session session(m->graph, {.threads = 1, .optimize = optimize});
      if (!m->init.empty()) session.Run(NamedFeeds{}, {}, {m->init}).status().Check();
      auto stats = session.GetPlanStats(m->feeds, m->fetches, m->targets);
      ASSERT_TRUE(stats.ok()) << stats.status().ToString();
      EXPECT_LE(double(stats->arena_bytes), 1.01 * double(stats->arena_lower_bound))
          << m->name << ", optimize " << optimize;
    }
  }
}

}  // namespace
}  // namespace weir
