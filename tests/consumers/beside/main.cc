// Weir beside a library that exports the same names as what Weir stands on. Each argument is a step, done in order:
//
//   weir                     uses Weir
//   impostor=PATH            opens impostor.c's library, and checks that it reaches itself
//   tensorflow=PATH          opens libtensorflow_cc.so.2, and imports a graph and makes a session there
//
// `=global:PATH` opens with RTLD_GLOBAL. Exit code 0 when all of it worked and Weir called nothing of the impostor's.
#include <dlfcn.h>
#include <weir/weir.h>

#include <iostream>

#include "weir_works.h"

namespace {

void* library = nullptr;

template <class F>
F* Symbol(const char* name) {
  return reinterpret_cast<F*>(dlsym(library, name));
}

bool Open(std::string path) {
  const bool global = path.starts_with("global:");
  if (global) path.erase(0, 7);
  library = dlopen(path.c_str(), RTLD_NOW | (global ? RTLD_GLOBAL : RTLD_LOCAL));
  if (!library) std::cerr << dlerror() << "\n";
  return library != nullptr;
}

bool ImpostorReachesItself() {
  int* calls = Symbol<int>("impostor_calls");
  bool itself = Symbol<int()>("impostor_reaches_itself")() == 1;
  *calls = 0;
  return itself;
}

bool TensorFlowWorks() {
  auto make = [](const char* name) { return Symbol<void*()>(name)(); };
  weir::Builder g;
  weir::ops::Relu(weir::ops::Placeholder(g, weir::kFloat, {weir::None, 2}));
  const std::string bytes = weir::ExportGraphDef(g.graph()).value();
  void *graph = make("TF_NewGraph"), *status = make("TF_NewStatus");
  void* buffer = Symbol<void*(const void*, size_t)>("TF_NewBufferFromString")(bytes.data(), bytes.size());
  Symbol<void(void*, void*, void*, void*)>("TF_GraphImportGraphDef")(graph, buffer, make("TF_NewImportGraphDefOptions"),
                                                                     status);
  auto ok = [&] { return Symbol<int(void*)>("TF_GetCode")(status) == 0; };
  if (!ok()) return false;
  Symbol<void*(void*, void*, void*)>("TF_NewSession")(graph, make("TF_NewSessionOptions"), status);
  return ok();
}

bool Do(const std::string& step) {
  if (step == "weir") return weir_works() == 0;
  const std::string path = step.substr(step.find('=') + 1);
  if (step.starts_with("impostor=")) return Open(path) && ImpostorReachesItself();
  if (step.starts_with("tensorflow=")) return Open(path) && TensorFlowWorks();
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (!Do(argv[i])) return std::cerr << "failed: " << argv[i] << "\n", 1;
  }
  const int* calls = library ? Symbol<int>("impostor_calls") : nullptr;
  if (calls && *calls) return std::cerr << "Weir called the impostor " << *calls << " times\n", 1;
  return 0;
}
