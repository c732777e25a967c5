#include "weir/session/context_pool.h"

#include <algorithm>
#include <limits>

namespace weir {

ContextPool::Idle ContextPool::Take(const Plan& plan) {
  Idle idle;
  if (auto it = contexts_.find(&plan); it != contexts_.end()) {
    idle.context = std::move(it->second.back().context);
    bytes_ -= it->second.back().bytes;
    it->second.pop_back();
    if (it->second.empty()) contexts_.erase(it);
  }
  idle.arena = TakeArena(plan.arena_bytes, idle.context ? idle.context->last_arena() : nullptr);
  return idle;
}

std::shared_ptr<Buffer> ContextPool::TakeArena(int64_t bytes, const void* last) {
  auto size = [](const IdleArena& a) { return static_cast<int64_t>(a.buffer->bytes()); };
  auto best = arenas_.end();
  for (auto it = arenas_.begin(); it != arenas_.end(); ++it) {
    if (size(*it) < bytes) continue;
    if (it->buffer->data() == last) {
      best = it;
      break;
    }
    if (best == arenas_.end() || size(*it) < size(*best)) best = it;
  }
  const bool found = best != arenas_.end();
  // None is large enough: a larger one will take the place of the smallest.
  if (!found)
    best = std::min_element(arenas_.begin(), arenas_.end(), [&](auto& a, auto& b) { return size(a) < size(b); });
  if (best == arenas_.end()) return nullptr;
  std::shared_ptr<Buffer> arena = std::move(best->buffer);
  bytes_ -= static_cast<int64_t>(arena->bytes());
  arenas_.erase(best);
  return found ? arena : nullptr;
}

void ContextPool::Return(std::unique_ptr<RunContext> context, int64_t max_bytes) {
  const int64_t now = ++clock_;
  if (std::shared_ptr<Buffer> arena = context->TakeArena()) {
    bytes_ += static_cast<int64_t>(arena->bytes());
    arenas_.push_back({std::move(arena), now});
  }
  const Plan* plan = &context->plan();
  const int64_t bytes = context->bytes();
  bytes_ += bytes;
  contexts_[plan].push_back({std::move(context), bytes, now});
  ShrinkTo(max_bytes, now);
}

void ContextPool::Forget(const Plan* plan) {
  auto it = contexts_.find(plan);
  if (it == contexts_.end()) return;
  for (const IdleContext& idle : it->second) bytes_ -= idle.bytes;
  contexts_.erase(it);
}

void ContextPool::Shrink(int64_t max_bytes) {
  ShrinkTo(max_bytes, std::numeric_limits<int64_t>::max());
}

void ContextPool::ShrinkTo(int64_t max_bytes, int64_t before) {
  while (bytes_ > max_bytes && DropOldest(before)) {}
}

// Drops the context or arena that is idle the longest, since earlier than `before`; false when there is none.
bool ContextPool::DropOldest(int64_t before) {
  auto plan = contexts_.end();
  int64_t oldest = before;
  for (auto it = contexts_.begin(); it != contexts_.end(); ++it) {
    if (it->second.front().since < oldest) oldest = it->second.front().since, plan = it;
  }
  auto arena = std::min_element(arenas_.begin(), arenas_.end(), [](auto& a, auto& b) { return a.since < b.since; });
  if (arena != arenas_.end() && arena->since < oldest) {
    bytes_ -= static_cast<int64_t>(arena->buffer->bytes());
    arenas_.erase(arena);
    return true;
  }
  if (plan == contexts_.end()) return false;
  bytes_ -= plan->second.front().bytes;
  plan->second.erase(plan->second.begin());
  if (plan->second.empty()) contexts_.erase(plan);
  return true;
}

}  // namespace weir
