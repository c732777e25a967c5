// Kernel of Cross. Half and bfloat16 compute in float; integers wrap.
#include <fmt/format.h>

#include <type_traits>

#include "weir/runtime/kernel.h"

namespace weir {
namespace {

// What products of T are computed in.
template <class T>
struct Wide {
  using Type = T;
};
template <>
struct Wide<Half> {
  using Type = float;
};
template <>
struct Wide<BFloat16> {
  using Type = float;
};
template <class T>
  requires std::is_integral_v<T>
struct Wide<T> {
  using Type = uint64_t;
};

Status PrepareCross(PrepareContext& c) {
  const Shape &a = c.input_shape(0), &b = c.input_shape(1);
  if (a != b || a.rank() < 1 || a[a.rank() - 1] != 3)
    return InvalidArgument(
        fmt::format("wants two tensors of vectors of 3 elements, not {} and {}", a.ToString(), b.ToString()));
  c.set_output_shape(0, a);
  const int64_t count = a.num_elements() / 3;
  c.ParallelOver(count, 3);
  return c.ForType(RealTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    using W = typename Wide<T>::Type;
    c.SetRun([](RunArgs& args) {
      auto [begin, end] = args.Range();
      for (int64_t i = begin; i < end; ++i) {
        const T *x = args.in<T>(0) + 3 * i, *y = args.in<T>(1) + 3 * i;
        auto minor = [&](int p, int q) { return T(W(W(x[p]) * W(y[q])) - W(W(x[q]) * W(y[p]))); };
        const T u = minor(1, 2), v = minor(2, 0), w = minor(0, 1);
        T* out = args.out<T>(0) + 3 * i;
        out[0] = u, out[1] = v, out[2] = w;
      }
    });
  });
}

}  // namespace

void RegisterCrossKernels(KernelRegistry& r) { r.Add("Cross", PrepareCross); }

}  // namespace weir
