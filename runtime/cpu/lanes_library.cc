// Lane functions of float and double that call the C library, one element after the other: functions too rare in hot
// loops, or too hard to get right for every argument, to be worth vector code.
#include <cmath>
#include <type_traits>

#include "weir/runtime/cpu/lanes.h"
#include "weir/runtime/cpu/special_functions.h"

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

template <class F, class T>
void Map3(const void* const* in, void* out_raw, int64_t n, const LaneParams&) {
  const T *x = static_cast<const T*>(in[0]), *y = static_cast<const T*>(in[1]), *z = static_cast<const T*>(in[2]);
  T* out = static_cast<T*>(out_raw);
  for (int64_t i = 0; i < n; ++i) out[i] = F{}(x[i], y[i], z[i]);
}

template <class F>
LaneRow Unary(const char* op, float ns, F) {
  return {op, 1, ns, &Map<F, float>, &Map<F, double>};
}
template <class F>
LaneRow Binary(const char* op, float ns, F, bool small = true) {
  return {op, 2, ns, &Map2<F, float>, &Map2<F, double>, small};
}

// A function of doubles, which floats are computed by, too.
template <auto kFunction>
struct OfDoubles {
  template <class... Ts> auto operator()(Ts... x) const {
    return static_cast<std::common_type_t<Ts...>>(kFunction(static_cast<double>(x)...));
  }
};

// The remainder with the sign of y; as TensorFlow computes it, so that -1 mod inf is inf.
template <class T>
T FloorMod(T x, T y) {
  T r = std::fmod(x, y);
  return r != T(0) && (y < T(0)) != (r < T(0)) ? r + y : r;
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
      Unary("Erfinv", 60, OfDoubles<Erfinv>()),
      Unary("Ndtri", 60, OfDoubles<Ndtri>()),
      Unary("Lgamma", 20, OfDoubles<LogGamma>()),
      Unary("Digamma", 30, OfDoubles<Digamma>()),
      Unary("BesselI0e", 60, OfDoubles<BesselI0e>()),
      Unary("BesselI1e", 60, OfDoubles<BesselI1e>()),
      Unary("Erfc", 12, [](auto x) { return std::erfc(x); }),
      Binary("Igamma", 200, OfDoubles<Igamma>()),
      Binary("Igammac", 200, OfDoubles<Igammac>()),
      Binary("IgammaGradA", 200, OfDoubles<IgammaGradA>(), false),
      Binary("RandomGammaGrad", 200, OfDoubles<GammaSampleGrad>(), false),
      Binary("Polygamma", 200, OfDoubles<Polygamma>(), false),
      Binary("Zeta", 200, OfDoubles<Zeta>(), false),
      {"Betainc", 3, 200, &Map3<OfDoubles<Betainc>, float>, &Map3<OfDoubles<Betainc>, double>, false},
      Binary("Atan2", 15, [](auto y, auto x) { return std::atan2(y, x); }),
      Binary("Pow", 15, [](auto x, auto y) { return std::pow(x, y); }),
      Binary("FloorMod", 15, [](auto x, auto y) { return FloorMod(x, y); }),
      Binary("Mod", 15, [](auto x, auto y) { return std::fmod(x, y); }, false),
      Binary("TruncateMod", 15, [](auto x, auto y) { return std::fmod(x, y); }, false),
  };
  return rows;
}

}  // namespace weir
