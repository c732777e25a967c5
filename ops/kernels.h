// The kernels of all ops, filled from the lists of the families.
#pragma once

#include "weir/runtime/kernel.h"

namespace weir {

// Every kernel, those of RegisterKernels (runtime/kernel.h) too; frozen by its first use. Thread-safe.
const KernelRegistry& AllKernels();

}  // namespace weir
