// FreezingRegistry: a registry that can be extended until its first use and never after. Thread-safe.
#pragma once

#include <atomic>
#include <mutex>
#include <string>

#include "weir/graph/base/status.h"

namespace weir {

template <class R>
class FreezingRegistry {
 public:
  explicit FreezingRegistry(void (*fill)(R&)) { fill(registry_); }

  const R& Frozen() {
    if (!frozen_.load(std::memory_order_acquire)) {
      std::lock_guard lock(mutex_);
      frozen_.store(true, std::memory_order_release);
    }
    return registry_;
  }

  // `extend` sees what there is and adds to a copy, which takes its place unless there is an error.
  template <class F>
  Status Extend(F extend, const std::string& too_late) {
    std::lock_guard lock(mutex_);
    if (frozen_.load(std::memory_order_relaxed))
      return FailedPrecondition(too_late).Help("register at the start of main");
    R extended = registry_;
    WEIR_RETURN_IF_ERROR(extend(registry_, &extended));
    registry_ = std::move(extended);
    return {};
  }

 private:
  R registry_;
  std::mutex mutex_;
  std::atomic<bool> frozen_{false};
};

}  // namespace weir
