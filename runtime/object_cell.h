// ObjectCell: what stands behind the handle of a table, a queue or a reader. The session keeps the cell under the
// resource's name (ResourceStore); the kernel of the op that gives the handle puts the object into it, once; kernels of
// other ops take it from there. The object guards itself: runs in flight share it.
//
// What an object is, the runtime does not know: a class of the family whose ops work on it.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

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

}  // namespace weir
