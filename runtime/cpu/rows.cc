// Row numbers are checked and widened to int64 first, into the workspace that all parts read.
#include "weir/runtime/cpu/rows.h"

#include <fmt/format.h>

namespace weir::kernels {

Status CheckRowsBefore(PrepareContext& c, int input, int64_t limit) {
  int64_t n = c.input_shape(input).num_elements(), bytes = 0;
  if (!CheckedMul(n, sizeof(int64_t), &bytes)) return ResourceExhausted("has too many indices");
  c.set_workspace(bytes);
  return c.ForType(IndexTypes{}, c.input_dtype(input), [&](auto t) {
    using Index = decltype(t);
    c.Before(n, 1, [=](RunArgs& a) {
      const Index* in = a.in<Index>(input);
      int64_t* rows = a.workspace<int64_t>();
      for (int64_t i = a.begin; i < a.end; ++i) {
        rows[i] = in[i];
        if (in[i] >= 0 && in[i] < limit) continue;
        return a.Fail(OutOfRange(fmt::format("has indices[{}] = {}, outside [0, {})", i, in[i], limit)));
      }
    });
  });
}

}  // namespace weir::kernels
