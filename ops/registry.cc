#include "weir/ops/registry.h"

#include "weir/graph/builder.h"

namespace weir {

const OpRegistry& AllOps() {
  static const OpRegistry* registry = [] {
    auto* r = new OpRegistry;
    RegisterArrayOps(*r);
    RegisterControlOps(*r);
    RegisterMathOps(*r);
    RegisterMatrixOps(*r);
    RegisterReductionOps(*r);
    RegisterGatherOps(*r);
    RegisterNnOps(*r);
    RegisterConvOps(*r);
    RegisterRandomOps(*r);
    RegisterStateOps(*r);
    RegisterTrainingOps(*r);
    RegisterStringOps(*r);
    RegisterIoOps(*r);
    RegisterFusedOps(*r);
    return r;
  }();
  return *registry;
}

Builder::Builder() : Builder(&AllOps()) {}

Builder::Builder(Result<LoadedGraph> loaded)
    : Builder(loaded.ok() ? std::move(loaded->graph) : Graph(&AllOps())) {
  Fail(loaded.status());
}

Result<LoadedGraph> LoadGraph(const std::string& path, const LoadOptions& options) {
  return LoadGraph(path, &AllOps(), options);
}

}  // namespace weir
