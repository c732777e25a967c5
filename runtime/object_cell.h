// ObjectCell: what stands behind the handle of a table, a queue or a reader. The session keeps the cell under the
// resource's name (ResourceStore); the kernel of the op that gives the handle puts the object into it, once; kernels of
// other ops take it from there. The object guards itself: runs in flight share it.
//
// What an object is, the runtime does not know: a class of the family whose ops work on it.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "weir/runtime/kernel.h"
#include "weir/runtime/resource_store.h"

namespace weir {

class ResourceObject {
 public:
  virtual ~ResourceObject() = default;
};

struct ObjectCell : ResourceCell {
  using ResourceCell::ResourceCell;

  // The object, made by `make`, which gives a Result<std::shared_ptr<T>>, where there is none yet. Errors: make's; it
  // is of another class.
  template <class T, class Make>
  Result<T*> Made(Make make) {
    std::lock_guard lock(mutex);
    if (!object) { WEIR_ASSIGN_OR_RETURN(object, make()); }
    return As<T>();
  }
  // The object. Errors: nobody has made it; it is of another class.
  template <class T>
  Result<T*> Get() {
    std::lock_guard lock(mutex);
    return As<T>();
  }

  std::mutex mutex;
  std::shared_ptr<ResourceObject> object;  // under the mutex; once it is there it stays

 private:
  template <class T>
  Result<T*> As() const {
    if (T* t = dynamic_cast<T*>(object.get())) return t;
    return Wrong();
  }
  Status Wrong() const;
};

// What preparing a kernel that prepares WhileRunning has found is what its outputs are. Error: other dtypes or shapes
// than were inferred.
Status GiveTensors(PrepareContext& c, std::vector<Tensor> tensors);

// Waits, with the lock released, until `ready` gives true. Errors: what ends the run (RunLimits::Check). Who makes it
// ready notifies `changed`.
template <class Ready>
Status WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, const RunLimits& limits,
                 Ready ready) {
  // Why: nobody notifies of a cancel, which is a flag.
  constexpr std::chrono::milliseconds kLook{2};
  while (!ready()) {
    WEIR_RETURN_IF_ERROR(limits.Check());
    if (limits.any()) changed.wait_for(lock, kLook);
    else changed.wait(lock);
  }
  return {};
}

// A door to what one run at a time may use: the others wait outside.
class RunDoor {
 public:
  // Errors: what ends the run; this thread is inside already, and would wait for itself.
  Status Enter(const RunLimits& limits) {
    std::unique_lock lock(mutex_);
    if (inside_ == std::this_thread::get_id()) return FailedPrecondition("waits for itself");
    WEIR_RETURN_IF_ERROR(WaitUntil(lock, left_, limits, [&] { return inside_ == std::thread::id(); }));
    inside_ = std::this_thread::get_id();
    return {};
  }
  void Leave() {
    std::lock_guard lock(mutex_);
    inside_ = std::thread::id();
    left_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable left_;
  std::thread::id inside_;  // of nobody when there is none
};

}  // namespace weir
