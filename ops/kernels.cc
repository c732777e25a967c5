#include "weir/ops/kernels.h"

#include <fmt/format.h>

#include "weir/graph/base/freezing_registry.h"

namespace weir {

namespace {

void RegisterAll(KernelRegistry& r) {
  RegisterArrayKernels(r);
  RegisterControlKernels(r);
  RegisterMathKernels(r);
  RegisterMatrixKernels(r);
  RegisterReductionKernels(r);
  RegisterGatherKernels(r);
  RegisterNnKernels(r);
  RegisterConvKernels(r);
  RegisterRandomKernels(r);
  RegisterStateKernels(r);
  RegisterTrainingKernels(r);
  RegisterStringKernels(r);
  RegisterIoKernels(r);
  RegisterFusedKernels(r);
  RegisterCustomKernels(r);
}

FreezingRegistry<KernelRegistry>& Registry() {
  static auto* registry = new FreezingRegistry<KernelRegistry>(RegisterAll);
  return *registry;
}

}  // namespace

const KernelRegistry& AllKernels() { return Registry().Frozen(); }

Status RegisterKernels(const std::function<void(KernelRegistry&)>& add) {
  return Registry().Extend(
      [&](const KernelRegistry& all, KernelRegistry* extended) -> Status {
        KernelRegistry mine;
        add(mine);
        for (const auto& [op, kernel] : mine.kernels()) {
          if (all.Find(op)) return AlreadyExists(fmt::format("error[kernel]: op '{}' has a kernel already", op));
          extended->Add(op, kernel.prepare()) = kernel;
        }
        return {};
      },
      "error[kernel]: kernels are registered before the first Session of the process");
}

}  // namespace weir
