#include "weir/runtime/exec/phases.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <tuple>

#include "weir/graph/base/shape.h"

namespace weir {

namespace {

constexpr double kPatienceNs = 20e6;  // of a thread alone, between two looks at whether the run was cancelled
constexpr int64_t kPartsAThread = 8;  // so that threads that are slower, or busy elsewhere, hold nobody up

std::atomic<int64_t> forced_parts{0};
std::atomic<bool> forced_unequal{false};

int64_t PartsOf(const Phase& p, int threads) {
  const int64_t most = std::max<int64_t>(p.items, 1);
  if (const int64_t forced = forced_parts.load(std::memory_order_relaxed); forced > 0) return std::min(forced, most);
  const double ns = double(p.items) * p.item_ns;
  const double wanted =
      threads == 1 ? ns / kPatienceNs : std::min(ns / kPartNs, double(kPartsAThread) * double(threads));
  return std::clamp<int64_t>(int64_t(std::ceil(std::min(wanted, 1e9))), 1, std::max<int64_t>(most / p.least, 1));
}

// The items of a part: [begin, end).
std::pair<int64_t, int64_t> ItemsOf(const Phase& p, int64_t part) {
  if (forced_unequal.load(std::memory_order_relaxed)) {  // part k is k + 1 times as large as the first, about
    const double whole = double(p.parts * (p.parts + 1));
    auto edge = [&](int64_t k) { return int64_t(double(p.items) * double(k * (k + 1)) / whole); };
    return {edge(part), edge(part + 1)};
  }
  const int64_t grain = p.items / p.best >= p.parts ? p.best : 1;
  const int64_t grains = (p.items + grain - 1) / grain, per = grains / p.parts, rest = grains % p.parts;
  const int64_t begin = part * per + std::min(part, rest), end = begin + per + (part < rest);
  return {begin * grain, std::min(end * grain, p.items)};
}

void RunPart(const Prepared& prepared, const Phase& phase, int64_t part, RunArgs& a) {
  if (a.cancelled()) return;
  std::tie(a.begin, a.end) = ItemsOf(phase, part);
  a.own_lines = OwnLines(prepared, part);
  phase.run.call(phase.run.closure.get(), a);
}

void RunByTeam(const Prepared& prepared, const Phase& phase, const RunArgs& args, ThreadPool::Team* team) {
  struct Job {
    const Prepared& prepared;
    const Phase& phase;
    const RunArgs& args;
  } job{prepared, phase, args};
  auto one = [](void* context, int64_t part) {
    const Job& j = *static_cast<Job*>(context);
    RunArgs mine = j.args;
    RunPart(j.prepared, j.phase, part, mine);
  };
  team->Run(one, &job, phase.parts);
}

}  // namespace

void ForceCutsForTesting(int64_t parts, bool unequal) { forced_parts = parts, forced_unequal = unequal; }

Result<int64_t> Cut(Prepared& prepared, int threads) {
  int64_t own = 0, bytes = 0;
  for (Phase& p : prepared.phases) p.parts = PartsOf(p, threads);
  constexpr int64_t kMost = int64_t{UINT32_MAX} * memory::kAlignment;
  if (prepared.workspace_bytes > kMost || prepared.own_bytes > kMost ||
      !CheckedMul(prepared.MostParts(), memory::Aligned(prepared.own_bytes), &own) ||
      !CheckedAdd(memory::Aligned(prepared.workspace_bytes), own, &bytes) || bytes > kMost) {
    return ResourceExhausted("needs more workspace than there can be");
  }
  return bytes;
}

uint32_t OwnLines(const Prepared& p, int64_t part) {
  const int64_t bytes = memory::Aligned(p.workspace_bytes) + part * memory::Aligned(p.own_bytes);
  return static_cast<uint32_t>(bytes / memory::kAlignment);
}

void RunPhases(const Prepared& prepared, RunArgs& args, ThreadPool::Team* team) {
  for (const Phase& phase : prepared.phases) {
    if (phase.parts == 1) {
      args.begin = 0, args.end = phase.items, args.own_lines = OwnLines(prepared, 0);
      phase.run.call(phase.run.closure.get(), args);
    } else if (team) {
      RunByTeam(prepared, phase, args, team);
    } else {
      for (int64_t part = 0; part < phase.parts; ++part) RunPart(prepared, phase, part, args);
    }
    if (args.error->failed.load(std::memory_order_relaxed)) return;
  }
}

}  // namespace weir
