// Lane functions of float and double that call the C library, one element after the other: functions too rare in hot
// loops, or too hard to get right for every argument, to be worth vector code.
#include <algorithm>
#include <cmath>
#include <limits>

#include "weir/runtime/cpu/lanes.h"

namespace weir {
namespace {

// F is a functor without state that takes both float and double.
template <class F, class T>
void Map(const void* const* in, void* out_raw, int64_t n, const LaneParams&) {
  const T* x = static_cast<const T*>(in[0]);
  T* out = static_cast<T*>(out_raw);
  for (int64_t i = 0; i < n; ++i) out[i] = F{}(x[i]);
}
template <class F, class T>
void Map2(const void* const* in, void* out_raw, int64_t n, const LaneParams&) {
  const T* x = static_cast<const T*>(in[0]);
  const T* y = static_cast<const T*>(in[1]);
  T* out = static_cast<T*>(out_raw);
  for (int64_t i = 0; i < n; ++i) out[i] = F{}(x[i], y[i]);
}

template <class F>
LaneRow Unary(const char* op, float ns, F) {
  return {op, 1, ns, &Map<F, float>, &Map<F, double>};
}
template <class F>
LaneRow Binary(const char* op, float ns, F, bool small = true) {
  return {op, 2, ns, &Map2<F, float>, &Map2<F, double>, small};
}

// The remainder with the sign of y; as TensorFlow computes it, so that -1 mod inf is inf.
template <class T>
T FloorMod(T x, T y) {
  T r = std::fmod(x, y);
  return r != T(0) && (y < T(0)) != (r < T(0)) ? r + y : r;
}

// From Winitzki's approximation, wrong by less than 0.4 %, two of Halley's steps: each triples the digits. The residual
// is taken of erf or, towards the ends, of erfc, so that nothing cancels.
double Erfinv(double y) {
  const double tail = 1 - std::abs(y);
  if (!(tail > 0)) return tail == 0 ? std::copysign(HUGE_VAL, y) : std::numeric_limits<double>::quiet_NaN();
  constexpr double kA = 0.147, kSlope = 1.1283791670955126;  // 2 / sqrt(pi)
  const double log = std::log(tail * (2 - tail)), half = 2 / (M_PI * kA) + log / 2;
  double x = std::sqrt(std::max(std::sqrt(half * half - log / kA) - half, 0.0));
  for (int step = 0; step < 2; ++step) {
    const double residual = tail > 0.5 ? std::erf(x) - std::abs(y) : tail - std::erfc(x);
    const double newton = residual / (kSlope * std::exp(-x * x));
    x -= newton / (1 + x * newton);
  }
  return std::copysign(x, y);
}

}  // namespace

std::span<const LaneRow> LibraryLanes() {
  static const LaneRow rows[] = {
      Unary("Sin", 8, [](auto x) { return std::sin(x); }),
      Unary("Cos", 8, [](auto x) { return std::cos(x); }),
      Unary("Tan", 12, [](auto x) { return std::tan(x); }),
      Unary("Asin", 8, [](auto x) { return std::asin(x); }),
      Unary("Acos", 8, [](auto x) { return std::acos(x); }),
      Unary("Atan", 8, [](auto x) { return std::atan(x); }),
      Unary("Sinh", 12, [](auto x) { return std::sinh(x); }),
      Unary("Cosh", 12, [](auto x) { return std::cosh(x); }),
      Unary("Asinh", 15, [](auto x) { return std::asinh(x); }),
      Unary("Acosh", 15, [](auto x) { return std::acosh(x); }),
      Unary("Atanh", 15, [](auto x) { return std::atanh(x); }),
      {"Erf", 1, 8, nullptr, Unary("", 8, [](auto x) { return std::erf(x); }).f64},
      Unary("Erfinv", 60, [](auto y) { return static_cast<decltype(y)>(Erfinv(y)); }),
      Unary("Erfc", 12, [](auto x) { return std::erfc(x); }),
      Binary("Atan2", 15, [](auto y, auto x) { return std::atan2(y, x); }),
      Binary("Pow", 15, [](auto x, auto y) { return std::pow(x, y); }),
      Binary("FloorMod", 15, [](auto x, auto y) { return FloorMod(x, y); }),
      Binary("Mod", 15, [](auto x, auto y) { return std::fmod(x, y); }, false),
      Binary("TruncateMod", 15, [](auto x, auto y) { return std::fmod(x, y); }, false),
  };
  return rows;
}

}  // namespace weir
