// The optimizers that are one op each: what the op's inputs are.
#include "weir/graph/op_def.h"
#include "weir/ops/model/optimizers.h"

namespace weir {

void RuleOptimizer::CreateSlots(Builder&, const std::vector<Variable>& vars) {
  for (const Variable& v : vars) {
    for (const UpdateRule::Slot& s : rule_.slots) Slot(v, s.slot, s.value, s.name);
  }
}

void RuleOptimizer::Prepare(Builder& b) {
  for (const UpdateRule::Number& n : rule_.numbers) numbers_[n.input] = Hyper(b, n.value, n.name.c_str());
}

Operation RuleOptimizer::ApplyDense(const Output& grad, const Variable& v) {
  return ApplyRule("Apply" + rule_.op, v, grad, {});
}

Operation RuleOptimizer::ApplySparse(const Output& values, const Output& indices, const Variable& v) {
  return ApplyRule("SparseApply" + rule_.op, v, values, indices);
}

Operation RuleOptimizer::ApplyRule(const std::string& op, const Variable& v, const Output& grad,
                                   const Output& indices) {
  Builder& b = *v.builder();
  const OpDef* def = b.graph().registry().Find("Resource" + op);  // the reference form has the same inputs
  if (!def) {
    b.Fail(NotFound("error[graph]: " + name() + " needs the op " + op + ", which there is not"));
    return {};
  }
  auto argument = [&](const std::string& input) -> Input {
    if (input == "var") return v.handle();
    if (input == "grad" || input == "delta") return grad;
    if (input == "indices") return indices;
    for (const UpdateRule::Slot& s : rule_.slots) {
      if (s.input == input) return GetSlot(v, s.slot).handle();
    }
    if (input == "global_step") return number(input);  // int64, whatever the variable is
    return As(number(input), v);
  };
  InputList inputs;
  for (const ArgDef& input : def->inputs()) inputs.push_back(argument(input.name));
  return ops::ApplyRule(v, op, std::move(inputs), rule_.attrs);
}

// No op does it, but adding up rows is all there is to it.
Operation GradientDescentOptimizer::ApplySparse(const Output& values, const Output& indices, const Variable& v) {
  return ops::ScatterAdd(v, indices, Make("Mul", {Make("Neg", {values}), As(number("alpha"), v)}));
}

namespace {

using Numbers = std::vector<UpdateRule::Number>;

// A rate and the strengths of both norms, which the regularised family has.
Numbers Regularized(const char* rate_input, const Input& rate, const Input& l1, const Input& l2) {
  return {{rate_input, rate, "learning_rate"},
          {"l1", l1, "l1_regularization_strength"},
          {"l2", l2, "l2_regularization_strength"}};
}

UpdateRule RMSPropRule(const Input& rate, const RMSPropOptions& o) {
  UpdateRule rule{.op = o.centered ? "CenteredRMSProp" : "RMSProp",
                  .slots = {{"ms", "rms", 1}},
                  .numbers = {{"lr", rate, "learning_rate"},
                              {"rho", o.decay, "decay"},
                              {"momentum", o.momentum, "momentum"},
                              {"epsilon", o.epsilon, "epsilon"}}};
  if (o.centered) rule.slots.push_back({"mg", "mg"});
  rule.slots.push_back({"mom", "momentum"});
  return rule;
}

UpdateRule FtrlRule(const Input& rate, const FtrlOptions& o) {
  UpdateRule rule{
      .op = "Ftrl",
      .slots = {{"accum", "accum", o.initial_accumulator_value, o.accum_name}, {"linear", "linear", 0, o.linear_name}},
      .numbers = Regularized("lr", rate, o.l1_regularization_strength, o.l2_regularization_strength)};
  if (o.l2_shrinkage_regularization_strength > 0) {
    rule.op = "FtrlV2";
    rule.numbers.push_back(
        {"l2_shrinkage", o.l2_shrinkage_regularization_strength, "l2_shrinkage_regularization_strength"});
  }
  rule.numbers.push_back({"lr_power", o.learning_rate_power, "learning_rate_power"});
  return rule;
}

}  // namespace

RMSPropOptimizer::RMSPropOptimizer(Input learning_rate, const RMSPropOptions& o)
    : RuleOptimizer(o.name, RMSPropRule(learning_rate, o)) {}

FtrlOptimizer::FtrlOptimizer(Input learning_rate, const FtrlOptions& o)
    : RuleOptimizer(o.name, FtrlRule(learning_rate, o)) {}

AdagradDAOptimizer::AdagradDAOptimizer(Input learning_rate, Variable global_step, const AdagradDAOptions& o)
    : RuleOptimizer(o.name, {.op = "AdagradDA",
                             .slots = {{"gradient_accumulator", "gradient_accumulator"},
                                       {"gradient_squared_accumulator", "gradient_squared_accumulator",
                                        o.initial_gradient_squared_accumulator_value}},
                             .numbers = Regularized("lr", learning_rate, o.l1_regularization_strength,
                                                    o.l2_regularization_strength)}),
      step_(std::move(global_step)) {}

void AdagradDAOptimizer::Prepare(Builder& b) {
  RuleOptimizer::Prepare(b);
  // The step that this update will have been.
  number("global_step") = Make("AddV2", {Make("Cast", {step_}, {{"DstT", kInt64}}), int64_t{1}});
}

ProximalGradientDescentOptimizer::ProximalGradientDescentOptimizer(Input learning_rate,
                                                                   const ProximalGradientDescentOptions& o)
    : RuleOptimizer(o.name, {.op = "ProximalGradientDescent",
                             .numbers = Regularized("alpha", learning_rate, o.l1_regularization_strength,
                                                    o.l2_regularization_strength)}) {}

ProximalAdagradOptimizer::ProximalAdagradOptimizer(Input learning_rate, const ProximalAdagradOptions& o)
    : RuleOptimizer(o.name, {.op = "ProximalAdagrad",
                             .slots = {{"accum", "accumulator", o.initial_accumulator_value}},
                             .numbers = Regularized("lr", learning_rate, o.l1_regularization_strength,
                                                    o.l2_regularization_strength)}) {}

}  // namespace weir
