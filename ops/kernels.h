// The kernels of all ops, filled from the lists of the families, and adding to them.
#pragma once

#include "weir/runtime/kernel.h"

namespace weir {

// Every kernel, those of RegisterKernels too; frozen by its first use. Thread-safe.
const KernelRegistry& AllKernels();

// Adds kernels from outside the library, before the first Session of the process, when the registry freezes: of ops
// from outside (RegisterOps, ops/custom/custom.h), or of ops of Weir's that have no kernel. Errors, and nothing is
// added then: the registry is frozen, an op has a kernel already.
Status RegisterKernels(const std::function<void(KernelRegistry&)>& add);

}  // namespace weir
