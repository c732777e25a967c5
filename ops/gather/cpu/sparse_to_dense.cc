// Kernel of SparseToDense.
#include <fmt/format.h>

#include "weir/runtime/cpu/moves.h"
#include "weir/runtime/cpu/positions.h"

namespace weir {

namespace {

using namespace kernels;

// Positions must not repeat and be in order where that is to be looked at; false after a bad one.
bool CheckPlace(const Positions& p, RunArgs& a, int64_t i, int64_t place, int64_t before, bool ordered) {
  if (place < 0) return a.Fail(p.OutOfBounds(a.in<void>(0), i)), false;
  if (!ordered || place > before) return true;
  a.Fail(InvalidArgument(fmt::format("has sparse_indices[{}] {}", i, place == before ? "repeated" : "out of order"))
             .Help("validate_indices = false takes them in any order"));
  return false;
}

Status PrepareSparseToDense(PrepareContext& c) {
  const Shape &indices = c.input_shape(0), &values = c.input_shape(2);
  if (indices.rank() > 2 || c.input_shape(1).rank() != 1 || c.input_shape(3).rank() != 0) {
    return InvalidArgument(fmt::format("wants at most a matrix of indices, a vector of sizes and a scalar default, not "
                                       "{}, {} and {}",
                                       indices.ToString(), c.input_shape(1).ToString(), c.input_shape(3).ToString()));
  }
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, c.ints(1)));
  const int64_t count = indices.rank() == 0 ? 1 : indices[0], depth = indices.rank() == 2 ? indices[1] : 1;
  const Shape& whole = c.output_shape(0);
  if (depth != whole.rank() || (values.rank() != 0 && values.dims() != Dims{count})) {
    return InvalidArgument(fmt::format("is given positions {} and values {} for a tensor of shape {}",
                                       indices.ToString(), values.ToString(), whole.ToString()));
  }
  WEIR_ASSIGN_OR_RETURN(Shape rows, Shape::Make(Dims{count, depth}));
  WEIR_ASSIGN_OR_RETURN(Positions p, PositionsIn(whole, rows, c.input_dtype(0)));
  WEIR_RETURN_IF_ERROR(FillBefore(c, 0, 3));
  const bool ordered = c.attr<bool>("validate_indices");
  const int64_t step = values.rank() == 0 ? 0 : 1;
  return ForElement(c.output_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([p, ordered, step](RunArgs& a) {
      for (int64_t i = 0, before = -1; i < p.count; ++i) {
        const int64_t place = p.Place(a.in<void>(0), i);
        if (!CheckPlace(p, a, i, place, before, ordered)) return;
        a.out<T>(0)[place] = a.in<T>(2)[i * step];
        before = place;
      }
    });
  });
}

}  // namespace

void RegisterGatherSparseToDenseKernels(KernelRegistry& r) {
  r.Add("SparseToDense", PrepareSparseToDense).NeedsValue({1});
}

}  // namespace weir
