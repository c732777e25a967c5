// The loop around a vector operation, once per instruction set (included by lanes_simd*.cc under foreach_target).
//
// Invariant: tails go through the same vector code as whole vectors, with masked loads and stores; so no element's
// result depends on its position.
#if defined(WEIR_RUNTIME_CPU_LANES_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEIR_RUNTIME_CPU_LANES_SIMD_INL_H_
#undef WEIR_RUNTIME_CPU_LANES_SIMD_INL_H_
#else
#define WEIR_RUNTIME_CPU_LANES_SIMD_INL_H_
#endif

#include <cstring>

#include "hwy/highway.h"
#include "weir/runtime/cpu/lanes.h"

HWY_BEFORE_NAMESPACE();
namespace weir {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Bases of operations. An operation has a static `Do(d, a[, b[, c]], p)` that gives a vector, or of a Test a mask.
struct Unary { static constexpr int kArity = 1; static constexpr bool kTest = false; };
struct Binary { static constexpr int kArity = 2; static constexpr bool kTest = false; };
struct Ternary { static constexpr int kArity = 3; static constexpr bool kTest = false; };
struct UnaryTest { static constexpr int kArity = 1; static constexpr bool kTest = true; };
struct BinaryTest { static constexpr int kArity = 2; static constexpr bool kTest = true; };

// The lanes of a mask as bytes 0 and 1.
template <class D, class M>
HWY_INLINE void StoreBytes(D d, M mask, uint8_t* out) {
  const hn::RebindToUnsigned<D> du;
  const hn::Rebind<uint8_t, D> d8;
  constexpr int kTop = sizeof(hn::TFromD<D>) * 8 - 1;
  hn::StoreU(hn::TruncateTo(d8, hn::ShiftRight<kTop>(hn::BitCast(du, hn::VecFromMask(d, mask)))), d8, out);
}

// `load(k)` gives a vector of operand k.
template <class Op, class D, class Load>
HWY_INLINE auto Apply(D d, const LaneParams& p, Load load) {
  if constexpr (Op::kArity == 1) {
    return Op::Do(d, load(0), p);
  } else if constexpr (Op::kArity == 2) {
    return Op::Do(d, load(0), load(1), p);
  } else {
    return Op::Do(d, load(0), load(1), load(2), p);
  }
}

template <class Op, class T>
void Loop(const void* const* in, void* out_raw, int64_t n, const LaneParams& p) {
  using R = std::conditional_t<Op::kTest, uint8_t, T>;
  const hn::ScalableTag<T> d;
  constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
  const T* arg[3] = {};
  for (int k = 0; k < Op::kArity; ++k) arg[k] = static_cast<const T*>(in[k]);
  R* out = static_cast<R*>(out_raw);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const auto v = Apply<Op>(d, p, [&](int k) HWY_ATTR { return hn::LoadU(d, arg[k] + i); });
    if constexpr (Op::kTest) {
      StoreBytes(d, v, out + i);
    } else {
      hn::StoreU(v, d, out + i);
    }
  }
  if constexpr (kLanes > 1) {
    if (i >= n) return;
    // Masked loads and stores touch no memory beyond the mask on the instruction sets that have vectors here.
    const size_t rest = static_cast<size_t>(n - i) & (kLanes - 1);
    const auto mask = hn::FirstN(d, rest);
    const auto v = Apply<Op>(d, p, [&](int k) HWY_ATTR { return hn::MaskedLoad(mask, d, arg[k] + i); });
    if constexpr (Op::kTest) {
      R bytes[kLanes];
      StoreBytes(d, v, bytes);
      std::memcpy(out + i, bytes, rest);
    } else {
      hn::BlendedStore(v, mask, d, out + i);
    }
  }
}

template <class Op>
constexpr LaneRow Row(const char* op, float ns, bool small = true) {
  return {op, Op::kArity, ns, &Loop<Op, float>, &Loop<Op, double>, small, Op::kTest};
}

template <class D>
HWY_INLINE hn::Vec<D> Const(D d, double v) {
  return hn::Set(d, static_cast<hn::TFromD<D>>(v));
}

}  // namespace HWY_NAMESPACE
}  // namespace weir
HWY_AFTER_NAMESPACE();

#endif
