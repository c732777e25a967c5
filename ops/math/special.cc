// Special functions: of gamma, beta, zeta, the normal distribution and Bessel's.
//
// TensorFlow has no derivative by the orders (Polygamma's a, Zeta's x, Betainc's a and b): asking for one is an error.
#include <fmt/format.h>

#include <cmath>
#include <initializer_list>
#include <string>
#include <utility>

#include "weir/ops/broadcast_gradients.h"
#include "weir/ops/math/math.h"
#include "weir/ops/math/schema.h"

namespace weir {
namespace math {
namespace {

using namespace ops;  // NOLINT: gradients are written in the building functions

constexpr char kPrecise[] = "{float, double}";

OpDef& Unary(OpRegistry& r, const char* name) {
  return r.Add(name).Input("x: T").Output("y: T").Attr("T: " + kReal).Shape(UnchangedShape);
}

OpDef& Binary(OpRegistry& r, const char* name, const char* x, const char* y, const std::string& types,
             const char* output = "z: T") {
  return r.Add(name)
      .Input(x).Input(y).Output(output).Attr("T: " + types)
      .HasPoles()
      .Shape(BroadcastShape);
}

Status NoDerivativeBy(const GradContext& c, std::initializer_list<int> inputs) {
  for (int i : inputs) {
    if (!c.wants(i)) continue;
    return Unimplemented(fmt::format("{} has no derivative by its input '{}'", c.op(),
                                     c.node().def()->inputs()[static_cast<size_t>(i)].name))
        .Help("StopGradient cuts the path; TensorFlow leaves it out silently");
  }
  return {};
}

// The gradient by the second of two inputs: g times `slope` of both.
GradFn BySecond(Output (*slope)(Output a, Output x)) {
  return [slope](GradContext& c) -> Status {
    WEIR_RETURN_IF_ERROR(NoDerivativeBy(c, {0}));
    c.set(1, ReduceBroadcast(c, Output(), c.grad() * slope(c.input(0), c.input(1))).second);
    return {};
  };
}

void RegisterGammas(OpRegistry& r) {
  Unary(r, "Lgamma").HasPoles()
      .Doc("The logarithm of |Γ(x)|: infinite at 0, -1, …")
      .Gradient(UnaryGrad([](Output g, Output x, Output) { return g * Digamma(x); }));
  Unary(r, "Digamma").HasPoles()
      .Doc("Γ'(x) / Γ(x): NaN at 0, -1, …")
      .Gradient(UnaryGrad([](Output g, Output x, Output) {
        // Polygamma knows no half and bfloat16.
        const DType dtype = x.dtype();
        return g * Cast(Polygamma(1.0, Cast(x, dtype == kDouble ? kDouble : kFloat)), dtype);
      }));
  Binary(r, "Polygamma", "a: T", "x: T", kPrecise)
      .Doc("The a-th derivative of Digamma at x, with broadcasting: NaN unless a is 0, 1, 2, …")
      .Gradient(BySecond([](Output a, Output x) { return Polygamma(a + 1.0, x); }));
  Binary(r, "Zeta", "x: T", "q: T", kPrecise)
      .Doc("Hurwitz's zeta function, the sum of (q + k)^-x over k = 0, 1, …, with broadcasting: infinite at x = 1, NaN "
           "below.")
      .Gradient(BySecond([](Output x, Output q) { return -x * Zeta(x + 1.0, q); }));
}

// The slope of Igamma by x, exp(-x) x^(a-1) / Γ(a).
Output IgammaSlope(Output a, Output x) { return Exp((a - 1.0) * Log(x) - x - Lgamma(a)); }

Output IgammaGradA(Output a, Output x) {
  const DType dtype = a.dtype(), wide = dtype == kDouble ? kDouble : kFloat;
  return Cast(Make("IgammaGradA", {Cast(a, wide), Cast(x, wide)}), dtype);
}

template <bool kUpper> Status IncompleteGammaGrad(GradContext& c) {
  Output a = c.input(0), x = c.input(1), g = kUpper ? -c.grad() : c.grad();
  auto [ga, gx] = ReduceBroadcast(c, c.wants(0) ? g * IgammaGradA(a, x) : Output(),
                                  c.wants(1) ? g * IgammaSlope(a, x) : Output());
  c.set(0, ga);
  c.set(1, gx);
  return {};
}

// All inputs are scalars or of one shape.
Status BetaincShape(ShapeContext& c) {
  PartialShape out = PartialShape::Scalar();
  bool unknown = false;
  for (int i = 0; i < c.num_inputs(); ++i) {
    unknown |= !c.input(i).known_rank();
    if (!c.input(i).known_rank() || c.input(i).rank() == 0) continue;
    auto merged = out.rank() == 0 ? c.input(i) : MergeShapes(out, c.input(i));
    if (!merged.ok())
      return InvalidArgument(fmt::format("needs scalars and tensors of one shape, not {}, {} and {}", c.Describe(0),
                                         c.Describe(1), c.Describe(2)));
    out = *merged;
  }
  c.set_output(0, unknown && out.rank() == 0 ? PartialShape::Unknown() : out);
  return {};
}

Status BetaincGrad(GradContext& c) {
  WEIR_RETURN_IF_ERROR(NoDerivativeBy(c, {0, 1}));
  Output a = c.input(0), b = c.input(1), x = c.input(2);
  Output log_beta = Lgamma(a) + Lgamma(b) - Lgamma(a + b);
  Output slope = Exp(Xlog1py(b - 1.0, -x) + Xlogy(a - 1.0, x) - log_beta);
  c.set(2, SumToShapeOf(c.grad() * slope, x, c.output(0)));
  return {};
}

void RegisterIncompletes(OpRegistry& r) {
  Binary(r, "Igamma", "a: T", "x: T", kReal)
      .Doc("The lower regularised incomplete gamma function P(a, x), with broadcasting: NaN unless a > 0 and x >= 0.")
      .Gradient(IncompleteGammaGrad<false>);
  Binary(r, "Igammac", "a: T", "x: T", kReal)
      .Doc("The upper regularised incomplete gamma function Q(a, x) = 1 - P(a, x), with broadcasting: NaN unless a > 0 "
           "and x >= 0.")
      .Gradient(IncompleteGammaGrad<true>);
  Binary(r, "IgammaGradA", "a: T", "x: T", kPrecise)
      .Doc("The derivative of Igamma by a.")
      .NoGradient("TensorFlow has no second derivative of Igamma by a", /*zero=*/false);
  Binary(r, "RandomGammaGrad", "alpha: T", "sample: T", kPrecise, "output: T")
      .Doc("By how much a sample of RandomGamma moves with alpha while its random words stay as they are, with "
           "broadcasting: NaN unless alpha > 0 and sample >= 0.")
      .NoGradient("TensorFlow has no second derivative of a gamma distribution's samples", /*zero=*/false);
  r.Add("Betainc")
      .Input("a: T").Input("b: T").Input("x: T").Output("z: T").Attr(std::string("T: ") + kPrecise)
      .HasPoles()
      .Doc("The regularised incomplete beta function: NaN unless a and b are above 0 and x is in [0, 1]. Each input is "
           "a scalar or has the shape that the others have.")
      .Shape(BetaincShape)
      .Gradient(BetaincGrad);
}

void RegisterOthers(OpRegistry& r) {
  Unary(r, "Ndtri").HasPoles()
      .Doc("The number below which the standard normal distribution has the probability x: infinite at 0 and 1, NaN "
           "outside.")
      .Gradient(UnaryGrad([](Output g, Output, Output y) {
        return std::sqrt(2 * M_PI) * g * Exp(0.5 * Square(y));
      }));
  Unary(r, "BesselI0e")
      .Doc("The modified Bessel function of order 0, scaled: exp(-|x|) I0(x).")
      .Gradient(UnaryGrad([](Output g, Output x, Output y) { return g * (BesselI1e(x) - Sign(x) * y); }));
  Unary(r, "BesselI1e")
      .Doc("The modified Bessel function of order 1, scaled: exp(-|x|) I1(x).")
      .Gradient(UnaryGrad([](Output g, Output x, Output y) {
        Output zero = Equal(x, ZerosLike(x)), safe = Where(zero, Make("OnesLike", {x}), x);
        Output slope = BesselI0e(x) - y * (Sign(x) + Reciprocal(safe));
        return g * Where(zero, 0.5, slope);
      }));
}

}  // namespace
}  // namespace math

void RegisterSpecialOps(OpRegistry& r) {
  math::RegisterGammas(r);
  math::RegisterIncompletes(r);
  math::RegisterOthers(r);
}

}  // namespace weir
