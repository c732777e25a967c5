// One op by itself, on inputs that are there: what its shape function and its kernel make of them, and where its
// outputs go. For the steps of a plan that only data completes, and for what is computed while compiling.
#pragma once

#include <vector>

#include "weir/runtime/plan/plan.h"

namespace weir {

// Infers and prepares. The outputs' dtypes are given (kInvalid: nobody wants that output); after it all shapes of
// outputs are known. Errors: the shape function's and the kernel's.
Result<PrepareContext> PrepareOp(const KernelDef& kernel, const InferFn& infer, const AttrMap& attrs,
                                 const std::vector<DynamicInput>& inputs, const std::vector<DType>& outputs,
                                 const KernelServices& services, const RunLimits& limits = {},
                                 const std::vector<std::shared_ptr<const HeldFunction>>& functions = {});

// Output k's tensor: a view of an input where the kernel says so, else new memory.
Result<Tensor> OutputOf(const KernelDef& kernel, const std::vector<Tensor>& inputs, int k, DType dtype,
                        const Shape& shape);

}  // namespace weir
