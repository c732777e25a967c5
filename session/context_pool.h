// ContextPool: the run contexts of a session that are idle, and the arenas that all of them share. Guarded by whoever
// has it.
//
// A context keeps what is its plan's alone (pointers, buffers of fetches); its arena it takes for a run and gives back
// after it. Invariant: there are never more arenas than runs were in flight at once, whatever the number of plans. So
// the memory of many threads with many batch sizes is that of as many largest runs as there are threads.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "weir/runtime/exec/executor.h"

namespace weir {

class ContextPool {
 public:
  struct Idle {
    std::unique_ptr<RunContext> context;
    std::shared_ptr<Buffer> arena;
  };
  // What there is for a run of this plan: null where there is none.
  Idle Take(const Plan& plan);
  // Keeps a context for the next run of its plan, and drops the longest idle until at most `max_bytes` are kept. What
  // came last stays, however large: the next run is most often like it.
  void Return(std::unique_ptr<RunContext> context, int64_t max_bytes);
  // Drops the contexts of a plan.
  void Forget(const Plan* plan);
  // Drops contexts and arenas, the longest idle first, until at most `max_bytes` are kept.
  void Shrink(int64_t max_bytes);
  // What idle contexts and arenas hold.
  int64_t bytes() const { return bytes_; }

 private:
  struct IdleContext {
    std::unique_ptr<RunContext> context;
    int64_t bytes = 0, since = 0;
  };
  struct IdleArena {
    std::shared_ptr<Buffer> buffer;
    int64_t since = 0;
  };
  // The last arena of the context if it is here, else the smallest that is large enough; null when there is none.
  std::shared_ptr<Buffer> TakeArena(int64_t bytes, const void* last);
  bool DropOldest(int64_t before);
  void ShrinkTo(int64_t max_bytes, int64_t before);

  std::map<const Plan*, std::vector<IdleContext>> contexts_;  // of each plan, the last returned at the end
  std::vector<IdleArena> arenas_;
  int64_t bytes_ = 0, clock_ = 0;
};

}  // namespace weir
