// Kernel of _SetRow.
#include <fmt/format.h>

#include <cstring>

#include "weir/ops/kernels.h"

namespace weir {

namespace {

Status PrepareSetRow(PrepareContext& c) {
  const Shape &rows = c.input_shape(0), &row = c.input_shape(2);
  const DType dtype = c.input_dtype(0);
  if (!IsPlain(dtype)) return PrepareContext::NoKernelFor(dtype);
  if (rows.rank() < 1 || c.input_shape(1).rank() != 0 || rows.num_elements() != rows[0] * row.num_elements()) {
    return InvalidArgument(fmt::format("puts {} at {} into {}", row.ToString(), c.input_shape(1).ToString(),
                                       rows.ToString()));
  }
  const int64_t bytes = row.num_elements() * static_cast<int64_t>(SizeOf(dtype)), count = rows[0];
  c.set_output_shape(0, rows);
  // Puts the row to where it belongs, `write`, once the rest is there.
  auto set = [&](auto write) {
    return c.ForType(IndexTypes{}, c.input_dtype(1), [&](auto type) {
      using Index = decltype(type);
      c.SetRun([bytes, count, write](RunArgs& a) {
        const int64_t index = *a.in<Index>(1);
        if (index < 0 || index >= count)
          return a.Fail(InvalidArgument(fmt::format("has the index {} for a list of {} items", index, count)));
        const char* from = a.in<char>(0);
        char* to = a.out<char>(0);
        if (from != to && count * bytes > 0) std::memcpy(to, from, static_cast<size_t>(count * bytes));
        write(a.in<char>(2), to + index * bytes);
      });
    });
  };
  if (!c.attr<bool>("add")) {
    return set([bytes](const char* row, char* to) {
      if (bytes > 0) std::memcpy(to, row, static_cast<size_t>(bytes));
    });
  }
  Status status;
  Status typed = c.ForType(FloatTypes{}, dtype, [&](auto type) {
    using T = decltype(type);
    status = set([n = row.num_elements()](const char* row, char* to) {
      const T* from = reinterpret_cast<const T*>(row);
      T* sum = reinterpret_cast<T*>(to);
      for (int64_t i = 0; i < n; ++i) sum[i] = T(sum[i] + from[i]);
    });
  });
  return typed.ok() ? status : typed;
}

}  // namespace

void RegisterRowKernels(KernelRegistry& r) { r.Add("_SetRow", PrepareSetRow).Updates(); }

}  // namespace weir
