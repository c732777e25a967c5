#include "weir/runtime/plan/memory_planner.h"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <set>

namespace weir {

namespace {

// Beyond this many, an order that needs all pairs of intervals is too slow.
constexpr size_t kManyIntervals = 10000;
// Comparisons of intervals that looking for a better order may take: a few milliseconds.
constexpr int64_t kSearchBudget = 8'000'000;

using Order = std::vector<int>;
using Offsets = std::vector<int64_t>;

// Each interval in turn at the lowest offset that no interval alive at the same time covers.
class FirstFit {
 public:
  explicit FirstFit(const std::vector<Interval>& intervals) : intervals_(intervals), offsets_(intervals.size()) {}

  int64_t Place(const Order& order) {
    placed_.clear();
    total_ = 0;
    for (int i : order) {
      const Interval& want = intervals_[i];
      int64_t size = memory::Aligned(want.bytes), at = 0;
      for (int other : placed_) {
        const Interval& p = intervals_[other];
        if (p.last < want.first || p.first > want.last) continue;
        if (offsets_[other] >= at + size) break;
        at = std::max(at, offsets_[other] + memory::Aligned(p.bytes));
      }
      offsets_[i] = at;
      total_ = std::max(total_, at + size);
      placed_.insert(
          std::upper_bound(placed_.begin(), placed_.end(), i, [&](int a, int b) { return offsets_[a] < offsets_[b]; }),
          i);
    }
    return total_;
  }

  const Offsets& offsets() const { return offsets_; }

 private:
  const std::vector<Interval>& intervals_;
  Offsets offsets_;
  std::vector<int> placed_;  // by offset
  int64_t total_ = 0;
};

Order SortedBy(size_t n, const std::function<int64_t(int)>& key) {
  Order order(n);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return key(a) > key(b); });
  return order;
}

// Those alive when most is alive come first, the largest of them foremost; then those of the next such step, and so on.
Order ByBreadth(const std::vector<Interval>& intervals) {
  std::map<int, std::vector<int>> starts, ends;
  for (size_t i = 0; i < intervals.size(); ++i) {
    starts[intervals[i].first].push_back(static_cast<int>(i));
    ends[intervals[i].last + 1].push_back(static_cast<int>(i));
  }
  std::vector<int64_t> breadth(intervals.size());  // the most that is alive while the interval is
  std::set<int> alive;
  int64_t bytes = 0;
  for (const auto& [step, begun] : starts) {
    for (auto it = ends.begin(); it != ends.end() && it->first <= step; it = ends.erase(it)) {
      for (int i : it->second) alive.erase(i), bytes -= memory::Aligned(intervals[i].bytes);
    }
    for (int i : begun) alive.insert(i), bytes += memory::Aligned(intervals[i].bytes);
    for (int i : alive) breadth[i] = std::max(breadth[i], bytes);
  }
  Order order = SortedBy(intervals.size(), [&](int i) { return intervals[i].bytes; });
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return breadth[a] > breadth[b]; });
  return order;
}

// In the order of the steps, each in the smallest gap that takes it: n log n, for plans of very many tensors.
int64_t PlaceAsTheyCome(std::vector<Interval>& intervals) {
  std::map<int64_t, int64_t> gaps;             // offset -> size
  std::set<std::pair<int64_t, int64_t>> sizes;  // (size, offset)
  std::multimap<int, int> alive;                // last -> interval
  int64_t total = 0;
  auto add_gap = [&](int64_t at, int64_t size) { gaps[at] = size, sizes.insert({size, at}); };
  auto drop_gap = [&](std::map<int64_t, int64_t>::iterator it) {
    sizes.erase({it->second, it->first}), gaps.erase(it);
  };
  auto release = [&](int64_t at, int64_t size) {
    auto next = gaps.lower_bound(at);
    if (next != gaps.end() && next->first == at + size) size += next->second, drop_gap(next);
    auto before = gaps.lower_bound(at);
    if (before != gaps.begin() && std::prev(before)->first + std::prev(before)->second == at) {
      before = std::prev(before);
      at = before->first, size += before->second;
      drop_gap(before);
    }
    add_gap(at, size);
  };
  for (int i : SortedBy(intervals.size(), [&](int k) { return -static_cast<int64_t>(intervals[k].first); })) {
    Interval& want = intervals[i];
    for (auto it = alive.begin(); it != alive.end() && it->first < want.first; it = alive.erase(it)) {
      const auto& last = intervals[it->second];
      if (last.bytes > 0) release(last.offset, memory::Aligned(last.bytes));
    }
    int64_t size = memory::Aligned(want.bytes);
    auto fit = sizes.lower_bound({size, 0});
    if (fit == sizes.end()) {
      bool at_top = !gaps.empty() && gaps.rbegin()->first + gaps.rbegin()->second == total;
      want.offset = at_top ? gaps.rbegin()->first : total;
      if (at_top) drop_gap(std::prev(gaps.end()));
      total = want.offset + size;
    } else {
      auto gap = gaps.find(fit->second);
      int64_t rest = gap->second - size;
      want.offset = gap->first;
      drop_gap(gap);
      if (rest > 0) add_gap(want.offset + size, rest);
    }
    alive.emplace(want.last, i);
  }
  return total;
}

}  // namespace

int64_t PlanMemory(std::vector<Interval>& intervals) {
  const size_t n = intervals.size();
  if (n == 0) return 0;
  if (n > kManyIntervals) return PlaceAsTheyCome(intervals);
  const int64_t bound = MemoryLowerBound(intervals);
  FirstFit fit(intervals);
  Offsets best;
  Order best_order;
  int64_t least = INT64_MAX;
  auto try_order = [&](const Order& order) {
    int64_t total = fit.Place(order);
    if (total <= least) least = total, best = fit.offsets(), best_order = order;
    return least == bound;
  };
  auto lifetime = [&](int i) { return static_cast<int64_t>(intervals[i].last - intervals[i].first + 1); };
  bool done = try_order(SortedBy(n, [&](int i) { return intervals[i].bytes; })) || try_order(ByBreadth(intervals)) ||
              try_order(SortedBy(n, lifetime)) ||
              try_order(SortedBy(n, [&](int i) { return memory::Aligned(intervals[i].bytes) * lifetime(i); }));
  // Then small changes of the best order so far, as long as they do no harm.
  uint32_t random = 1;  // any sequence will do; the same one each time
  auto below = [&](size_t limit) { return (random = random * 1664525u + 1013904223u) / 65536 % limit; };
  for (int64_t left = kSearchBudget; !done && least > bound + bound / 1000 && left > 0;
       left -= static_cast<int64_t>(n * n / 2 + 64 * n)) {
    Order order = best_order;
    for (size_t change = below(3) + 1; change > 0; --change) {
      auto from = order.begin() + static_cast<int64_t>(below(n)), to = order.begin() + static_cast<int64_t>(below(n));
      if (below(2)) {
        std::swap(*from, *to);
      } else if (from < to) {
        std::rotate(from, from + 1, to + 1);
      } else {
        std::rotate(to, from, from + 1);
      }
    }
    done = try_order(order);
  }
  for (size_t i = 0; i < n; ++i) intervals[i].offset = best[i];
  return least;
}

int64_t MemoryLowerBound(const std::vector<Interval>& intervals) {
  std::map<int, int64_t> change;  // of the bytes alive, by step
  for (const Interval& i : intervals) {
    change[i.first] += memory::Aligned(i.bytes);
    change[i.last + 1] -= memory::Aligned(i.bytes);
  }
  int64_t alive = 0, most = 0;
  for (const auto& [step, delta] : change) most = std::max(most, alive += delta);
  return most;
}

}  // namespace weir
