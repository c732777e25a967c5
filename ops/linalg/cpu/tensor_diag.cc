// Kernels of Diag and DiagPart: the diagonal's elements lie at one distance.
#include <fmt/format.h>

#include "weir/runtime/cpu/moves.h"

namespace weir {

namespace {

using namespace kernels;

Status PrepareDiag(PrepareContext& c) {
  const Shape& s = c.input_shape(0);
  if (s.rank() == 0) return InvalidArgument("wants a diagonal of one axis at least");
  Dims dims = s.dims();
  dims.insert(dims.end(), s.dims().begin(), s.dims().end());
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, dims));
  WEIR_RETURN_IF_ERROR(FillBefore(c, 0));
  const int64_t n = s.num_elements();
  return SetMove(c, Move({n}, {1}, {n + 1}));
}

Status PrepareDiagPart(PrepareContext& c) {
  const Shape& s = c.input_shape(0);
  const int half = s.rank() / 2;
  const Dims dims(s.dims().begin(), s.dims().begin() + half);
  if (s.rank() % 2 != 0 || !std::equal(dims.begin(), dims.end(), s.dims().begin() + half))
    return InvalidArgument(fmt::format("has no diagonal in {}", s.ToString()));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, dims));
  const int64_t n = c.output_shape(0).num_elements();
  return SetMove(c, Move({n}, {n + 1}, {1}));
}

}  // namespace

void RegisterTensorDiagKernels(KernelRegistry& r) {
  r.Add("Diag", PrepareDiag);
  r.Add("DiagPart", PrepareDiagPart);
}

}  // namespace weir
