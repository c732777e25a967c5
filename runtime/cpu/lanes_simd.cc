// Vector lane functions that need arithmetic, comparison and rounding only. Each is exact or rounds as its formula
// does.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "weir/runtime/cpu/lanes_simd.cc"
#include "hwy/foreach_target.h"  // must come before highway.h
#include "weir/runtime/cpu/lanes_simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weir {
namespace HWY_NAMESPACE {

#define WEIR_ARGS1 template <class D, class V> static HWY_INLINE V Do(D d, V x, const LaneParams& p)
#define WEIR_ARGS2 template <class D, class V> static HWY_INLINE V Do(D d, V x, V y, const LaneParams& p)
#define WEIR_TEST1 template <class D, class V> static HWY_INLINE hn::Mask<D> Do(D d, V x, const LaneParams& p)
#define WEIR_TEST2 template <class D, class V> static HWY_INLINE hn::Mask<D> Do(D d, V x, V y, const LaneParams& p)
#define WEIR_UNUSED (void)d, (void)p

// ---- arithmetic
struct Add : Binary { WEIR_ARGS2 { WEIR_UNUSED; return hn::Add(x, y); } };
struct Sub : Binary { WEIR_ARGS2 { WEIR_UNUSED; return hn::Sub(x, y); } };
struct Mul : Binary { WEIR_ARGS2 { WEIR_UNUSED; return hn::Mul(x, y); } };
struct Div : Binary { WEIR_ARGS2 { WEIR_UNUSED; return hn::Div(x, y); } };
struct DivNoNan : Binary {
  WEIR_ARGS2 { WEIR_UNUSED; return hn::IfThenZeroElse(hn::Eq(y, hn::Zero(d)), hn::Div(x, y)); }
};
struct MulNoNan : Binary {
  WEIR_ARGS2 { WEIR_UNUSED; return hn::IfThenZeroElse(hn::Eq(y, hn::Zero(d)), hn::Mul(x, y)); }
};
struct Xdivy : Binary {
  WEIR_ARGS2 { WEIR_UNUSED; return hn::IfThenZeroElse(hn::Eq(x, hn::Zero(d)), hn::Div(x, y)); }
};
struct FloorDiv : Binary { WEIR_ARGS2 { WEIR_UNUSED; return hn::Floor(hn::Div(x, y)); } };
struct TruncateDiv : Binary { WEIR_ARGS2 { WEIR_UNUSED; return hn::Trunc(hn::Div(x, y)); } };
// A NaN on either side wins.
struct Maximum : Binary {
  WEIR_ARGS2 { WEIR_UNUSED; return hn::IfThenElse(hn::Or(hn::Gt(x, y), hn::IsNaN(x)), x, y); }
};
struct Minimum : Binary {
  WEIR_ARGS2 { WEIR_UNUSED; return hn::IfThenElse(hn::Or(hn::Lt(x, y), hn::IsNaN(x)), x, y); }
};
struct SquaredDifference : Binary {
  WEIR_ARGS2 { WEIR_UNUSED; const V v = hn::Sub(x, y); return hn::Mul(v, v); }
};
// max(min(t, high), low) in this order; a NaN in t stays, NaN limits do not limit.
struct ClipByValue : Ternary {
  template <class D, class V>
  static HWY_INLINE V Do(D, V t, V low, V high, const LaneParams&) {
    const V v = hn::IfThenElse(hn::Lt(high, t), high, t);
    return hn::IfThenElse(hn::Lt(v, low), low, v);
  }
};

struct Abs : Unary { WEIR_ARGS1 { WEIR_UNUSED; return hn::Abs(x); } };
struct Neg : Unary { WEIR_ARGS1 { WEIR_UNUSED; return hn::Neg(x); } };
struct Square : Unary { WEIR_ARGS1 { WEIR_UNUSED; return hn::Mul(x, x); } };
struct Sqrt : Unary { WEIR_ARGS1 { WEIR_UNUSED; return hn::Sqrt(x); } };
struct Rsqrt : Unary { WEIR_ARGS1 { WEIR_UNUSED; return hn::Div(Const(d, 1), hn::Sqrt(x)); } };
struct Reciprocal : Unary { WEIR_ARGS1 { WEIR_UNUSED; return hn::Div(Const(d, 1), x); } };
struct Floor : Unary { WEIR_ARGS1 { WEIR_UNUSED; return hn::Floor(x); } };
struct Ceil : Unary { WEIR_ARGS1 { WEIR_UNUSED; return hn::Ceil(x); } };
struct Trunc : Unary { WEIR_ARGS1 { WEIR_UNUSED; return hn::Trunc(x); } };
struct Round : Unary { WEIR_ARGS1 { WEIR_UNUSED; return hn::Round(x); } };
// Zeros of either sign give 0, NaN stays.
struct Sign : Unary {
  WEIR_ARGS1 {
    WEIR_UNUSED;
    const V one = hn::CopySign(Const(d, 1), x);
    return hn::IfThenZeroElse(hn::Eq(x, hn::Zero(d)), hn::IfThenElse(hn::IsNaN(x), x, one));
  }
};

// ---- gradients: x is the op's output, y the gradient by it. Where TensorFlow says that no gradient gives no gradient,
// whatever the output, so do these.
template <class D, class V>
HWY_INLINE V ZeroWhereZero(D d, V gradient, V v) {
  return hn::IfThenZeroElse(hn::Eq(gradient, hn::Zero(d)), v);
}
struct SqrtGrad : Binary {
  WEIR_ARGS2 { WEIR_UNUSED; return ZeroWhereZero(d, y, hn::Div(hn::Mul(y, Const(d, 0.5)), x)); }
};
struct RsqrtGrad : Binary {
  WEIR_ARGS2 {
    WEIR_UNUSED;
    return ZeroWhereZero(d, y, hn::Mul(hn::Mul(hn::Mul(x, x), x), hn::Mul(y, Const(d, -0.5))));
  }
};
struct TanhGrad : Binary { WEIR_ARGS2 { WEIR_UNUSED; return hn::Mul(y, hn::Sub(Const(d, 1), hn::Mul(x, x))); } };
struct SigmoidGrad : Binary { WEIR_ARGS2 { WEIR_UNUSED; return hn::Mul(y, hn::Mul(x, hn::Sub(Const(d, 1), x))); } };
struct ReciprocalGrad : Binary {
  WEIR_ARGS2 { WEIR_UNUSED; return ZeroWhereZero(d, y, hn::Mul(hn::Neg(y), hn::Mul(x, x))); }
};

// ---- activations; of the …Grad ops x is the gradient, y the features (of Elu and Selu the outputs)
struct Relu : Unary {
  WEIR_ARGS1 { WEIR_UNUSED; return hn::IfThenElseZero(hn::Or(hn::Gt(x, hn::Zero(d)), hn::IsNaN(x)), x); }
};
struct Relu6 : Unary {
  WEIR_ARGS1 { const V v = Relu::Do(d, x, p), six = Const(d, 6); return hn::IfThenElse(hn::Gt(v, six), six, v); }
};
struct LeakyRelu : Unary {
  WEIR_ARGS1 { return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), x, hn::Mul(x, Const(d, p.a))); }
};
struct Softsign : Unary { WEIR_ARGS1 { WEIR_UNUSED; return hn::Div(x, hn::Add(hn::Abs(x), Const(d, 1))); } };
// Multiplies by 0 or 1, as TensorFlow does: what is not finite in the gradient shows.
struct ReluGrad : Binary {
  WEIR_ARGS2 { WEIR_UNUSED; return hn::Mul(x, hn::IfThenElseZero(hn::Gt(y, hn::Zero(d)), Const(d, 1))); }
};
struct Relu6Grad : Binary {
  WEIR_ARGS2 {
    WEIR_UNUSED;
    const auto inside = hn::And(hn::Gt(y, hn::Zero(d)), hn::Lt(y, Const(d, 6)));
    return hn::Mul(x, hn::IfThenElseZero(inside, Const(d, 1)));
  }
};
struct LeakyReluGrad : Binary {
  WEIR_ARGS2 { return hn::IfThenElse(hn::Gt(y, hn::Zero(d)), x, hn::Mul(x, Const(d, p.a))); }
};
struct EluGrad : Binary {
  WEIR_ARGS2 {
    WEIR_UNUSED;
    return hn::IfThenElse(hn::Lt(y, hn::Zero(d)), hn::Mul(hn::Add(y, Const(d, 1)), x), x);
  }
};
constexpr double kSeluScale = 1.0507009873554804934193349852946, kSeluScaleAlpha = 1.7580993408473768599402175208123;
struct SeluGrad : Binary {
  WEIR_ARGS2 {
    WEIR_UNUSED;
    const V below = hn::Mul(x, hn::Add(y, Const(d, kSeluScaleAlpha)));
    return hn::IfThenElse(hn::Lt(y, hn::Zero(d)), below, hn::Mul(x, Const(d, kSeluScale)));
  }
};
struct SoftsignGrad : Binary {
  WEIR_ARGS2 { WEIR_UNUSED; const V v = hn::Add(hn::Abs(y), Const(d, 1)); return hn::Div(x, hn::Mul(v, v)); }
};

// ---- tests
struct Equal : BinaryTest { WEIR_TEST2 { WEIR_UNUSED; return hn::Eq(x, y); } };
struct NotEqual : BinaryTest { WEIR_TEST2 { WEIR_UNUSED; return hn::Not(hn::Eq(x, y)); } };
struct Less : BinaryTest { WEIR_TEST2 { WEIR_UNUSED; return hn::Lt(x, y); } };
struct LessEqual : BinaryTest { WEIR_TEST2 { WEIR_UNUSED; return hn::Le(x, y); } };
struct Greater : BinaryTest { WEIR_TEST2 { WEIR_UNUSED; return hn::Gt(x, y); } };
struct GreaterEqual : BinaryTest { WEIR_TEST2 { WEIR_UNUSED; return hn::Ge(x, y); } };
struct ApproximateEqual : BinaryTest { WEIR_TEST2 { return hn::Le(hn::Abs(hn::Sub(x, y)), Const(d, p.a)); } };
struct IsNan : UnaryTest { WEIR_TEST1 { WEIR_UNUSED; return hn::Not(hn::Eq(x, x)); } };
struct IsInf : UnaryTest { WEIR_TEST1 { WEIR_UNUSED; return hn::Eq(hn::Abs(x), hn::Inf(d)); } };
struct IsFinite : UnaryTest { WEIR_TEST1 { WEIR_UNUSED; return hn::Lt(hn::Abs(x), hn::Inf(d)); } };

// Chooses by a bool operand; the elements are only moved, so that one function a size serves every dtype.
template <class T>
void SelectLoop(const void* const* in, void* out_raw, int64_t n, const LaneParams&) {
  const uint8_t* c = static_cast<const uint8_t*>(in[0]);
  const T* a = static_cast<const T*>(in[1]);
  const T* b = static_cast<const T*>(in[2]);
  T* out = static_cast<T*>(out_raw);
  for (int64_t i = 0; i < n; ++i) {
    const T x = a[i], y = b[i];  // both read, so that the loop becomes a blend
    out[i] = c[i] != 0 ? x : y;
  }
}

static constexpr LaneRow kRows[] = {
    Row<Add>("Add", 0.15f),
    Row<Add>("AddV2", 0.15f),
    Row<Sub>("Sub", 0.15f),
    Row<Mul>("Mul", 0.15f),
    Row<Div>("Div", 0.3f),
    Row<Div>("RealDiv", 0.3f),
    Row<DivNoNan>("DivNoNan", 0.3f),
    Row<MulNoNan>("MulNoNan", 0.2f),
    Row<Xdivy>("Xdivy", 0.3f),
    Row<FloorDiv>("FloorDiv", 0.4f),
    Row<TruncateDiv>("TruncateDiv", 0.4f),
    Row<Maximum>("Maximum", 0.2f),
    Row<Minimum>("Minimum", 0.2f),
    Row<SquaredDifference>("SquaredDifference", 0.15f),
    Row<ClipByValue>("ClipByValue", 0.2f),
    Row<Abs>("Abs", 0.1f),
    Row<Neg>("Neg", 0.1f),
    Row<Square>("Square", 0.1f),
    Row<Sqrt>("Sqrt", 0.3f),
    Row<Rsqrt>("Rsqrt", 0.5f),
    Row<Reciprocal>("Reciprocal", 0.3f),
    Row<Reciprocal>("Inv", 0.3f),
    Row<Floor>("Floor", 0.1f),
    Row<Ceil>("Ceil", 0.1f),
    Row<Round>("Round", 0.1f),
    Row<Round>("Rint", 0.1f, false),
    Row<Sign>("Sign", 0.1f),
    Row<SqrtGrad>("SqrtGrad", 0.3f),
    Row<RsqrtGrad>("RsqrtGrad", 0.2f),
    Row<TanhGrad>("TanhGrad", 0.2f),
    Row<SigmoidGrad>("SigmoidGrad", 0.2f),
    Row<ReciprocalGrad>("ReciprocalGrad", 0.2f),
    Row<ReciprocalGrad>("InvGrad", 0.2f),
    Row<Relu>("Relu", 0.1f),
    Row<Relu6>("Relu6", 0.1f),
    Row<LeakyRelu>("LeakyRelu", 0.1f),
    Row<Softsign>("Softsign", 0.3f),
    Row<ReluGrad>("ReluGrad", 0.15f),
    Row<Relu6Grad>("Relu6Grad", 0.15f),
    Row<LeakyReluGrad>("LeakyReluGrad", 0.15f),
    Row<EluGrad>("EluGrad", 0.2f),
    Row<SeluGrad>("SeluGrad", 0.2f),
    Row<SoftsignGrad>("SoftsignGrad", 0.3f),
    Row<Equal>("Equal", 0.2f),
    Row<NotEqual>("NotEqual", 0.2f),
    Row<Less>("Less", 0.2f),
    Row<LessEqual>("LessEqual", 0.2f),
    Row<Greater>("Greater", 0.2f),
    Row<GreaterEqual>("GreaterEqual", 0.2f),
    Row<ApproximateEqual>("ApproximateEqual", 0.2f, false),
    Row<IsNan>("IsNan", 0.1f),
    Row<IsInf>("IsInf", 0.1f),
    Row<IsFinite>("IsFinite", 0.1f),
    Row<Trunc>(kTrunc, 0.1f),
    // By element size, under names of the table's own.
    {"Select by 1 or 2 bytes", 3, 0.2f, &SelectLoop<uint8_t>, &SelectLoop<uint16_t>, false},
    {"Select by 4 or 8 bytes", 3, 0.3f, &SelectLoop<uint32_t>, &SelectLoop<uint64_t>, false},
};
std::span<const LaneRow> Rows() { return kRows; }

#undef WEIR_ARGS1
#undef WEIR_ARGS2
#undef WEIR_TEST1
#undef WEIR_TEST2
#undef WEIR_UNUSED

}  // namespace HWY_NAMESPACE
}  // namespace weir
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir {
HWY_EXPORT(Rows);
std::span<const LaneRow> ArithmeticLanes() { return HWY_DYNAMIC_DISPATCH(Rows)(); }
}  // namespace weir
#endif
