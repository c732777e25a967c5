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

}  // namespace weir
