// Kernels of the ops that parse, by the ops' topics.
#include "weir/ops/kernels.h"

namespace weir {

void RegisterParseExampleKernels(KernelRegistry& r);  // example.cc
void RegisterParseTensorKernels(KernelRegistry& r);   // tensor.cc
void RegisterParseJsonKernels(KernelRegistry& r);     // json.cc

void RegisterParseKernels(KernelRegistry& r) {
  RegisterParseExampleKernels(r);
  RegisterParseTensorKernels(r);
  RegisterParseJsonKernels(r);
}

}  // namespace weir
