// Kernel of Roll: runs of elements copied to where they go.
#include <fmt/format.h>

#include <algorithm>

#include "weir/runtime/cpu/moves.h"

namespace weir {

namespace {

using namespace kernels;

// The tensor seen as [rows, width]: a row, up to the innermost axis that is rolled, is turned as a whole; the axes
// before it say which row.
struct RollView {
  Dims sizes, strides, shifts;  // of the axes before; strides in rows
  int64_t width = 0, shift = 0;

  int64_t SourceRow(int64_t row) const {
    int64_t from = 0;
    for (size_t a = sizes.size(); a-- > 0; row /= sizes[a]) {
      const int64_t at = row % sizes[a] - shifts[a];
      from += (at < 0 ? at + sizes[a] : at) * strides[a];
    }
    return from;
  }
};

// By how much each axis is rolled, at least 0 and less than its size.
Result<Dims> ShiftsOf(const PrepareContext& c) {
  const Shape& s = c.input_shape(0);
  std::vector<int64_t> shift = c.ints(1), axes = c.ints(2);
  if (s.rank() == 0 || c.input_shape(1).rank() > 1 || c.input_shape(2).rank() > 1 || shift.size() != axes.size()) {
    return InvalidArgument(fmt::format("cannot roll {} by {} along {}", s.ToString(), c.input_shape(1).ToString(),
                                       c.input_shape(2).ToString()))
        .Help("shift and axis are scalars, or vectors of one length; the input has an axis at least");
  }
  Dims shifts(static_cast<size_t>(s.rank()), 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    WEIR_ASSIGN_OR_RETURN(int axis, CheckedAxis(axes[i], s.rank()));
    const int64_t size = std::max<int64_t>(s[axis], 1);
    int64_t& sum = shifts[static_cast<size_t>(axis)];
    sum = (sum + shift[i] % size + size) % size;
  }
  return shifts;
}

Status PrepareRoll(PrepareContext& c) {
  const Shape& s = c.input_shape(0);
  WEIR_ASSIGN_OR_RETURN(Dims shifts, ShiftsOf(c));
  c.set_output_shape(0, s);
  if (s.num_elements() == 0) return c.Nothing();
  int last = s.rank() - 1;
  while (last > 0 && shifts[static_cast<size_t>(last)] == 0) --last;
  RollView v;
  WEIR_ASSIGN_OR_RETURN(Shape outer, Shape::Make(std::span(s.dims()).first(static_cast<size_t>(last))));
  v.sizes = outer.dims(), v.strides = RowMajorStrides(outer);
  v.shifts.assign(shifts.begin(), shifts.begin() + last);
  v.width = ElementsOf(s, last, s.rank());
  v.shift = shifts[static_cast<size_t>(last)] * ElementsOf(s, last + 1, s.rank());
  c.ParallelOver(s.num_elements(), MoveCost(c.input_dtype(0)) + 2.0 * double(last + 1) / double(v.width));
  return ForElement(c.input_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([v](RunArgs& a) {
      auto [begin, end] = a.Range();
      for (int64_t i = begin; i < end;) {
        const int64_t at = i % v.width, from = at >= v.shift ? at - v.shift : at + v.width - v.shift;
        const int64_t run = std::min({end - i, v.width - at, v.width - from});
        std::copy_n(a.in<T>(0) + v.SourceRow(i / v.width) * v.width + from, run, a.out<T>(0) + i);
        i += run;
      }
    });
  });
}

}  // namespace

void RegisterArrayRollKernels(KernelRegistry& r) { r.Add("Roll", PrepareRoll).NeedsValue({1, 2}); }

}  // namespace weir
