// Range and LinSpace. Their sizes follow from their inputs' values and are the shape functions' business
// (ops/math/sequence.cc); the kernels rely on them.
#include <type_traits>

#include "weir/runtime/kernel.h"

namespace weir {
namespace {

// start + i * delta, each step rounded to T; integers wrap around.
template <class T>
T Element(T start, T delta, int64_t i) {
  if constexpr (std::is_integral_v<T>) {
    using U = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<U>(start) + static_cast<U>(i) * static_cast<U>(delta));
  } else if constexpr (std::is_floating_point_v<T>) {
    return start + static_cast<T>(i) * delta;
  } else {
    const T index(static_cast<float>(i));
    const T offset(static_cast<float>(index) * static_cast<float>(delta));
    return T(static_cast<float>(start) + static_cast<float>(offset));
  }
}

Status PrepareRange(PrepareContext& c) {
  if (!c.output_known(0)) return InvalidArgument("has inputs that give no size");
  for (int i : {0, 1, 2}) {
    if (c.input_shape(i).num_elements() != 1) return InvalidArgument("needs scalars");
  }
  const int64_t n = c.output_shape(0).num_elements();
  c.ParallelOver(n, 0.3);
  using All = Types<float, double, Half, BFloat16, int32_t, int64_t>;
  return c.ForType(All(), c.output_dtype(0), [&](auto t) {
    using T = decltype(t);
    const T start = c.input_value(0)->data<T>()[0], delta = c.input_value(2)->data<T>()[0];
    c.SetRun([start, delta](RunArgs& a) {
      T* out = a.out<T>(0);
      auto [begin, end] = a.Range();
      for (int64_t i = begin; i < end; ++i) out[i] = Element(start, delta, i);
    });
  });
}

Status PrepareLinSpace(PrepareContext& c) {
  if (!c.output_known(0)) return InvalidArgument("has inputs that give no size");
  const int64_t n = c.output_shape(0).num_elements();
  c.ParallelOver(n, 0.3);
  return c.ForType(Types<float, double>(), c.output_dtype(0), [&](auto t) {
    using T = decltype(t);
    c.SetRun([n](RunArgs& a) {
      const T start = *a.in<T>(0), stop = *a.in<T>(1);
      const T step = n > 1 ? (stop - start) / static_cast<T>(n - 1) : T(0);
      T* out = a.out<T>(0);
      auto [begin, end] = a.Range();
      for (int64_t i = begin; i < end; ++i) out[i] = n > 1 && i == n - 1 ? stop : start + step * static_cast<T>(i);
    });
  });
}

}  // namespace

void RegisterRangeKernels(KernelRegistry& r) {
  r.Add("Range", PrepareRange).NeedsValue({0, 1, 2});
  r.Add("LinSpace", PrepareLinSpace).NeedsValue({2});
}

}  // namespace weir
