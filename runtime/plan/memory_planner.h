// Offsets for intervals: where each temporary lies in the arena. A pure function.
#pragma once

#include <cstdint>
#include <vector>

namespace weir {

struct Interval {
  int64_t bytes = 0;
  int first = 0, last = 0;  // steps in which the memory must hold its contents, both included
  int64_t offset = 0;       // result, a multiple of 64
};

// Tries several orders of placing intervals, each at the lowest offset that no interval alive at the same time covers,
// and keeps the best: by size, by how much is alive with them, by lifetime; then small changes of the best.
// Returns the arena's size in bytes.
int64_t PlanMemory(std::vector<Interval>& intervals);

// The largest sum of bytes (rounded up to 64) alive in one step: no plan can need less.
int64_t MemoryLowerBound(const std::vector<Interval>& intervals);

}  // namespace weir
