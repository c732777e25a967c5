// Adam and AdamW, whose sparse updates no op does.
#include "weir/ops/model/optimizers.h"

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
  return ops::ApplyRule(
      v, "ApplyAdam",
      {v.handle(), GetSlot(v, "m").handle(), GetSlot(v, "v").handle(), As(beta1_power_.Read(), v),
       As(beta2_power_.Read(), v), As(rate_t_, v), As(beta1_t_, v), As(beta2_t_, v), As(epsilon_t_, v), grad});
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

}  // namespace weir
