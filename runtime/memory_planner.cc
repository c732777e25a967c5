#include "weir/runtime/memory_planner.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace weir {

namespace {
int64_t Rounded(int64_t bytes) { return (bytes + 63) / 64 * 64; }
}  // namespace

int64_t PlanMemory(std::vector<Interval>& intervals) {
  std::vector<int> order(intervals.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return intervals[a].bytes > intervals[b].bytes; });
  std::vector<const Interval*> placed;  // by offset
  int64_t total = 0;
  for (int i : order) {
    Interval& want = intervals[i];
    int64_t size = Rounded(want.bytes), at = 0;
    for (const Interval* p : placed) {
      if (p->last < want.first || p->first > want.last) continue;
      if (p->offset >= at + size) break;
      at = std::max(at, p->offset + Rounded(p->bytes));
    }
    want.offset = at;
    total = std::max(total, at + size);
    placed.insert(std::upper_bound(placed.begin(), placed.end(), &want, [](const Interval* a, const Interval* b) { return a->offset < b->offset; }), &want);
  }
  return total;
}

int64_t MemoryLowerBound(const std::vector<Interval>& intervals) {
  std::map<int, int64_t> change;  // of the bytes alive, by step
  for (const Interval& i : intervals) {
    change[i.first] += Rounded(i.bytes);
    change[i.last + 1] -= Rounded(i.bytes);
  }
  int64_t alive = 0, most = 0;
  for (const auto& [step, delta] : change) most = std::max(most, alive += delta);
  return most;
}

}  // namespace weir
