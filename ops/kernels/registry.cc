#include "weir/ops/kernels/registry.h"

namespace weir {

const KernelRegistry& AllKernels() {
  static const KernelRegistry* registry = [] {
    auto* r = new KernelRegistry;
    RegisterArrayKernels(*r);
    RegisterControlKernels(*r);
    RegisterMathKernels(*r);
    RegisterMatrixKernels(*r);
    RegisterReductionKernels(*r);
    RegisterGatherKernels(*r);
    RegisterNnKernels(*r);
    RegisterConvKernels(*r);
    RegisterRandomKernels(*r);
    RegisterStateKernels(*r);
    RegisterTrainingKernels(*r);
    RegisterStringKernels(*r);
    RegisterIoKernels(*r);
    RegisterFusedKernels(*r);
    return r;
  }();
  return *registry;
}

}  // namespace weir
