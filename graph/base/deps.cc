#include "weir/graph/base/deps.h"

#include <dlfcn.h>

namespace weir::deps {

namespace {

#ifdef WEIR_SANITIZED
constexpr int kPrivately = RTLD_NOW | RTLD_LOCAL;  // the sanitizers' runtime forbids RTLD_DEEPBIND
#else
constexpr int kPrivately = RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND;
#endif

// The folder of libweir.so, with a slash at the end; empty when the linker does not tell.
std::string OwnFolder() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<const void*>(&Find), &info) || !info.dli_fname) return {};
  std::string path = info.dli_fname;
  return path.substr(0, path.rfind('/') + 1);
}

Result<void*> Open() {
  std::string path = OwnFolder() + WEIR_DEPS_LIBRARY;
  if (void* library = dlopen(path.c_str(), kPrivately)) return library;
  return NotFound("error[install]: '" + path + "' cannot be opened, without which no file is read or written")
      .Detail(dlerror())
      .Help("it belongs beside libweir.so; install both from one build");
}

}  // namespace

Result<const void*> Find(const char* name) {
  static const Result<void*> library = Open();
  if (!library.ok()) return library.status();
  if (const void* table = dlsym(*library, name)) return table;
  return NotFound(std::string("error[install]: " WEIR_DEPS_LIBRARY " has no '") + name + "'")
      .Help("it is of another version than libweir.so; install both from one build");
}

}  // namespace weir::deps
