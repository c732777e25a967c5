// Activations of neural networks, and the ops of their gradients.
#include <string>
#include <utility>
#include <vector>

#include "weir/ops/call_scope.h"
#include "weir/ops/math/math.h"
#include "weir/ops/math/schema.h"

namespace weir {
namespace math {
namespace {

using namespace ops;  // NOLINT: gradients are written in the building functions

OpDef& Activation(OpRegistry& r, const char* name, const std::string& types) {
  return r.Add(name).Input("features: T").Output("activations: T").Attr("T: " + types).Shape(UnchangedShape);
}
// `by`: what the gradient's second argument is called, "features" or (of Elu and Selu) "outputs".
OpDef& ActivationGrad(OpRegistry& r, const char* name, const char* by, const std::string& types) {
  return r.Add(name)
      .Input("gradients: T")
      .Input(std::string(by) + ": T")
      .Output("backprops: T")
      .Attr("T: " + types)
      .Shape(MergedShape);
}

// dx = op(g, y) of the output, or op(g, x) of the input.
GradFn ByOutput(const char* op) {
  return [op](GradContext& c) {
    c.set(0, Make(op, {c.grad(), c.output(0)}));
    return OkStatus();
  };
}
GradFn ByInput(const char* op, std::initializer_list<const char*> attrs = {}) {
  return [op, names = std::vector<const char*>(attrs)](GradContext& c) {
    AttrMap values;
    for (const char* name : names) values.emplace(name, c.attr<float>(name));
    c.set(0, Make(op, {c.grad(), c.input(0)}, std::move(values)));
    return OkStatus();
  };
}

// Of op(g, f), which is linear in g and constant in f between kinks.
GradFn LinearByFirst(const char* op, std::initializer_list<const char*> attrs = {}) {
  return [op, names = std::vector<const char*>(attrs)](GradContext& c) {
    AttrMap values;
    for (const char* name : names) values.emplace(name, c.attr<float>(name));
    c.set(0, Make(op, {c.grad(), c.input(1)}, std::move(values)));
    c.set(1, ZerosLike(c.input(1)));
    return OkStatus();
  };
}

// Of EluGrad and SeluGrad, functions of (gradients, outputs).
template <char kFirst>
Pair EluGradGrad(Output g, Output gradients, Output outputs, Output) {
  Output second = Where(Less(outputs, 0.0), g * gradients, 0.0);
  return {Make(kFirst == 'E' ? "EluGrad" : "SeluGrad", {g, outputs}), second};
}

void RegisterRectifiers(OpRegistry& r) {
  Activation(r, "Relu", "{realnumbertype, qint8}")
      .Doc("max(x, 0); NaN stays. The gradient is 0 at 0.")
      .Gradient(ByOutput("ReluGrad"));
  ActivationGrad(r, "ReluGrad", "features", "realnumbertype")
      .Doc("The gradient of Relu: gradients where features > 0, else 0 (times the gradient, so that NaN and inf show). "
           "Relu's outputs may stand for its features.")
      .Gradient(LinearByFirst("ReluGrad"));
  Activation(r, "Relu6", "realnumbertype").Doc("min(max(x, 0), 6); NaN stays.").Gradient(ByOutput("Relu6Grad"));
  ActivationGrad(r, "Relu6Grad", "features", "realnumbertype")
      .Doc("The gradient of Relu6: gradients where 0 < features < 6, else 0.")
      .Gradient(LinearByFirst("Relu6Grad"));
  const std::string leaky_types = kRealHalfFirst + " = float";
  r.Add("LeakyRelu")
      .Input("features: T")
      .Output("activations: T")
      .Attr("alpha: float = 0.20000000298023224")
      .Attr("T: " + leaky_types)
      .Doc("x where x > 0, else alpha * x.")
      .Shape(UnchangedShape)
      .Gradient(ByInput("LeakyReluGrad", {"alpha"}));
  r.Add("LeakyReluGrad")
      .Input("gradients: T")
      .Input("features: T")
      .Output("backprops: T")
      .Attr("alpha: float = 0.20000000298023224")
      .Attr("T: " + leaky_types)
      .Doc("The gradient of LeakyRelu: gradients where features > 0, else alpha times gradients.")
      .Shape(MergedShape)
      .Gradient(LinearByFirst("LeakyReluGrad", {"alpha"}));
}

void RegisterExponentialUnits(OpRegistry& r) {
  Activation(r, "Elu", kRealHalfFirst).Doc("x where x >= 0, else exp(x) - 1.").Gradient(ByOutput("EluGrad"));
  ActivationGrad(r, "EluGrad", "outputs", kRealHalfFirst)
      .Doc("The gradient of Elu by its outputs: gradients * (outputs + 1) where outputs < 0, else gradients.")
      .Gradient(BinaryGrad(EluGradGrad<'E'>));
  Activation(r, "Selu", kRealHalfFirst)
      .Doc("scale * x where x >= 0, else scale * alpha * (exp(x) - 1), with scale 1.05070098… and alpha 1.67326324….")
      .Gradient(ByOutput("SeluGrad"));
  ActivationGrad(r, "SeluGrad", "outputs", kRealHalfFirst)
      .Doc("The gradient of Selu by its outputs: gradients * (outputs + scale * alpha) where outputs < 0, else "
           "gradients * scale.")
      .Gradient(BinaryGrad(EluGradGrad<'S'>));
}

void RegisterSoft(OpRegistry& r) {
  Activation(r, "Softplus", kRealHalfFirst).Doc("log(1 + exp(x)), without overflow.").Gradient(ByInput("SoftplusGrad"));
  ActivationGrad(r, "SoftplusGrad", "features", kRealHalfFirst)
      .Doc("The gradient of Softplus: gradients / (exp(-features) + 1).")
      .Gradient(BinaryGrad([](Output g, Output gradients, Output x, Output) {
        return Pair(Make("SoftplusGrad", {g, x}), g * gradients / (Exp(-x) + 2.0 + Exp(x)));
      }));
  Activation(r, "Softsign", kRealHalfFirst).Doc("x / (|x| + 1).").Gradient(ByInput("SoftsignGrad"));
  // TensorFlow has no gradient of SoftsignGrad; it is -2 g gradients sign(x) / (|x| + 1)^3.
  ActivationGrad(r, "SoftsignGrad", "features", kRealHalfFirst)
      .Doc("The gradient of Softsign: gradients / (|features| + 1)^2.")
      .Gradient(BinaryGrad([](Output g, Output gradients, Output x, Output) {
        Output d = Abs(x) + 1.0;
        return Pair(Make("SoftsignGrad", {g, x}), -2.0 * g * gradients * Sign(x) / (d * Square(d)));
      }));
}

}  // namespace
}  // namespace math

void RegisterActivationOps(OpRegistry& r) {
  math::RegisterRectifiers(r);
  math::RegisterExponentialUnits(r);
  math::RegisterSoft(r);
}

}  // namespace weir

namespace weir::ops {

Output Gelu(Input features, bool approximate, const Name& name) {
  if (!features.output().valid()) return {};
  Builder* b = Builder::Innermost(features.builder());
  CallScope call(b, features, name.name, "gelu");
  const Output& x = features.output();
  constexpr double kRootOfTwoOverPi = 0.79788456080286535588, kRootOfHalf = 0.70710678118654752440;
  Output inner = approximate ? Tanh(kRootOfTwoOverPi * (x + 0.044715 * (x * x * x))) : Erf(x * kRootOfHalf);
  return Multiply(0.5 * x, 1.0 + inner, {.name = b->scope()});
}

}  // namespace weir::ops
