// Element-wise ops of one argument, y = f(x), and those that their gradients are made of: functions of the op's output
// y and the gradient dy by it.
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "weir/ops/math/math.h"
#include "weir/ops/math/schema.h"

namespace weir {
namespace math {
namespace {

using namespace ops;  // NOLINT: gradients are written in the building functions

OpDef& Unary(OpRegistry& r, const char* name, const std::string& types) {
  return r.Add(name).Input("x: T").Output("y: T").Attr("T: " + types).Shape(UnchangedShape);
}

// Like input 0, which has as many elements as input 1.
Status SameCountShape(ShapeContext& c) {
  auto m = c.input(0).num_elements(), n = c.input(1).num_elements();
  if (m && n && *m != *n) {
    return InvalidArgument(
        fmt::format("needs two inputs of as many elements, not {} and {}", c.Describe(0), c.Describe(1)));
  }
  c.set_output(0, c.input(0));
  return {};
}

// In the gradients of these ops `a` is y, `b` is dy and `z` the op's output. Those that conjugate are b·h(conj(a)): by
// a they have the gradient conj(g)·b·h'(conj(a)), by b g·h(a).
OpDef& GradOp(OpRegistry& r, const char* name) {
  return r.Add(name).Input("y: T").Input("dy: T").Output("z: T").Attr("T: " + kField).Shape(SameCountShape);
}

// The …Grad op of the output, as in Make("SqrtGrad", {y, g}); of its conjugate where the op does not take that itself.
GradFn ByGradOp(const char* op, bool conjugates = true) {
  return [op, conjugates](GradContext& c) {
    c.set(0, Make(op, {conjugates ? c.output(0) : Conj(c.output(0)), c.grad()}));
    return OkStatus();
  };
}

void RegisterAlgebra(OpRegistry& r) {
  Unary(r, "Abs", "{bfloat16, half, float, double, int8, int16, int32, int64}")
      .Doc("Absolute value. The least integer stays what it is. The gradient is 0 at 0.")
      .Gradient(UnaryGrad([](Output g, Output x, Output) { return g * Sign(x); }));
  Unary(r, "Neg", kSigned)
      .Doc("-x; integers wrap around.")
      .Gradient(UnaryGrad([](Output g, Output, Output) { return -g; }));
  Unary(r, "Sign", kSigned)
      .Doc("-1, 0 or 1 by the sign of x; 0 for zeros of either sign, NaN for NaN. Of complex numbers x / |x|, or 0.")
      .Gradient(UnaryGrad([](Output g, Output x, Output y) {
        if (!IsComplex(x.dtype())) return ZerosLike(x);
        x = Conj(x), y = Conj(y);  // not holomorphic: of g what turns y, not what is along it
        return DivNoNan(g - y * Cast(Real(Conj(y) * g), g.dtype()), Cast(ComplexAbs(x), g.dtype()));
      }));
  Unary(r, "Square",
        "{bfloat16, half, float, double, int8, int16, int32, int64, uint8, uint16, uint32, uint64, complex64, "
        "complex128}")
      .Doc("x * x; integers wrap around.")
      .Gradient(UnaryGrad([](Output g, Output x, Output) { return g * (x * 2.0); }));
  Unary(r, "Sqrt", kField).HasPoles()
      .Doc("Square root; of a real number below zero NaN.")
      .Gradient(ByGradOp("SqrtGrad"));
  GradOp(r, "SqrtGrad")
      .Doc("The gradient of y = sqrt(x): dy * 0.5 / conj(y).")
      .Gradient(BinaryGrad([](Output g, Output a, Output, Output z) {
        Output part = g / a;
        return Pair(-Conj(part) * z, 0.5 * part);
      }));
  Unary(r, "Rsqrt", kField).HasPoles().Doc("1 / sqrt(x): inf at 0, NaN below.").Gradient(ByGradOp("RsqrtGrad"));
  GradOp(r, "RsqrtGrad")
      .Doc("The gradient of y = 1 / sqrt(x): dy * -0.5 * conj(y)^3.")
      .Gradient(BinaryGrad([](Output g, Output a, Output b, Output) {
        return Pair(-1.5 * Conj(g) * b * Square(Conj(a)), Make("RsqrtGrad", {Conj(a), g}));
      }));
  for (auto [name, grad] : {std::pair("Reciprocal", "ReciprocalGrad"), std::pair("Inv", "InvGrad")}) {
    Unary(r, name, kSigned).HasPoles().Doc("The reciprocal 1 / x, element by element.").Gradient(ByGradOp(grad));
  }
  GradOp(r, "ReciprocalGrad")
      .Doc("The gradient of y = 1 / x: -dy * conj(y)^2.")
      .Gradient(BinaryGrad([](Output g, Output a, Output b, Output) {
        return Pair(-2.0 * Conj(g) * b * Conj(a), Make("ReciprocalGrad", {Conj(a), g}));
      }));
  GradOp(r, "InvGrad")
      .Doc("The gradient of y = 1 / x: -dy * conj(y)^2.")
      .Gradient(BinaryGrad([](Output g, Output a, Output b, Output) {
        return Pair(-2.0 * Conj(g) * b * Conj(a), Make("InvGrad", {Conj(a), g}));
      }));
  Unary(r, "Floor", kReal).Doc("The largest integer not above x.").NoGradient(kStep);
  Unary(r, "Ceil", kReal).Doc("The least integer not below x.").NoGradient(kStep);
  Unary(r, "Round", kSigned).Doc("The nearest integer, halves to the even one; integers stay.").NoGradient(kStep);
  Unary(r, "Rint", kReal).Doc("The nearest integer, halves to the even one.").NoGradient(kStep);
}

void RegisterExponentials(OpRegistry& r) {
  Unary(r, "Exp", kField)
      .Doc("e to the power x.")
      .Gradient(UnaryGrad([](Output g, Output, Output y) { return g * y; }));
  Unary(r, "Expm1", kField)
      .Doc("exp(x) - 1, accurate near 0.")
      .Gradient(UnaryGrad([](Output g, Output x, Output) { return g * Exp(x); }));
  Unary(r, "Log", kField).HasPoles()
      .Doc("Natural logarithm: -inf at 0, NaN below.")
      .Gradient(UnaryGrad([](Output g, Output x, Output) { return g * Reciprocal(x); }));
  Unary(r, "Log1p", kField).HasPoles()
      .Doc("log(1 + x), accurate near 0.")
      .Gradient(UnaryGrad([](Output g, Output x, Output) { return g * Reciprocal(1.0 + x); }));
  Unary(r, "Tanh", kField).Doc("Hyperbolic tangent.").Gradient(ByGradOp("TanhGrad", false));
  GradOp(r, "TanhGrad")
      .Doc("The gradient of y = tanh(x): dy * (1 - y^2).")
      .Gradient(BinaryGrad([](Output g, Output a, Output b, Output) {
        return Pair(g * -2.0 * Conj(b) * Conj(a), Make("TanhGrad", {Conj(a), g}));
      }));
  Unary(r, "Sigmoid", kField).Doc("1 / (1 + exp(-x)).").Gradient(ByGradOp("SigmoidGrad", false));
  GradOp(r, "SigmoidGrad")
      .Doc("The gradient of y = sigmoid(x): dy * y * (1 - y).")
      .Gradient(BinaryGrad([](Output g, Output a, Output b, Output) {
        Output part = g * Conj(b);
        return Pair(part - 2.0 * part * Conj(a), Make("SigmoidGrad", {Conj(a), g}));
      }));
  Unary(r, "Sinh", kField)
      .Doc("Hyperbolic sine.")
      .Gradient(UnaryGrad([](Output g, Output x, Output) { return g * Cosh(x); }));
  Unary(r, "Cosh", kField)
      .Doc("Hyperbolic cosine.")
      .Gradient(UnaryGrad([](Output g, Output x, Output) { return g * Sinh(x); }));
  Unary(r, "Asinh", kField)
      .Doc("Inverse hyperbolic sine.")
      .Gradient(UnaryGrad([](Output g, Output, Output y) { return g / Cosh(y); }));
  Unary(r, "Acosh", kField)
      .Doc("Inverse hyperbolic cosine; NaN below 1.")
      .Gradient(UnaryGrad([](Output g, Output, Output y) { return g / Sinh(y); }));
  Unary(r, "Atanh", kField)
      .Doc("Inverse hyperbolic tangent; NaN outside [-1, 1].")
      .Gradient(UnaryGrad([](Output g, Output x, Output) { return g * Reciprocal(1.0 - Square(x)); }));
  constexpr double kTwoOverRootPi = 1.1283791670955125738961589031215;
  Unary(r, "Erf", kReal)
      .Doc("Error function, 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x.")
      .Gradient(UnaryGrad([](Output g, Output x, Output) { return kTwoOverRootPi * g * Exp(-Square(x)); }));
  Unary(r, "Erfc", kReal)
      .Doc("1 - erf(x), accurate for large x.")
      .Gradient(UnaryGrad([](Output g, Output x, Output) { return -kTwoOverRootPi * g * Exp(-Square(x)); }));
  Unary(r, "Erfinv", kReal)
      .Doc("The number whose erf is x: infinite at -1 and 1, NaN beyond.")
      .Gradient(UnaryGrad([](Output g, Output, Output y) { return 1.0 / kTwoOverRootPi * g * Exp(Square(y)); }));
}

void RegisterTrigonometry(OpRegistry& r) {
  Unary(r, "Sin", kField)
      .Doc("Sine of x in radians.")
      .Gradient(UnaryGrad([](Output g, Output x, Output) { return g * Cos(x); }));
  Unary(r, "Cos", kField)
      .Doc("Cosine of x in radians.")
      .Gradient(UnaryGrad([](Output g, Output x, Output) { return -g * Sin(x); }));
  Unary(r, "Tan", kField)
      .Doc("Tangent of x in radians.")
      .Gradient(UnaryGrad([](Output g, Output x, Output) { return g * Square(Reciprocal(Cos(x))); }));
  Unary(r, "Asin", kField).HasPoles()
      .Doc("Arc sine in radians; NaN outside [-1, 1].")
      .Gradient(UnaryGrad([](Output g, Output x, Output) { return g * Reciprocal(Sqrt(1.0 - Square(x))); }));
  Unary(r, "Acos", kField).HasPoles()
      .Doc("Arc cosine in radians; NaN outside [-1, 1].")
      .Gradient(UnaryGrad([](Output g, Output x, Output) { return -g * Reciprocal(Sqrt(1.0 - Square(x))); }));
  Unary(r, "Atan", kField)
      .Doc("Arc tangent in radians.")
      .Gradient(UnaryGrad([](Output g, Output x, Output) { return g * Reciprocal(1.0 + Square(x)); }));
}

}  // namespace
}  // namespace math

void RegisterUnaryOps(OpRegistry& r) {
  math::RegisterAlgebra(r);
  math::RegisterExponentials(r);
  math::RegisterTrigonometry(r);
}

}  // namespace weir
