// Kernels of the TensorScatter ops: input 0, or a copy of it, is changed at the positions.
#include "weir/runtime/cpu/scatter.h"

namespace weir {

namespace {

using namespace kernels;

template <class Combine>
Status PrepareTensorScatter(PrepareContext& c) {
  c.set_output_shape(0, c.input_shape(0));
  WEIR_ASSIGN_OR_RETURN(ScatterPlan plan, PlanScatterNd(c, c.input_shape(0), 1));
  WEIR_RETURN_IF_ERROR(CopyBefore(c));
  plan.output = true;
  return SetScatter<Combine>(c, plan);
}

}  // namespace

void RegisterGatherTensorScatterKernels(KernelRegistry& r) {
  r.Add("TensorScatterUpdate", PrepareTensorScatter<Replace>).Updates();
  r.Add("TensorScatterAdd", PrepareTensorScatter<Accumulate<false>>).Updates();
  r.Add("ScatterNdNonAliasingAdd", PrepareTensorScatter<Accumulate<false>>).Updates();
  r.Add("TensorScatterSub", PrepareTensorScatter<Accumulate<true>>).Updates();
  r.Add("TensorScatterMin", PrepareTensorScatter<Extreme<false>>).Updates();
  r.Add("TensorScatterMax", PrepareTensorScatter<Extreme<true>>).Updates();
}

}  // namespace weir
