#include "weir/ops/kernels.h"

#include <fmt/format.h>

#include "weir/graph/base/freezing_registry.h"

namespace weir {

// The families, each in ops/<family>/cpu/<family>.cc.
void RegisterArrayKernels(KernelRegistry& r);
void RegisterMathKernels(KernelRegistry& r);
void RegisterReduceKernels(KernelRegistry& r);
void RegisterLinalgKernels(KernelRegistry& r);
void RegisterGatherKernels(KernelRegistry& r);
void RegisterNnKernels(KernelRegistry& r);
void RegisterConvKernels(KernelRegistry& r);
void RegisterPoolKernels(KernelRegistry& r);
void RegisterNormKernels(KernelRegistry& r);
void RegisterImageKernels(KernelRegistry& r);
void RegisterRandomKernels(KernelRegistry& r);
void RegisterStateKernels(KernelRegistry& r);
void RegisterTrainKernels(KernelRegistry& r);
void RegisterControlKernels(KernelRegistry& r);
void RegisterSequenceKernels(KernelRegistry& r);
void RegisterListKernels(KernelRegistry& r);
void RegisterStringKernels(KernelRegistry& r);
void RegisterSparseKernels(KernelRegistry& r);
void RegisterAudioKernels(KernelRegistry& r);
void RegisterParseKernels(KernelRegistry& r);
void RegisterTableKernels(KernelRegistry& r);
void RegisterQueueKernels(KernelRegistry& r);
void RegisterDataKernels(KernelRegistry& r);
void RegisterIoKernels(KernelRegistry& r);
void RegisterSummaryKernels(KernelRegistry& r);
void RegisterFusedKernels(KernelRegistry& r);
void RegisterCustomKernels(KernelRegistry& r);

namespace {

void RegisterAll(KernelRegistry& r) {
  RegisterArrayKernels(r);
  RegisterMathKernels(r);
  RegisterReduceKernels(r);
  RegisterLinalgKernels(r);
  RegisterGatherKernels(r);
  RegisterNnKernels(r);
  RegisterConvKernels(r);
  RegisterPoolKernels(r);
  RegisterNormKernels(r);
  RegisterImageKernels(r);
  RegisterRandomKernels(r);
  RegisterStateKernels(r);
  RegisterTrainKernels(r);
  RegisterControlKernels(r);
  RegisterSequenceKernels(r);
  RegisterListKernels(r);
  RegisterStringKernels(r);
  RegisterSparseKernels(r);
  RegisterAudioKernels(r);
  RegisterParseKernels(r);
  RegisterTableKernels(r);
  RegisterQueueKernels(r);
  RegisterDataKernels(r);
  RegisterIoKernels(r);
  RegisterSummaryKernels(r);
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
