#include "weir/graph/base/distance.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace weir {

namespace {

// `parts` numbers are an element. Compared as they are, since beyond 2^53 integers that differ are one double.
template <class T>
void CompareNumbers(const T* x, const T* y, int64_t n, int64_t parts, TensorDistance* d) {
  double largest = 0;
  for (int64_t i = 0, last = -1; i < n; ++i) {
    const double from = double(x[i]), to = double(y[i]);
    if (std::isfinite(from)) largest = std::max(largest, std::abs(from));
    if (x[i] == y[i] || (std::isnan(from) && std::isnan(to))) continue;
    if (d->first < 0) d->first = i / parts;
    d->different += std::exchange(last, i / parts) != i / parts;
    double difference = std::abs(from - to);
    if (std::isnan(difference)) difference = INFINITY;
    if (std::is_integral_v<T>) difference = std::max(difference, 1.0);
    d->max_abs = std::max(d->max_abs, difference);
  }
  if (d->different) d->relative = d->max_abs / std::max(largest, 1e-30);
}

void CompareOthers(const Tensor& a, const Tensor& b, TensorDistance* d) {
  for (int64_t i = 0; i < a.num_elements(); ++i) {
    if (EqualElements(a.dtype(), ElementAt(a.dtype(), a.raw(), i), ElementAt(b.dtype(), b.raw(), i), 1)) continue;
    if (d->different++ == 0) d->first = i;
  }
  d->max_abs = d->relative = d->different ? INFINITY : 0;
}

}  // namespace

TensorDistance DistanceOf(const Tensor& a, const Tensor& b) {
  TensorDistance d;
  const bool comparable = a.dtype() == b.dtype() && a.shape() == b.shape() && a.opaque() == b.opaque();
  if (!comparable || a.opaque() || !a.valid()) {
    if (!comparable || !a.Identical(b)) {
      d = {.different = std::max<int64_t>(a.num_elements(), 1), .first = 0, .max_abs = INFINITY, .relative = INFINITY};
    }
    return d;
  }
  const int64_t parts = IsComplex(a.dtype()) ? 2 : 1;
  const bool numbers = DispatchType(PartType(a.dtype()), RealAndBoolTypes{}, [&](auto v) {
    using T = decltype(v);
    CompareNumbers(static_cast<const T*>(a.raw()), static_cast<const T*>(b.raw()), a.num_elements() * parts, parts, &d);
  });
  if (!numbers) CompareOthers(a, b, &d);
  return d;
}

}  // namespace weir
