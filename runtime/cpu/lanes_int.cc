// Lane functions of the integers and bool: plain loops that the compiler vectorises.
//
// Arithmetic wraps around (two's complement). Where an op refuses elements (division by zero, negative exponents) the
// function is still defined for them, and find_bad tells which they are.
#include <bit>
#include <type_traits>

#include "weir/runtime/cpu/lanes_loop.h"

namespace weir {
namespace {

// Unsigned type in which T's arithmetic wraps; at least 32 bits, since smaller ones would be promoted to int.
template <class T>
using Wide = std::conditional_t<(sizeof(T) < 4), uint32_t, std::make_unsigned_t<T>>;

template <class T> T Wrap(Wide<T> v) { return static_cast<T>(v); }
template <class T> Wide<T> W(T v) { return static_cast<Wide<T>>(v); }
template <class T> bool Negative(T v) { return std::is_signed_v<T> && v < T(0); }

// Truncated quotient. -1 is a case of its own because the least value divided by it wraps; 0 is refused before.
template <class T>
T Quotient(T x, T y) {
  if (y == T(0)) return T(0);
  if (std::is_signed_v<T> && y == T(-1)) return Wrap<T>(Wide<T>(0) - W(x));
  return static_cast<T>(x / y);
}
template <class T>
T Remainder(T x, T y) {
  if (y == T(0) || (std::is_signed_v<T> && y == T(-1))) return T(0);
  return static_cast<T>(x % y);
}

struct Add { template <class T> static T Do(T x, T y) { return Wrap<T>(W(x) + W(y)); } };
struct Sub { template <class T> static T Do(T x, T y) { return Wrap<T>(W(x) - W(y)); } };
struct Mul { template <class T> static T Do(T x, T y) { return Wrap<T>(W(x) * W(y)); } };
struct SquaredDifference { template <class T> static T Do(T x, T y) { T v = Sub::Do(x, y); return Mul::Do(v, v); } };
struct Maximum { template <class T> static T Do(T x, T y) { return x < y ? y : x; } };
struct Minimum { template <class T> static T Do(T x, T y) { return y < x ? y : x; } };
struct TruncateDiv { template <class T> static T Do(T x, T y) { return Quotient(x, y); } };
struct TruncateMod { template <class T> static T Do(T x, T y) { return Remainder(x, y); } };
struct FloorDiv {
  template <class T> static T Do(T x, T y) {
    T q = Quotient(x, y), r = Remainder(x, y);
    return r != T(0) && Negative(r) != Negative(y) ? Wrap<T>(W(q) - 1u) : q;
  }
};
struct FloorMod {
  template <class T> static T Do(T x, T y) {
    T r = Remainder(x, y);
    return r != T(0) && Negative(r) != Negative(y) ? Add::Do(r, y) : r;
  }
};
struct Pow {
  template <class T> static T Do(T x, T y) {
    Wide<T> base = W(x), result = 1;
    for (Wide<T> e = Negative(y) ? 0 : W(y); e != 0; e >>= 1, base *= base) {
      if (e & 1) result *= base;
    }
    return Wrap<T>(result);
  }
};
struct Abs { template <class T> static T Do(T x) { return Negative(x) ? Wrap<T>(Wide<T>(0) - W(x)) : x; } };
struct Neg { template <class T> static T Do(T x) { return Wrap<T>(Wide<T>(0) - W(x)); } };
struct Sign { template <class T> static T Do(T x) { return T(T(x > T(0)) - T(Negative(x))); } };
struct Square { template <class T> static T Do(T x) { return Mul::Do(x, x); } };
struct Same { template <class T> static T Do(T x) { return x; } };
struct Relu { template <class T> static T Do(T x) { return Negative(x) ? T(0) : x; } };
struct Relu6 { template <class T> static T Do(T x) { return Negative(x) ? T(0) : x > T(6) ? T(6) : x; } };
struct ReluGrad { template <class T> static T Do(T g, T f) { return f > T(0) ? g : T(0); } };
struct Relu6Grad { template <class T> static T Do(T g, T f) { return f > T(0) && f < T(6) ? g : T(0); } };
struct Equal { template <class T> static bool Do(T x, T y) { return x == y; } };
struct NotEqual { template <class T> static bool Do(T x, T y) { return x != y; } };
struct Less { template <class T> static bool Do(T x, T y) { return x < y; } };
struct LessEqual { template <class T> static bool Do(T x, T y) { return x <= y; } };
struct Greater { template <class T> static bool Do(T x, T y) { return x > y; } };
struct GreaterEqual { template <class T> static bool Do(T x, T y) { return x >= y; } };
struct BitwiseAnd { template <class T> static T Do(T x, T y) { return static_cast<T>(x & y); } };
struct BitwiseOr { template <class T> static T Do(T x, T y) { return static_cast<T>(x | y); } };
struct BitwiseXor { template <class T> static T Do(T x, T y) { return static_cast<T>(x ^ y); } };
struct Invert { template <class T> static T Do(T x) { return static_cast<T>(~x); } };
// How far a shift goes.
template <class T> int ShiftBy(T y) {
  constexpr T kMost = sizeof(T) * 8 - 1;
  return Negative(y) ? 0 : y > kMost ? kMost : static_cast<int>(y);
}
struct LeftShift { template <class T> static T Do(T x, T y) { return Wrap<T>(W(x) << ShiftBy(y)); } };
struct RightShift { template <class T> static T Do(T x, T y) { return static_cast<T>(x >> ShiftBy(y)); } };
struct PopulationCount {
  template <class T> static uint8_t Do(T x) { return uint8_t(std::popcount(static_cast<std::make_unsigned_t<T>>(x))); }
};
// On bools, kept as bytes 0 and 1.
struct And { template <class T> static bool Do(T x, T y) { return x & y; } };
struct Or { template <class T> static bool Do(T x, T y) { return x | y; } };
struct Not { template <class T> static bool Do(T x) { return x == T(0); } };
struct ClipByValue {
  template <class T> static T Do(T t, T low, T high) { return Maximum::Do(Minimum::Do(t, high), low); }
};

// The first element whose second operand is zero (or negative).
template <class T, bool kNegative>
int64_t FindBad(const void* const* in, int64_t n) {
  const T* y = static_cast<const T*>(in[1]);
  bool any = false;
  for (int64_t i = 0; i < n; ++i) any |= kNegative ? Negative(y[i]) : y[i] == T(0);
  if (!any) return -1;
  int64_t i = 0;
  while (kNegative ? !Negative(y[i]) : y[i] != T(0)) ++i;
  return i;
}

class Adder {
 public:
  explicit Adder(std::vector<TypedLane>* lanes) : lanes_(lanes) {}
  template <class Op, class... Ts> void Unary(const char* op, Types<Ts...>) {
    (lanes_->push_back({op, UnaryLane<Op, Ts>(0.2f)}), ...);
  }
  template <class Op, class... Ts> void Binary(const char* op, Types<Ts...>) {
    (lanes_->push_back({op, BinaryLane<Op, Ts>(0.2f)}), ...);
  }
  template <class Op, class... Ts> void Ternary(const char* op, Types<Ts...>) {
    (lanes_->push_back({op, TernaryLane<Op, Ts>(0.3f)}), ...);
  }
  template <class Op, class... Ts> void Division(const char* op, Types<Ts...>) {
    (Refusing(op, BinaryLane<Op, Ts>(2), &FindBad<Ts, false>, "Integer division by zero"), ...);
  }
  template <class Op, class... Ts> void Power(const char* op, Types<Ts...>) {
    (Refusing(op, BinaryLane<Op, Ts>(5), &FindBad<Ts, true>,
              "Integers to negative integer powers are not allowed"), ...);
  }

 private:
  void Refusing(const char* op, LaneFn fn, decltype(LaneFn::find_bad) find_bad, const char* bad_message) {
    fn.find_bad = find_bad, fn.bad_message = bad_message;
    lanes_->push_back({op, fn});
  }
  std::vector<TypedLane>* lanes_;
};

void AddArithmetic(Adder& a) {
  constexpr IntTypes ints;
  constexpr SignedTypes signed_ints;
  constexpr IndexTypes index;
  for (const char* op : {"Add", "AddV2"}) a.Binary<Add>(op, ints);
  a.Binary<Sub>("Sub", ints);
  a.Binary<Mul>("Mul", ints);
  a.Binary<SquaredDifference>("SquaredDifference", index);
  a.Binary<Maximum>("Maximum", ints);
  a.Binary<Minimum>("Minimum", ints);
  for (const char* op : {"Div", "TruncateDiv"}) a.Division<TruncateDiv>(op, ints);
  a.Division<FloorDiv>("FloorDiv", ints);
  a.Division<FloorMod>("FloorMod", ints);
  for (const char* op : {"Mod", "TruncateMod"}) a.Division<TruncateMod>(op, index);
  a.Power<Pow>("Pow", signed_ints);
  a.Unary<Abs>("Abs", signed_ints);
  a.Unary<Neg>("Neg", signed_ints);
  a.Unary<Sign>("Sign", signed_ints);
  a.Unary<Square>("Square", ints);
  a.Unary<Same>("Round", index);
  a.Ternary<ClipByValue>("ClipByValue", Types<int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t>());
  a.Unary<Relu>("Relu", ints);
  a.Unary<Relu6>("Relu6", ints);
  a.Binary<ReluGrad>("ReluGrad", ints);
  a.Binary<Relu6Grad>("Relu6Grad", ints);
}

void AddBits(Adder& a) {
  constexpr IntTypes ints;
  a.Binary<BitwiseAnd>("BitwiseAnd", ints);
  a.Binary<BitwiseOr>("BitwiseOr", ints);
  a.Binary<BitwiseXor>("BitwiseXor", ints);
  a.Unary<Invert>("Invert", ints);
  a.Binary<LeftShift>("LeftShift", ints);
  a.Binary<RightShift>("RightShift", ints);
  a.Unary<PopulationCount>("PopulationCount", ints);
}

void AddTests(Adder& a) {
  constexpr IntTypes ints;
  a.Binary<Equal>("Equal", ints);
  a.Binary<NotEqual>("NotEqual", ints);
  a.Binary<Less>("Less", ints);
  a.Binary<LessEqual>("LessEqual", ints);
  a.Binary<Greater>("Greater", ints);
  a.Binary<GreaterEqual>("GreaterEqual", ints);
}

void AddLogic(std::vector<TypedLane>& lanes) {
  auto push = [&](const char* op, int arity, LaneCall call) {
    lanes.push_back({op, {.arity = arity, .call = call, .ns = 0.1f, .operand = kBool, .result = kBool}});
  };
  push("Equal", 2, &Loop2<Equal, uint8_t>);
  push("NotEqual", 2, &Loop2<NotEqual, uint8_t>);
  push("LogicalAnd", 2, &Loop2<And, uint8_t>);
  push("LogicalOr", 2, &Loop2<Or, uint8_t>);
  push("LogicalNot", 1, &Loop1<Not, uint8_t>);
}

}  // namespace

std::vector<TypedLane> IntegerLanes() {
  std::vector<TypedLane> lanes;
  Adder adder(&lanes);
  AddArithmetic(adder);
  AddBits(adder);
  AddTests(adder);
  AddLogic(lanes);
  return lanes;
}

}  // namespace weir
