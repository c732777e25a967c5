#include "weir/ops/registry.h"

#include <fmt/format.h>

#include "weir/graph/base/freezing_registry.h"

namespace weir {

// The families, each in ops/<family>/<family>.cc.
void RegisterArrayOps(OpRegistry& r);
void RegisterMathOps(OpRegistry& r);
void RegisterReduceOps(OpRegistry& r);
void RegisterLinalgOps(OpRegistry& r);
void RegisterGatherOps(OpRegistry& r);
void RegisterNnOps(OpRegistry& r);
void RegisterConvOps(OpRegistry& r);
void RegisterPoolOps(OpRegistry& r);
void RegisterNormOps(OpRegistry& r);
void RegisterImageOps(OpRegistry& r);
void RegisterRandomOps(OpRegistry& r);
void RegisterStateOps(OpRegistry& r);
void RegisterTrainOps(OpRegistry& r);
void RegisterControlOps(OpRegistry& r);
void RegisterSequenceOps(OpRegistry& r);
void RegisterListOps(OpRegistry& r);
void RegisterStringOps(OpRegistry& r);
void RegisterSparseOps(OpRegistry& r);
void RegisterAudioOps(OpRegistry& r);
void RegisterParseOps(OpRegistry& r);
void RegisterTableOps(OpRegistry& r);
void RegisterQueueOps(OpRegistry& r);
void RegisterDataOps(OpRegistry& r);
void RegisterIoOps(OpRegistry& r);
void RegisterSummaryOps(OpRegistry& r);
void RegisterFusedOps(OpRegistry& r);
void RegisterCustomOps(OpRegistry& r);

namespace {

void RegisterAll(OpRegistry& r) {
  RegisterArrayOps(r);
  RegisterMathOps(r);
  RegisterReduceOps(r);
  RegisterLinalgOps(r);
  RegisterGatherOps(r);
  RegisterNnOps(r);
  RegisterConvOps(r);
  RegisterPoolOps(r);
  RegisterNormOps(r);
  RegisterImageOps(r);
  RegisterRandomOps(r);
  RegisterStateOps(r);
  RegisterTrainOps(r);
  RegisterControlOps(r);
  RegisterSequenceOps(r);
  RegisterListOps(r);
  RegisterStringOps(r);
  RegisterSparseOps(r);
  RegisterAudioOps(r);
  RegisterParseOps(r);
  RegisterTableOps(r);
  RegisterQueueOps(r);
  RegisterDataOps(r);
  RegisterIoOps(r);
  RegisterSummaryOps(r);
  RegisterFusedOps(r);
  RegisterCustomOps(r);
}

FreezingRegistry<OpRegistry>& Registry() {
  static auto* registry = new FreezingRegistry<OpRegistry>(RegisterAll);
  return *registry;
}

// What a declaration from outside must have.
Status CheckDeclaration(const OpDef& op) {
  if (!op.declaration_error().empty())
    return InvalidArgument(fmt::format("error[op]: op '{}': {}", op.name(), op.declaration_error()));
  if (!op.shape_fn())
    return InvalidArgument(fmt::format("error[op]: op '{}' has no shape function", op.name())).Help("add .Shape(…)");
  return {};
}

}  // namespace

const OpRegistry& AllOps() { return Registry().Frozen(); }

namespace {
// Builders and imports of the layer below, which does not know the list.
[[maybe_unused]] const bool given = (GiveDefaultOps(&AllOps), true);
}  // namespace

Status RegisterOps(const std::function<void(OpRegistry&)>& add) {
  return Registry().Extend(
      [&](const OpRegistry& all, OpRegistry* extended) -> Status {
        OpRegistry mine;
        add(mine);
        for (const auto& [name, op] : mine.ops()) {
          WEIR_RETURN_IF_ERROR(CheckDeclaration(op));
          if (all.Find(name)) return AlreadyExists(fmt::format("error[op]: there is an op '{}' already", name));
          OpDef& added = extended->Add(name) = op;
          const bool told = op.has_gradient() || !op.no_gradient_reason().empty();
          if (!told) added.NoGradient("its declaration gives none", false);
        }
        return {};
      },
      "error[op]: ops are registered before the first Builder, import or Session of the process");
}

}  // namespace weir
