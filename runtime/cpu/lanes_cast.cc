// Lane functions of Cast: every pair of dtypes, as TensorFlow converts on x86.
//
// Floats become integers by rounding towards zero. What is out of range (NaN too) is defined here as the processor has
// it: int32 and int64 give their least value; narrower integers and uint32 take the low bits of the int32 or int64
// result; uint64 takes what lies
// above 2^63 from a shifted conversion. half and bfloat16 go through float. Of complex numbers the real part becomes a
// real one; real ones get the imaginary part 0.
#include <bit>
#include <limits>
#include <map>
#include <utility>

#include "weir/runtime/cpu/lanes.h"

namespace weir {
namespace {

// Truncates x to a signed integer; out of range gives the least value.
template <class I, class F>
I Truncate(F x) {
  constexpr F kEnd = F(uint64_t{1} << (sizeof(I) * 8 - 1));  // a power of two, exact
  return x >= -kEnd && x < kEnd ? static_cast<I>(x) : std::numeric_limits<I>::min();
}

template <class F>
uint64_t ToUint64(F x) {
  const int64_t low = Truncate<int64_t>(x), high = Truncate<int64_t>(x - F(uint64_t{1} << 63));
  return static_cast<uint64_t>(low) | static_cast<uint64_t>(low < 0 ? high : 0);
}

template <class D, class S>
D Convert(S x) {
  if constexpr (kIsComplexType<S> && !kIsComplexType<D>) {
    return Convert<D>(x.real());
  } else if constexpr (kIsComplexType<D> && !kIsComplexType<S>) {
    return D(static_cast<PartOf<D>>(x));
  } else if constexpr (std::is_floating_point_v<S> && std::is_integral_v<D>) {
    if constexpr (std::is_same_v<D, uint64_t>) return ToUint64(x);
    else if constexpr (sizeof(D) == 8 || std::is_same_v<D, uint32_t>) return static_cast<D>(Truncate<int64_t>(x));
    else return static_cast<D>(Truncate<int32_t>(x));
  } else {
    return static_cast<D>(x);
  }
}

// Bools are bytes here, since a byte other than 0 or 1 must do no harm.
struct Bool {
  uint8_t byte;
};
template <class S> bool NonZero(S x) { return x != S(0); }
template <class P> bool NonZero(std::complex<P> x) { return x.real() != P(0); }
template <> bool NonZero(Bool x) { return x.byte != 0; }

template <class D, class S>
void Loop(const void* const* in, void* out_raw, int64_t n, const LaneParams&) {
  const S* x = static_cast<const S*>(in[0]);
  if constexpr (std::is_same_v<D, Bool>) {
    uint8_t* out = static_cast<uint8_t*>(out_raw);
    for (int64_t i = 0; i < n; ++i) out[i] = NonZero(x[i]);
  } else if constexpr (std::is_same_v<S, Bool>) {
    D* out = static_cast<D*>(out_raw);
    for (int64_t i = 0; i < n; ++i) out[i] = static_cast<D>(NonZero(x[i]));
  } else {
    D* out = static_cast<D*>(out_raw);
    for (int64_t i = 0; i < n; ++i) out[i] = Convert<D>(x[i]);
  }
}

// To float, without the low bits of the significand that the result (float, or what is made of it) has no room for.
template <class S, class Bits, int kDropped>
void LoopTruncated(const void* const* in, void* out_raw, int64_t n, const LaneParams&) {
  const S* x = static_cast<const S*>(in[0]);
  float* out = static_cast<float*>(out_raw);
  constexpr Bits kMask = ~((Bits{1} << kDropped) - 1);
  for (int64_t i = 0; i < n; ++i) {
    const S cut = std::bit_cast<S>(static_cast<Bits>(std::bit_cast<Bits>(x[i]) & kMask));
    out[i] = static_cast<float>(x[i] == x[i] ? cut : x[i]);
  }
}

// The dtype that `t` is computed in: float for half and bfloat16.
DType Computed(DType t) { return t == kHalf || t == kBfloat16 ? kFloat : t; }
DType Small(DType t) { return t == kHalf || t == kBfloat16 ? t : DType::kInvalid; }

using Sources = decltype(Types<float, double>() + IntTypes() + ComplexTypes());

template <class D>
LaneCall FromSource(DType from) {
  if (from == kBool) return &Loop<D, Bool>;
  LaneCall call = nullptr;
  DispatchType(from, Sources(), [&](auto s) { call = &Loop<D, decltype(s)>; });
  return call;
}

LaneCall FindLoop(DType from, DType to) {
  if (to == kBool) return FromSource<Bool>(from);
  LaneCall call = nullptr;
  DispatchType(to, Sources(), [&](auto d) { call = FromSource<decltype(d)>(from); });
  return call;
}

LaneCall FindTruncated(DType from, DType to) {
  if (from == kDouble && to == kFloat) return &LoopTruncated<double, uint64_t, 52 - 23>;
  if (from == kDouble && to == kHalf) return &LoopTruncated<double, uint64_t, 52 - 10>;
  if (from == kFloat && to == kHalf) return &LoopTruncated<float, uint32_t, 23 - 10>;
  if (from == kFloat && to == kBfloat16) return &LoopTruncated<float, uint32_t, 23 - 7>;
  return nullptr;
}

using Table = std::map<std::pair<DType, DType>, LaneFn>;

Table MakeTable(bool truncate) {
  constexpr DType kTypes[] = {kFloat, kDouble, kHalf,   kBfloat16, kInt8,   kInt16,     kInt32,     kInt64,
                              kUint8, kUint16, kUint32, kUint64,   kBool,   kComplex64, kComplex128};
  Table table;
  for (DType from : kTypes) {
    for (DType to : kTypes) {
      LaneCall call = truncate ? FindTruncated(from, to) : nullptr;
      if (!call) call = FindLoop(Computed(from), Computed(to));
      table[{from, to}] = {.arity = 1, .call = call, .ns = 0.3f, .small_in = Small(from), .small_out = Small(to),
                           .in_size = static_cast<int8_t>(SizeOf(from)), .out_size = static_cast<int8_t>(SizeOf(to)),
                           .operand = from, .result = to};
    }
  }
  return table;
}

}  // namespace

const LaneFn* FindCastLane(DType from, DType to, bool truncate) {
  static const Table rounding = MakeTable(false), truncating = MakeTable(true);
  const Table& table = truncate ? truncating : rounding;
  auto it = table.find({from, to});
  return it == table.end() ? nullptr : &it->second;
}

}  // namespace weir
