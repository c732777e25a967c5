// Element-wise ops of one argument: y = f(x).
#include "weir/ops/math/math.h"
#include "weir/ops/math/schema.h"

namespace weir::math {
namespace {

using namespace ops;  // NOLINT: gradients are written in the building functions

OpDef& Unary(OpRegistry& r, const char* name, const std::string& types) {
  return r.Add(name).Input("x: T").Output("y: T").Attr("T: " + types).Shape(UnchangedShape);
}

// The …Grad op of the output, as in Make("TanhGrad", {y, g}).
GradFn ByGradOp(const char* op) {
  return [op](GradContext& c) {
    c.set(0, Make(op, {c.output(0), c.grad()}));
    return OkStatus();
  };
}

constexpr char kStep[] = "it is constant between steps, so that its derivative is zero wherever there is one";

void RegisterAlgebra(OpRegistry& r) {
  Unary(r, "Abs", "{bfloat16, half, float, double, int8, int16, int32, int64}")
      .Doc("Absolute value. The least integer stays what it is. The gradient is 0 at 0.")
      .Gradient(UnaryGrad([](Output g, Output x, Output) { return g * Sign(x); }));
  Unary(r, "Neg", kSigned).Doc("-x; integers wrap around.").Gradient(UnaryGrad([](Output g, Output, Output) { return -g; }));
  Unary(r, "Sign", kSigned)
      .Doc("-1, 0 or 1 by the sign of x; 0 for zeros of either sign, NaN for NaN.")
      .Gradient(UnaryGrad([](Output, Output x, Output) { return ZerosLike(x); }));
  Unary(r, "Square", "{bfloat16, half, float, double, int8, int16, int32, int64, uint8, uint16, uint32, uint64, complex64, complex128}")
      .Doc("x * x; integers wrap around.")
      .Gradient(UnaryGrad([](Output g, Output x, Output) { return g * (x * 2.0); }));
  Unary(r, "Sqrt", kField).Doc("Square root; NaN below zero.").Gradient(ByGradOp("SqrtGrad"));
  Unary(r, "Rsqrt", kField).Doc("1 / sqrt(x): inf at 0, NaN below.").Gradient(ByGradOp("RsqrtGrad"));
  for (auto [name, grad] : {std::pair("Reciprocal", "ReciprocalGrad"), std::pair("Inv", "InvGrad")}) {
    Unary(r, name, kSigned).Doc("The reciprocal 1 / x, element by element.").Gradient(ByGradOp(grad));
  }
  Unary(r, "Floor", kReal).Doc("The largest integer not above x.").NoGradient(kStep);
  Unary(r, "Ceil", kReal).Doc("The least integer not below x.").NoGradient(kStep);
  Unary(r, "Round", kSigned).Doc("The nearest integer, halves to the even one; integers stay.").NoGradient(kStep);
  Unary(r, "Rint", kReal).Doc("The nearest integer, halves to the even one.").NoGradient(kStep);
}

void RegisterExponentials(OpRegistry& r) {
  Unary(r, "Exp", kField).Doc("e to the power x.").Gradient(UnaryGrad([](Output g, Output, Output y) { return g * y; }));
  Unary(r, "Expm1", kField)
      .Doc("exp(x) - 1, accurate near 0.")
      .Gradient(UnaryGrad([](Output g, Output x, Output) { return g * Exp(x); }));
  Unary(r, "Log", kField)
      .Doc("Natural logarithm: -inf at 0, NaN below.")
      .Gradient(UnaryGrad([](Output g, Output x, Output) { return g * Reciprocal(x); }));
  Unary(r, "Log1p", kField)
      .Doc("log(1 + x), accurate near 0.")
      .Gradient(UnaryGrad([](Output g, Output x, Output) { return g * Reciprocal(1.0 + x); }));
  Unary(r, "Tanh", kField).Doc("Hyperbolic tangent.").Gradient(ByGradOp("TanhGrad"));
  Unary(r, "Sigmoid", kField).Doc("1 / (1 + exp(-x)).").Gradient(ByGradOp("SigmoidGrad"));
  Unary(r, "Sinh", kField).Doc("Hyperbolic sine.").Gradient(UnaryGrad([](Output g, Output x, Output) { return g * Cosh(x); }));
  Unary(r, "Cosh", kField).Doc("Hyperbolic cosine.").Gradient(UnaryGrad([](Output g, Output x, Output) { return g * Sinh(x); }));
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
  Unary(r, "Sin", kField).Doc("Sine of x in radians.").Gradient(UnaryGrad([](Output g, Output x, Output) { return g * Cos(x); }));
  Unary(r, "Cos", kField).Doc("Cosine of x in radians.").Gradient(UnaryGrad([](Output g, Output x, Output) { return -g * Sin(x); }));
  Unary(r, "Tan", kField)
      .Doc("Tangent of x in radians.")
      .Gradient(UnaryGrad([](Output g, Output x, Output) { return g * Square(Reciprocal(Cos(x))); }));
  Unary(r, "Asin", kField)
      .Doc("Arc sine in radians; NaN outside [-1, 1].")
      .Gradient(UnaryGrad([](Output g, Output x, Output) { return g * Reciprocal(Sqrt(1.0 - Square(x))); }));
  Unary(r, "Acos", kField)
      .Doc("Arc cosine in radians; NaN outside [-1, 1].")
      .Gradient(UnaryGrad([](Output g, Output x, Output) { return -g * Reciprocal(Sqrt(1.0 - Square(x))); }));
  Unary(r, "Atan", kField)
      .Doc("Arc tangent in radians.")
      .Gradient(UnaryGrad([](Output g, Output x, Output) { return g * Reciprocal(1.0 + Square(x)); }));
}

}  // namespace

void RegisterUnaryOps(OpRegistry& r) {
  RegisterAlgebra(r);
  RegisterExponentials(r);
  RegisterTrigonometry(r);
}

}  // namespace weir::math
