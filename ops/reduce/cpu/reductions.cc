// Kernels of Sum, Mean, Prod, Min, Max, All, Any and EuclideanNorm: folds (runtime/cpu/folds.h).
#include <vector>

#include "weir/runtime/cpu/folds.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace kernels {
namespace {

PrepareFn Reduction(Fold fold, bool of_bool = false) {
  return [fold, of_bool](PrepareContext& c) -> Status {
    if (of_bool != (c.input_dtype(0) == kBool)) return PrepareContext::NoKernelFor(c.input_dtype(0));
    WEIR_ASSIGN_OR_RETURN(std::vector<bool> reduced, ReducedAxes(c.ints(1), c.input_shape(0).rank()));
    return PrepareFold(c, fold, reduced);
  };
}

}  // namespace
}  // namespace kernels

void RegisterReductionKernels(KernelRegistry& r) {
  using kernels::Fold;
  r.Add("Sum", kernels::Reduction(Fold::kSum)).NeedsValue({1});
  r.Add("Mean", kernels::Reduction(Fold::kMean)).NeedsValue({1});
  r.Add("Prod", kernels::Reduction(Fold::kProd)).NeedsValue({1});
  r.Add("Min", kernels::Reduction(Fold::kMin)).NeedsValue({1});
  r.Add("Max", kernels::Reduction(Fold::kMax)).NeedsValue({1});
  r.Add("EuclideanNorm", kernels::Reduction(Fold::kNorm)).NeedsValue({1});
  r.Add("All", kernels::Reduction(Fold::kMin, true)).NeedsValue({1});
  r.Add("Any", kernels::Reduction(Fold::kMax, true)).NeedsValue({1});
}

}  // namespace weir
