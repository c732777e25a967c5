// Complex numbers and their parts: Complex, Real, Imag, Conj, Angle, ComplexAbs.
//
// The gradient of a real loss L by a complex x is dL/dRe(x) + i·dL/dIm(x), as TensorFlow has it. So that of a
// holomorphic function is the incoming gradient times the conjugate of the derivative; these here are not holomorphic.
#include <fmt/format.h>

#include <cmath>

#include "weir/ops/array/array.h"
#include "weir/ops/broadcast_gradients.h"
#include "weir/ops/math/math.h"
#include "weir/ops/math/schema.h"

namespace weir {
namespace math {
namespace {

using namespace ops;  // NOLINT: gradients are written in the building functions

constexpr char kComplexType[] = "T: {complex64, complex128} = complex64", kPartType[] = "Tout: {float, double} = float";

Status CheckParts(DType whole, DType part) {
  if (PartType(whole) == part) return {};
  return InvalidArgument(fmt::format("is to be of {} with parts of {}", DTypeName(whole), DTypeName(part)))
      .Help("complex64 has parts of float, complex128 of double");
}

Status PartShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(CheckParts(c.input_dtype(0), c.attr<DType>("Tout")));
  return UnchangedShape(c);
}

Status ComplexShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(CheckParts(c.attr<DType>("Tout"), c.input_dtype(0)));
  return BroadcastShape(c);
}

OpDef& PartOp(OpRegistry& r, const char* name, const char* input, const char* output) {
  return r.Add(name).Input(input).Output(output).Attr(kComplexType).Attr(kPartType).Shape(PartShape);
}

// g and i·g of a real gradient g by a part of x.
Output Along(GradContext& c) { return Cast(c.grad(), BaseType(c.input(0).dtype())); }
Output Across(GradContext& c) { return Complex(ops::ZerosLike(c.grad()), c.grad()); }

Status RealGrad(GradContext& c) {
  c.set(0, Along(c));
  return {};
}

Status ImagGrad(GradContext& c) {
  c.set(0, Across(c));
  return {};
}

// x / |x|, and 0 at 0.
Status ComplexAbsGrad(GradContext& c) {
  Output x = c.input(0);
  c.set(0, DivNoNan(Along(c) * x, Cast(c.output(0), BaseType(x.dtype()))));
  return {};
}

// i·x / |x|², which is i / conj(x).
Status AngleGrad(GradContext& c) {
  c.set(0, Across(c) / Conj(c.input(0)));
  return {};
}

Status ComplexGrad(GradContext& c) {
  auto [real, imag] = ReduceBroadcast(c, Real(c.grad()), Imag(c.grad()));
  c.set(0, real);
  c.set(1, imag);
  return {};
}

Status ConjGrad(GradContext& c) {
  c.set(0, Conj(c.grad()));
  return {};
}

}  // namespace
}  // namespace math

void RegisterComplexOps(OpRegistry& r) {
  r.Add("Complex")
      .Input("real: T").Input("imag: T").Output("out: Tout")
      .Attr("T: {float, double} = float").Attr("Tout: {complex64, complex128} = complex64")
      .Doc("real + i·imag; complex64 of floats, complex128 of doubles. The two broadcast.")
      .Shape(math::ComplexShape).Gradient(math::ComplexGrad);
  math::PartOp(r, "Real", "input: T", "output: Tout").Doc("The real part.").Gradient(math::RealGrad);
  math::PartOp(r, "Imag", "input: T", "output: Tout").Doc("The imaginary part.").Gradient(math::ImagGrad);
  math::PartOp(r, "Angle", "input: T", "output: Tout").HasPoles()
      .Doc("The angle in radians, in [-pi, pi]: atan2(imag, real).").Gradient(math::AngleGrad);
  math::PartOp(r, "ComplexAbs", "x: T", "y: Tout")
      .Doc("The absolute value sqrt(real^2 + imag^2). The gradient is 0 at 0.").Gradient(math::ComplexAbsGrad);
  r.Add("Conj")
      .Input("input: T").Output("output: T").Attr("T: {complex64, complex128, variant} = complex64")
      .Doc("The conjugate, real - i·imag.").Shape(UnchangedShape).Gradient(math::ConjGrad);
}

}  // namespace weir

namespace weir::ops {
namespace {

// A part of x as `op` gives it; what is real is no argument of these ops.
Output Part(const char* op, const Input& x, const Name& name) {
  return Make(op, {x}, {{"Tout", PartType(BaseType(x.dtype()))}}, name);
}
bool IsRealOutput(const Input& x) { return x.output().valid() && !IsComplex(BaseType(x.dtype())); }

}  // namespace

Output Complex(Input real, Input imag, const Name& name) {
  const DType part = BaseType(real.builder() ? real.dtype() : imag.dtype());
  return Make("Complex", {real, imag}, {{"Tout", part == kDouble ? kComplex128 : kComplex64}}, name);
}

Output Real(Input x, const Name& name) { return IsRealOutput(x) ? x.output() : Part("Real", x, name); }

Output Imag(Input x, const Name& name) { return IsRealOutput(x) ? ZerosLike(x, name) : Part("Imag", x, name); }

Output Conj(Input x, const Name& name) {
  return IsRealOutput(x) ? x.output() : Make("Conj", {x}, {}, name);
}

Output Angle(Input x, const Name& name) {
  if (!IsRealOutput(x)) return Part("Angle", x, name);
  return Where(Less(x, 0), M_PI, ZerosLike(x), name);
}

Output ComplexAbs(Input x, const Name& name) { return Part("ComplexAbs", x, name); }

Output Abs(Input x, const Name& name) {
  return IsComplex(BaseType(x.dtype())) ? ComplexAbs(x, name) : Make("Abs", {x}, {}, name);
}

}  // namespace weir::ops
