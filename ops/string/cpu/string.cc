// Kernels of the ops that compute with strings, by the ops' topics.
#include "weir/ops/kernels.h"

namespace weir {

void RegisterStringTextKernels(KernelRegistry& r);        // text.cc
void RegisterStringRegexKernels(KernelRegistry& r);       // regex.cc
void RegisterStringSplitKernels(KernelRegistry& r);       // split.cc
void RegisterStringJoinKernels(KernelRegistry& r);        // join.cc
void RegisterStringPartKernels(KernelRegistry& r);        // part.cc
void RegisterStringHashKernels(KernelRegistry& r);        // hash.cc
void RegisterStringBase64Kernels(KernelRegistry& r);      // base64.cc
void RegisterStringRawKernels(KernelRegistry& r);         // raw.cc
void RegisterStringCompressedKernels(KernelRegistry& r);  // compressed.cc
void RegisterStringCaseKernels(KernelRegistry& r);        // case.cc
void RegisterStringCsvKernels(KernelRegistry& r);         // csv.cc
void RegisterStringUnicodeKernels(KernelRegistry& r);     // unicode.cc

void RegisterStringKernels(KernelRegistry& r) {
  RegisterStringTextKernels(r);
  RegisterStringRegexKernels(r);
  RegisterStringSplitKernels(r);
  RegisterStringJoinKernels(r);
  RegisterStringPartKernels(r);
  RegisterStringHashKernels(r);
  RegisterStringBase64Kernels(r);
  RegisterStringRawKernels(r);
  RegisterStringCompressedKernels(r);
  RegisterStringCaseKernels(r);
  RegisterStringCsvKernels(r);
  RegisterStringUnicodeKernels(r);
}

}  // namespace weir
