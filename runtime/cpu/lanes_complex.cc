// Lane functions of complex numbers: plain loops over the formulas of their parts, or the standard library.
//
// Products are made part by part, without the care for infinities that C's operator takes, as vector code everywhere
// has them. Some of the gradient functions take the conjugate of their first operand, as TensorFlow's do.
#include <cmath>

#include "weir/runtime/cpu/lanes_loop.h"

namespace weir {
namespace {

template <class T> T Product(T x, T y) {
  return {x.real() * y.real() - x.imag() * y.imag(), x.real() * y.imag() + x.imag() * y.real()};
}
template <class T> bool IsZero(T x) { return x == T(0); }

// log(1 + x) without the loss of 1 + x, where x is small.
template <class T> T Log1p(T x) {
  if (std::abs(x) > PartOf<T>(0.5)) return std::log(PartOf<T>(1) + x);
  const auto a = x.real(), b = x.imag();
  return {std::log1p(a * (2 + a) + b * b) / 2, std::atan2(b, 1 + a)};
}
// exp(a + ib) - 1 = expm1(a) - 2·exp(a)·sin²(b/2) + i·exp(a)·sin(b)
template <class T> T Expm1(T x) {
  const auto less = std::expm1(x.real()), e = less + 1, half = std::sin(x.imag() / 2);
  return {less - 2 * e * half * half, e * std::sin(x.imag())};
}

struct Add { template <class T> static T Do(T x, T y) { return x + y; } };
struct Sub { template <class T> static T Do(T x, T y) { return x - y; } };
struct Mul { template <class T> static T Do(T x, T y) { return Product(x, y); } };
struct Div { template <class T> static T Do(T x, T y) { return x / y; } };
struct DivNoNan { template <class T> static T Do(T x, T y) { return IsZero(y) ? T(0) : x / y; } };
struct MulNoNan { template <class T> static T Do(T x, T y) { return IsZero(y) ? T(0) : Product(x, y); } };
struct Xdivy { template <class T> static T Do(T x, T y) { return IsZero(x) ? T(0) : x / y; } };
struct Xlogy { template <class T> static T Do(T x, T y) { return IsZero(x) ? T(0) : Product(x, std::log(y)); } };
struct Xlog1py { template <class T> static T Do(T x, T y) { return IsZero(x) ? T(0) : Product(x, Log1p(y)); } };
struct Pow { template <class T> static T Do(T x, T y) { return std::pow(x, y); } };
// TensorFlow has the square of the size here, as a complex number.
struct SquaredDifference { template <class T> static T Do(T x, T y) { return T(std::norm(x - y)); } };
struct Equal { template <class T> static bool Do(T x, T y) { return x == y; } };
struct NotEqual { template <class T> static bool Do(T x, T y) { return x != y; } };

struct Neg { template <class T> static T Do(T x) { return -x; } };
struct Conj { template <class T> static T Do(T x) { return std::conj(x); } };
struct Square { template <class T> static T Do(T x) { return Product(x, x); } };
struct Sqrt { template <class T> static T Do(T x) { return std::sqrt(x); } };
struct Rsqrt { template <class T> static T Do(T x) { return PartOf<T>(1) / std::sqrt(x); } };
struct Reciprocal { template <class T> static T Do(T x) { return PartOf<T>(1) / x; } };
struct Sign { template <class T> static T Do(T x) { return IsZero(x) ? T(0) : x / std::abs(x); } };
struct Exp { template <class T> static T Do(T x) { return std::exp(x); } };
struct Expm1Of { template <class T> static T Do(T x) { return Expm1(x); } };
struct Log { template <class T> static T Do(T x) { return std::log(x); } };
struct Log1pOf { template <class T> static T Do(T x) { return Log1p(x); } };
struct Sigmoid { template <class T> static T Do(T x) { return PartOf<T>(1) / (PartOf<T>(1) + std::exp(-x)); } };
struct Tanh { template <class T> static T Do(T x) { return std::tanh(x); } };
struct Sin { template <class T> static T Do(T x) { return std::sin(x); } };
struct Cos { template <class T> static T Do(T x) { return std::cos(x); } };
struct Tan { template <class T> static T Do(T x) { return std::tan(x); } };
struct Asin { template <class T> static T Do(T x) { return std::asin(x); } };
struct Acos { template <class T> static T Do(T x) { return std::acos(x); } };
struct Atan { template <class T> static T Do(T x) { return std::atan(x); } };
struct Sinh { template <class T> static T Do(T x) { return std::sinh(x); } };
struct Cosh { template <class T> static T Do(T x) { return std::cosh(x); } };
struct Asinh { template <class T> static T Do(T x) { return std::asinh(x); } };
struct Acosh { template <class T> static T Do(T x) { return std::acosh(x); } };
struct Atanh { template <class T> static T Do(T x) { return std::atanh(x); } };

struct Real { template <class T> static PartOf<T> Do(T x) { return x.real(); } };
struct Imag { template <class T> static PartOf<T> Do(T x) { return x.imag(); } };
struct Abs { template <class T> static PartOf<T> Do(T x) { return std::abs(x); } };
struct Angle { template <class T> static PartOf<T> Do(T x) { return std::arg(x); } };
struct Complex { template <class T> static std::complex<T> Do(T x, T y) { return {x, y}; } };

// Of these x is the op's output, y the gradient by it; no gradient gives none.
struct SqrtGrad {
  template <class T> static T Do(T x, T y) { return IsZero(y) ? T(0) : y * PartOf<T>(0.5) / std::conj(x); }
};
struct RsqrtGrad {
  template <class T> static T Do(T x, T y) {
    const T c = std::conj(x);
    return IsZero(y) ? T(0) : Product(Product(c, Product(c, c)), y * PartOf<T>(-0.5));
  }
};
struct ReciprocalGrad {
  template <class T> static T Do(T x, T y) {
    const T c = std::conj(x);
    return IsZero(y) ? T(0) : Product(-y, Product(c, c));
  }
};
// These two do not conjugate: who differentiates gives them the conjugate.
struct TanhGrad { template <class T> static T Do(T x, T y) { return Product(y, PartOf<T>(1) - Product(x, x)); } };
struct SigmoidGrad { template <class T> static T Do(T x, T y) { return Product(y, Product(x, PartOf<T>(1) - x)); } };

void LoopSelect(const void* const* in, void* out_raw, int64_t n, const LaneParams&) {
  const auto* condition = static_cast<const uint8_t*>(in[0]);
  const auto *x = static_cast<const Complex128*>(in[1]), *y = static_cast<const Complex128*>(in[2]);
  auto* out = static_cast<Complex128*>(out_raw);
  for (int64_t i = 0; i < n; ++i) out[i] = condition[i] ? x[i] : y[i];
}

class Adder {
 public:
  explicit Adder(std::vector<TypedLane>* lanes) : lanes_(lanes) {}
  template <class Op, class A = Complex64, class B = Complex128> void Unary(const char* op, float ns) {
    lanes_->insert(lanes_->end(), {{op, UnaryLane<Op, A>(ns)}, {op, UnaryLane<Op, B>(ns)}});
  }
  template <class Op, class A = Complex64, class B = Complex128> void Binary(const char* op, float ns) {
    lanes_->insert(lanes_->end(), {{op, BinaryLane<Op, A>(ns)}, {op, BinaryLane<Op, B>(ns)}});
  }

 private:
  std::vector<TypedLane>* lanes_;
};

void AddBinary(Adder& a) {
  for (const char* op : {"Add", "AddV2"}) a.Binary<Add>(op, 0.5f);
  a.Binary<Sub>("Sub", 0.5f);
  a.Binary<Mul>("Mul", 1);
  for (const char* op : {"Div", "RealDiv"}) a.Binary<Div>(op, 5);
  a.Binary<DivNoNan>("DivNoNan", 5);
  a.Binary<MulNoNan>("MulNoNan", 2);
  a.Binary<Xdivy>("Xdivy", 5);
  a.Binary<Xlogy>("Xlogy", 40);
  a.Binary<Xlog1py>("Xlog1py", 40);
  a.Binary<Pow>("Pow", 80);
  a.Binary<SquaredDifference>("SquaredDifference", 1);
  a.Binary<Equal>("Equal", 1);
  a.Binary<NotEqual>("NotEqual", 1);
  a.Binary<SqrtGrad>("SqrtGrad", 6);
  a.Binary<RsqrtGrad>("RsqrtGrad", 3);
  for (const char* op : {"ReciprocalGrad", "InvGrad"}) a.Binary<ReciprocalGrad>(op, 3);
  a.Binary<TanhGrad>("TanhGrad", 3);
  a.Binary<SigmoidGrad>("SigmoidGrad", 3);
  a.Binary<Complex, float, double>("Complex", 1);
}

void AddUnary(Adder& a) {
  a.Unary<Neg>("Neg", 0.5f);
  a.Unary<Conj>("Conj", 0.5f);
  a.Unary<Real>("Real", 0.5f);
  a.Unary<Imag>("Imag", 0.5f);
  a.Unary<Abs>("ComplexAbs", 5);
  a.Unary<Angle>("Angle", 20);
  a.Unary<Square>("Square", 1);
  a.Unary<Sqrt>("Sqrt", 15);
  a.Unary<Rsqrt>("Rsqrt", 20);
  for (const char* op : {"Reciprocal", "Inv"}) a.Unary<Reciprocal>(op, 5);
  a.Unary<Sign>("Sign", 8);
  a.Unary<Exp>("Exp", 25);
  a.Unary<Expm1Of>("Expm1", 40);
  a.Unary<Log>("Log", 35);
  a.Unary<Log1pOf>("Log1p", 40);
  a.Unary<Sigmoid>("Sigmoid", 30);
  a.Unary<Tanh>("Tanh", 40);
  a.Unary<Sin>("Sin", 40);
  a.Unary<Cos>("Cos", 40);
  a.Unary<Tan>("Tan", 45);
  a.Unary<Asin>("Asin", 60);
  a.Unary<Acos>("Acos", 60);
  a.Unary<Atan>("Atan", 60);
  a.Unary<Sinh>("Sinh", 40);
  a.Unary<Cosh>("Cosh", 40);
  a.Unary<Asinh>("Asinh", 60);
  a.Unary<Acosh>("Acosh", 60);
  a.Unary<Atanh>("Atanh", 60);
}

}  // namespace

std::vector<TypedLane> ComplexLanes() {
  std::vector<TypedLane> lanes;
  Adder adder(&lanes);
  AddBinary(adder);
  AddUnary(adder);
  for (const char* op : {"Select", "SelectV2"}) {
    lanes.push_back({op, {.arity = 3, .call = &LoopSelect, .ns = 1, .operand = kComplex128, .result = kComplex128,
                          .chooses = true}});
  }
  return lanes;
}

}  // namespace weir
