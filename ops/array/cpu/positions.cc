// Kernels between positions and tensors: OneHot, Where.
#include <fmt/format.h>

#include <algorithm>

#include "weir/runtime/cpu/moves.h"

namespace weir {

namespace {

using namespace kernels;

// The output seen as [prefix, depth, suffix], the indices as [prefix, suffix].
struct OneHotView {
  int64_t prefix, depth, suffix;
  DType index_type;
};

template <class T>
void RunOneHot(const OneHotView& v, RunArgs& a) {
  const void* indices = a.in<void>(0);
  const T &on = *a.in<T>(2), &off = *a.in<T>(3);
  if (v.suffix == 1) {
    auto [begin, end] = a.Range();
    T* out = a.out<T>(0);
    std::fill(out + begin * v.depth, out + end * v.depth, off);
    for (int64_t p = begin; p < end; ++p) {
      int64_t at = IntegerAt(indices, v.index_type, p);
      if (at >= 0 && at < v.depth) out[p * v.depth + at] = on;
    }
    return;
  }
  auto [begin, end] = a.Range();
  for (int64_t row = begin; row < end; ++row) {
    T* out = a.out<T>(0) + row * v.suffix;
    int64_t first = row / v.depth * v.suffix, at = row % v.depth;
    for (int64_t s = 0; s < v.suffix; ++s) out[s] = IntegerAt(indices, v.index_type, first + s) == at ? on : off;
  }
}

Status PrepareOneHot(PrepareContext& c) {
  const Shape& s = c.input_shape(0);
  std::vector<int64_t> depth = c.ints(1);
  int64_t axis = c.attr<int64_t>("axis");
  for (int i = 1; i < 4; ++i) {
    if (c.input_shape(i).num_elements() != 1) return InvalidArgument("wants scalars for depth, on and off value");
  }
  if (depth.size() != 1 || depth[0] < 0) return InvalidArgument("wants a depth that is not negative");
  if (axis < -1 || axis > s.rank())
    return InvalidArgument(fmt::format("cannot put a new axis {} into {}", axis, s.ToString()));
  Dims dims = s.dims();
  int at = axis < 0 ? s.rank() : static_cast<int>(axis);
  dims.insert(dims.begin() + at, depth[0]);
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, dims));
  OneHotView view{ElementsOf(s, 0, at), depth[0], ElementsOf(s, at, s.rank()), c.input_dtype(0)};
  if (c.output_shape(0).num_elements() == 0) view = {0, 1, 1, view.index_type};
  const double ns = 0.3 + MoveCost(c.output_dtype(0));
  if (view.suffix == 1) c.ParallelOver(view.prefix, ns * double(view.depth));
  else c.ParallelOver(view.prefix * view.depth, ns * double(view.suffix));
  return ForElement(c.output_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([view](RunArgs& a) { RunOneHot<T>(view, a); });
  });
}

Status PrepareWhere(PrepareContext& c) {
  const Shape& s = c.input_shape(0);
  int rank = s.rank();
  int64_t n = s.num_elements();
  const Tensor& values = *c.input_value(0);
  int64_t count = 0;
  WEIR_RETURN_IF_ERROR(c.ForType(NumberAndBoolTypes(), c.input_dtype(0), [&](auto type) {
    using T = decltype(type);
    const T* x = values.data<T>();
    for (int64_t i = 0; i < n; ++i) count += x[i] != T(0);
    c.SetRun([dims = s.dims(), rank, n, count](RunArgs& a) {
      const T* x = a.in<T>(0);
      int64_t* out = a.out<int64_t>(0);
      for (int64_t i = 0, found = 0; i < n && found < count; ++i) {
        if (!(x[i] != T(0))) continue;
        int64_t rest = i;
        for (int k = rank - 1; k >= 0; --k) {
          out[found * rank + k] = rest % dims[static_cast<size_t>(k)];
          rest /= dims[static_cast<size_t>(k)];
        }
        ++found;
      }
    });
  }));
  return c.set_output_dims(0, {count, rank});
}

}  // namespace

void RegisterArrayPositionsKernels(KernelRegistry& r) {
  r.Add("OneHot", PrepareOneHot).NeedsValue({1});
  r.Add("Where", PrepareWhere).NeedsValue({0});
}

}  // namespace weir
