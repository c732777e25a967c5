// Optimizers that scale each element's step by its gradients so far: Adam, AdamW, RMSProp, Adagrad, Adadelta.
#include "weir/ops/optimizers.h"

namespace weir {

// ---- Adam

void AdamOptimizer::CreateSlots(Builder& b, const std::vector<Variable>& vars) {
  if (!beta1_power_.valid()) {
    beta1_power_ = Own(b, beta1_, "beta1_power");
    beta2_power_ = Own(b, beta2_, "beta2_power");
  }
  for (const Variable& v : vars) {
    Slot(v, "m");
    Slot(v, "v");
  }
}

void AdamOptimizer::Prepare(Builder& b) {
  rate_t_ = Hyper(b, rate_, "learning_rate");
  beta1_t_ = Hyper(b, beta1_, "beta1");
  beta2_t_ = Hyper(b, beta2_, "beta2");
  epsilon_t_ = Hyper(b, epsilon_, "epsilon");
}

Operation AdamOptimizer::ApplyDense(const Output& grad, const Variable& v) {
  return Apply("ResourceApplyAdam", v, {"m", "v"},
               {As(beta1_power_.Read(), v), As(beta2_power_.Read(), v), As(rate_t_, v), As(beta1_t_, v),
                As(beta2_t_, v), As(epsilon_t_, v), grad});
}

Output AdamOptimizer::DecayAndScatter(const Variable& v, const char* slot, const Output& beta, const Output& values,
                                      const Output& indices) {
  Builder& b = *v.builder();
  Variable moment = GetSlot(v, slot);
  Input beta_v = As(beta, v);
  Output scaled = Make("Mul", {values, Make("Sub", {1.0, beta_v})});
  Operation decayed = ops::Assign(moment, Make("Mul", {moment, beta_v}));
  auto after_decay = b.ControlDependencies({decayed});
  auto after_scatter = b.ControlDependencies({ops::ScatterAdd(moment, indices, scaled)});
  return moment.Read();
}

// No op does it by rows: all of m and v decay, the rows' gradients are added, and the whole variable moves.
Operation AdamOptimizer::ApplySparse(const Output& values, const Output& indices, const Variable& v) {
  Builder& b = *v.builder();
  Output correction2 = Make("Sqrt", {Make("Sub", {1.0, As(beta2_power_.Read(), v)})});
  Output correction1 = Make("Sub", {1.0, As(beta1_power_.Read(), v)});
  Output rate = Make("RealDiv", {Make("Mul", {As(rate_t_, v), correction2}), correction1});
  Output m = DecayAndScatter(v, "m", beta1_t_, values, indices);
  Output v2 = DecayAndScatter(v, "v", beta2_t_, Make("Mul", {values, values}), indices);
  Output step = Make("RealDiv", {Make("Mul", {rate, m}), Make("AddV2", {Make("Sqrt", {v2}), As(epsilon_t_, v)})});
  return Group(b, {ops::AssignSub(v, step), m.op(), v2.op()});
}

void AdamOptimizer::Finish(Builder& b, std::vector<Operation>& updates) {
  std::vector<Output> powers;
  {
    auto after = b.ControlDependencies(updates);
    powers = {beta1_power_.Read(), beta2_power_.Read()};
  }
  updates.push_back(ops::Assign(beta1_power_, Make("Mul", {powers[0], beta1_t_})));
  updates.push_back(ops::Assign(beta2_power_, Make("Mul", {powers[1], beta2_t_})));
}

// ---- AdamW

void AdamWOptimizer::Prepare(Builder& b) {
  AdamOptimizer::Prepare(b);
  decay_t_ = Hyper(b, decay_, "weight_decay");
}

Operation AdamWOptimizer::Decay(const Variable& v) const {
  return ops::AssignSub(v, Make("Mul", {As(decay_t_, v), v}));
}

Operation AdamWOptimizer::ApplyDense(const Output& grad, const Variable& v) {
  auto after = v.builder()->ControlDependencies({Decay(v)});
  return AdamOptimizer::ApplyDense(grad, v);
}

Operation AdamWOptimizer::ApplySparse(const Output& values, const Output& indices, const Variable& v) {
  auto after = v.builder()->ControlDependencies({Decay(v)});
  return AdamOptimizer::ApplySparse(values, indices, v);
}

// ---- RMSProp

std::vector<std::string> RMSPropOptimizer::Slots() const {
  if (o_.centered) return {"mg", "rms", "momentum"};
  return {"rms", "momentum"};
}

void RMSPropOptimizer::CreateSlots(Builder&, const std::vector<Variable>& vars) {
  for (const Variable& v : vars) {
    Slot(v, "rms", 1);
    if (o_.centered) Slot(v, "mg");
    Slot(v, "momentum");
  }
}

void RMSPropOptimizer::Prepare(Builder& b) {
  rate_t_ = Hyper(b, rate_, "learning_rate");
  decay_t_ = Hyper(b, o_.decay, "decay");
  momentum_t_ = Hyper(b, o_.momentum, "momentum");
  epsilon_t_ = Hyper(b, o_.epsilon, "epsilon");
}

Operation RMSPropOptimizer::ApplyDense(const Output& grad, const Variable& v) {
  return Apply(o_.centered ? "ResourceApplyCenteredRMSProp" : "ResourceApplyRMSProp", v, Slots(),
               {As(rate_t_, v), As(decay_t_, v), As(momentum_t_, v), As(epsilon_t_, v), grad});
}

Operation RMSPropOptimizer::ApplySparse(const Output& values, const Output& indices, const Variable& v) {
  return Apply(o_.centered ? "ResourceSparseApplyCenteredRMSProp" : "ResourceSparseApplyRMSProp", v, Slots(),
               {As(rate_t_, v), As(decay_t_, v), As(momentum_t_, v), As(epsilon_t_, v), values, indices});
}

// ---- Adagrad

void AdagradOptimizer::CreateSlots(Builder&, const std::vector<Variable>& vars) {
  for (const Variable& v : vars) Slot(v, "accumulator", o_.initial_accumulator_value);
}

void AdagradOptimizer::Prepare(Builder& b) { rate_t_ = Hyper(b, rate_, "learning_rate"); }

Operation AdagradOptimizer::ApplyDense(const Output& grad, const Variable& v) {
  return Apply("ResourceApplyAdagrad", v, {"accumulator"}, {As(rate_t_, v), grad});
}

Operation AdagradOptimizer::ApplySparse(const Output& values, const Output& indices, const Variable& v) {
  return Apply("ResourceSparseApplyAdagrad", v, {"accumulator"}, {As(rate_t_, v), values, indices});
}

// ---- Adadelta

void AdadeltaOptimizer::CreateSlots(Builder&, const std::vector<Variable>& vars) {
  for (const Variable& v : vars) {
    Slot(v, "accum");
    Slot(v, "accum_update");
  }
}

void AdadeltaOptimizer::Prepare(Builder& b) {
  rate_t_ = Hyper(b, rate_, "lr");
  rho_t_ = Hyper(b, o_.rho, "rho");
  epsilon_t_ = Hyper(b, o_.epsilon, "epsilon");
}

Operation AdadeltaOptimizer::ApplyDense(const Output& grad, const Variable& v) {
  return Apply("ResourceApplyAdadelta", v, {"accum", "accum_update"},
               {As(rate_t_, v), As(rho_t_, v), As(epsilon_t_, v), grad});
}

Operation AdadeltaOptimizer::ApplySparse(const Output& values, const Output& indices, const Variable& v) {
  return Apply("ResourceSparseApplyAdadelta", v, {"accum", "accum_update"},
               {As(rate_t_, v), As(rho_t_, v), As(epsilon_t_, v), values, indices});
}

}  // namespace weir
