// Conversion of half and bfloat16 tiles to float and back: the processor's instructions where there are any, else the
// conversions of graph/base/half.h. Both round to nearest, ties to even, and give the same bits.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "weir/runtime/cpu/lanes_half.cc"
#include "hwy/foreach_target.h"  // must come before highway.h
#include "hwy/highway.h"
#include "weir/runtime/cpu/lanes.h"

#ifndef WEIR_RUNTIME_CPU_SMALL_CONVERSIONS_
#define WEIR_RUNTIME_CPU_SMALL_CONVERSIONS_
namespace weir {
struct SmallConversions {
  void (*half_to_float)(const Half*, float*, int64_t);
  void (*float_to_half)(const float*, Half*, int64_t);
  void (*bfloat16_to_float)(const BFloat16*, float*, int64_t);
  void (*float_to_bfloat16)(const float*, BFloat16*, int64_t);
};
}  // namespace weir
#endif

HWY_BEFORE_NAMESPACE();
namespace weir {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
constexpr bool kInstructions = true;
#else
constexpr bool kInstructions = false;
#endif

void HalfToFloat(const Half* in, float* out, int64_t n) {
  int64_t i = 0;
  if constexpr (kInstructions) {
    const hn::ScalableTag<float> d;
    const hn::Rebind<hwy::float16_t, decltype(d)> d16;
    const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
    const auto* in16 = reinterpret_cast<const hwy::float16_t*>(in);
    for (; i + lanes <= n; i += lanes) hn::StoreU(hn::PromoteTo(d, hn::LoadU(d16, in16 + i)), d, out + i);
  }
  for (; i < n; ++i) out[i] = static_cast<float>(in[i]);
}

void FloatToHalf(const float* in, Half* out, int64_t n) {
  int64_t i = 0;
  if constexpr (kInstructions) {
    const hn::ScalableTag<float> d;
    const hn::Rebind<hwy::float16_t, decltype(d)> d16;
    const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
    auto* out16 = reinterpret_cast<hwy::float16_t*>(out);
    for (; i + lanes <= n; i += lanes) hn::StoreU(hn::DemoteTo(d16, hn::LoadU(d, in + i)), d16, out16 + i);
  }
  for (; i < n; ++i) out[i] = Half(in[i]);
}

void Bfloat16ToFloat(const BFloat16* in, float* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) out[i] = static_cast<float>(in[i]);
}

void FloatToBfloat16(const float* in, BFloat16* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) out[i] = BFloat16(in[i]);
}

const SmallConversions& Conversions() {
  static constexpr SmallConversions kConversions = {&HalfToFloat, &FloatToHalf, &Bfloat16ToFloat, &FloatToBfloat16};
  return kConversions;
}

}  // namespace HWY_NAMESPACE
}  // namespace weir
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir {
HWY_EXPORT(Conversions);

void SmallToFloat(DType small, const void* in, float* out, int64_t n) {
  static const SmallConversions c = HWY_DYNAMIC_DISPATCH(Conversions)();
  small == kHalf ? c.half_to_float(static_cast<const Half*>(in), out, n)
                 : c.bfloat16_to_float(static_cast<const BFloat16*>(in), out, n);
}

void FloatToSmall(DType small, const float* in, void* out, int64_t n) {
  static const SmallConversions c = HWY_DYNAMIC_DISPATCH(Conversions)();
  small == kHalf ? c.float_to_half(in, static_cast<Half*>(out), n)
                 : c.float_to_bfloat16(in, static_cast<BFloat16*>(out), n);
}
}  // namespace weir
#endif
