// Vector lane functions of exponentials and logarithms, on Highway's contrib/math.
//
// Highway's functions are accurate (1 to 4 units in the last place) on the domains they document; what lies outside
// (NaN, infinities, zeros, overflow) is mended here, so that each function is right for every input.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "weir/runtime/cpu/lanes_simd_math.cc"
#include "hwy/foreach_target.h"  // must come before highway.h
#include "hwy/contrib/math/math-inl.h"
#include "weir/runtime/cpu/lanes_simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weir {
namespace HWY_NAMESPACE {

template <class D>
constexpr bool kIsFloat = sizeof(hn::TFromD<D>) == 4;

template <class D, class V>
HWY_INLINE V ExpOf(D d, V x) {
  // Beyond it the result rounds to infinity. Clamped first, since Highway's scaling by powers of two must not wrap.
  const V most = Const(d, kIsFloat<D> ? 88.72283905206835 : 709.782712893384);
  const V least = Const(d, kIsFloat<D> ? -104.0 : -746.0);
  const V v = hn::Exp(d, hn::Max(hn::Min(x, most), least));
  const V w = hn::IfThenElse(hn::Gt(x, most), hn::Inf(d), v);
  return hn::IfThenElse(hn::IsNaN(x), x, w);
}

template <class D, class V>
HWY_INLINE V Expm1Of(D d, V x) {
  const V most = Const(d, kIsFloat<D> ? 88.72283905206835 : 709.782712893384);
  const V least = Const(d, kIsFloat<D> ? -30.0 : -50.0);  // the result is -1 from here on
  const V v = hn::Expm1(d, hn::Max(hn::Min(x, most), least));
  const V w = hn::IfThenElse(hn::Gt(x, most), hn::Inf(d), v);
  return hn::IfThenElse(hn::Or(hn::IsNaN(x), hn::Eq(x, hn::Zero(d))), x, w);
}

// log(x) of `v` where x is in (0, inf); the limits elsewhere: log(0) = -inf, log(inf) = inf, NaN below 0.
template <class D, class V>
HWY_INLINE V MendLog(D d, V x, V v) {
  const auto plain = hn::And(hn::Gt(x, hn::Zero(d)), hn::Lt(x, hn::Inf(d)));
  if (HWY_LIKELY(hn::AllTrue(d, plain))) return v;
  const V other = hn::IfThenElse(hn::Eq(x, hn::Zero(d)), hn::Neg(hn::Inf(d)),
                                 hn::IfThenElse(hn::Gt(x, hn::Zero(d)), x, hn::NaN(d)));
  return hn::IfThenElse(plain, v, other);
}

template <class D, class V>
HWY_INLINE V LogOf(D d, V x) {
  return MendLog(d, x, hn::Log(d, x));
}

template <class D, class V>
HWY_INLINE V Log1pOf(D d, V x) {
  return MendLog(d, hn::Add(x, Const(d, 1)), hn::Log1p(d, x));
}

#define WEIR_ARGS1 template <class D, class V> static HWY_INLINE V Do(D d, V x, [[maybe_unused]] const LaneParams& p)
#define WEIR_ARGS2 template <class D, class V> static HWY_INLINE V Do(D d, V x, V y, const LaneParams&)

struct Exp : Unary { WEIR_ARGS1 { return ExpOf(d, x); } };
struct Expm1 : Unary { WEIR_ARGS1 { return Expm1Of(d, x); } };
struct Log : Unary { WEIR_ARGS1 { return LogOf(d, x); } };
struct Log1p : Unary { WEIR_ARGS1 { return Log1pOf(d, x); } };
struct Xlogy : Binary {
  WEIR_ARGS2 { return hn::IfThenZeroElse(hn::Eq(x, hn::Zero(d)), hn::Mul(x, LogOf(d, y))); }
};
struct Xlog1py : Binary {
  WEIR_ARGS2 { return hn::IfThenZeroElse(hn::Eq(x, hn::Zero(d)), hn::Mul(x, Log1pOf(d, y))); }
};
struct Tanh : Unary {
  WEIR_ARGS1 {
    // (e - 1) / (e + 1) of e = exp(2|x|); from 20 on the quotient is 1.
    const V twice = hn::Add(hn::Abs(x), hn::Abs(x));
    const V e = hn::Expm1(d, hn::Min(twice, Const(d, 40)));
    const V v = hn::CopySign(hn::Div(e, hn::Add(e, Const(d, 2))), x);
    return hn::IfThenElse(hn::Or(hn::IsNaN(x), hn::Eq(x, hn::Zero(d))), x, v);
  }
};
struct Sigmoid : Unary {
  WEIR_ARGS1 {
    // e / (1 + e) of e = exp(-|x|) below zero and 1 / (1 + e) above: nothing overflows, small results keep their
    // digits.
    const V e = ExpOf(d, hn::Neg(hn::Abs(x)));
    const V top = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, Const(d, 1));
    return hn::Div(top, hn::Add(Const(d, 1), e));
  }
};
struct Softplus : Unary {
  WEIR_ARGS1 {
    // max(x, 0) + log1p(exp(-|x|)). The logarithm's argument is in [0, 1] and needs no mending.
    const V e = hn::Exp(d, hn::Neg(hn::Min(hn::Abs(x), Const(d, 1000))));
    const V v = hn::Add(hn::Max(x, hn::Zero(d)), hn::Log1p(d, e));
    return hn::IfThenElse(hn::IsNaN(x), x, v);
  }
};
// Of half and bfloat16, as TensorFlow has it: x itself above -(log(epsilon) + 2), exp(x) below that negated.
template <int kFractionBits>
struct SmallSoftplus : Unary {
  WEIR_ARGS1 {
    const V limit = Const(d, kFractionBits * 0.693147180559945309 - 2);
    const V v = hn::IfThenElse(hn::Gt(x, limit), x, Softplus::Do(d, x, p));
    return hn::IfThenElse(hn::Lt(x, hn::Neg(limit)), ExpOf(d, x), v);
  }
};
struct SoftplusGrad : Binary { WEIR_ARGS2 { return hn::Div(x, hn::Add(ExpOf(d, hn::Neg(y)), Const(d, 1))); } };
struct Elu : Unary { WEIR_ARGS1 { return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), Expm1Of(d, x), x); } };
struct Selu : Unary {
  WEIR_ARGS1 {
    constexpr double kScale = 1.0507009873554804934193349852946, kScaleAlpha = 1.7580993408473768599402175208123;
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Mul(Expm1Of(d, x), Const(d, kScaleAlpha)),
                          hn::Mul(x, Const(d, kScale)));
  }
};

// Of float only: x P(x^2) / Q(x^2), a rational approximation fitted to erf(x) / x with relative error 2e-8 up to
// kLimit, from where on the result rounds to 1. Rounding adds up to a few units in the last place.
struct Erf : Unary {
  WEIR_ARGS1 {
    constexpr double kLimit = 3.9242834;
    constexpr double kP[] = {1.1283791458942756,    0.19056947974232635,    0.0527666054314462,
                             0.003771626815440034,  0.00028484398897620747, 2.046511580193283e-06};
    constexpr double kQ[] = {1.0,                  0.5022205378913636,    0.11417315109531707,
                             0.014981363050228182, 0.0011636714039976145, 3.8052767484158834e-05};
    const V t = hn::Mul(x, x);
    V num = Const(d, kP[5]), den = Const(d, kQ[5]);
    for (int i = 4; i >= 0; --i) {
      num = hn::MulAdd(num, t, Const(d, kP[i]));
      den = hn::MulAdd(den, t, Const(d, kQ[i]));
    }
    const V v = hn::Div(hn::Mul(x, num), den);
    const V one = hn::CopySign(Const(d, 1), x);
    const auto inside = hn::Or(hn::Lt(hn::Abs(v), Const(d, 1)), hn::IsNaN(x));
    return hn::IfThenElse(hn::And(inside, hn::Not(hn::Ge(hn::Abs(x), Const(d, kLimit)))), v, one);
  }
};

static constexpr LaneRow kRows[] = {
    {"Erf", 1, 0.9f, &Loop<Erf, float>, nullptr},
    {kHalfSoftplus, 1, 1.7f, &Loop<SmallSoftplus<10>, float>, nullptr},
    {kBfloat16Softplus, 1, 1.7f, &Loop<SmallSoftplus<7>, float>, nullptr},
    Row<Exp>("Exp", 0.5f), Row<Expm1>("Expm1", 0.7f), Row<Log>("Log", 0.7f), Row<Log1p>("Log1p", 1.0f),
    Row<Xlogy>("Xlogy", 0.8f), Row<Xlog1py>("Xlog1py", 1.1f),
    Row<Tanh>("Tanh", 0.9f), Row<Sigmoid>("Sigmoid", 0.8f), Row<Softplus>("Softplus", 1.5f),
    Row<SoftplusGrad>("SoftplusGrad", 0.8f), Row<Elu>("Elu", 0.8f), Row<Selu>("Selu", 0.8f),
};
std::span<const LaneRow> MathRows() { return kRows; }

#undef WEIR_ARGS1
#undef WEIR_ARGS2

}  // namespace HWY_NAMESPACE
}  // namespace weir
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir {
HWY_EXPORT(MathRows);
std::span<const LaneRow> TranscendentalLanes() { return HWY_DYNAMIC_DISPATCH(MathRows)(); }
}  // namespace weir
#endif
