// Row numbers are checked and widened to int64 before the chunks run, into the workspace that all chunks read.
#include "weir/runtime/cpu/rows.h"

#include <fmt/format.h>

namespace weir::kernels {

Status CheckRowsAtBegin(PrepareContext& c, int input, int64_t limit) {
  int64_t n = c.input_shape(input).num_elements(), bytes = 0;
  if (!CheckedMul(n, sizeof(int64_t), &bytes)) return ResourceExhausted("has too many indices");
  c.set_workspace(bytes);
  return c.ForType(IndexTypes{}, c.input_dtype(input), [&](auto t) {
    using Index = decltype(t);
    c.SetBegin([=](RunArgs& a) {
      const Index* in = a.in<Index>(input);
      int64_t* rows = a.workspace<int64_t>();
      for (int64_t i = 0; i < n; ++i) {
        rows[i] = in[i];
        if (in[i] >= 0 && in[i] < limit) continue;
        rows[0] = -1;
        return a.Fail(OutOfRange(fmt::format("has indices[{}] = {}, outside [0, {})", i, in[i], limit)));
      }
    });
  });
}

const int64_t* CheckedRows(const RunArgs& a, int64_t n) {
  const int64_t* rows = a.workspace<int64_t>();
  return n > 0 && rows[0] < 0 ? nullptr : rows;
}

}  // namespace weir::kernels
