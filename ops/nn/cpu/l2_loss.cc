// L2Loss: a fold of all elements' squares into one.
#include <vector>

#include "weir/runtime/cpu/folds.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace kernels {
namespace {

Status PrepareL2Loss(PrepareContext& c) {
  if (!IsFloating(c.input_dtype(0))) return PrepareContext::NoKernelFor(c.input_dtype(0));
  return PrepareFold(c, Fold::kHalfSquares, std::vector<bool>(c.input_shape(0).rank(), true));
}

}  // namespace
}  // namespace kernels

void RegisterL2LossKernels(KernelRegistry& r) { r.Add("L2Loss", kernels::PrepareL2Loss); }

}  // namespace weir
