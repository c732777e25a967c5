// Gradient descent, Momentum, and the regularised family: proximal steps, dual averaging, Ftrl.
#include "weir/ops/optimizers.h"

namespace weir {

// ---- gradient descent

void GradientDescentOptimizer::Prepare(Builder& b) { rate_t_ = Hyper(b, rate_, "learning_rate"); }

Operation GradientDescentOptimizer::ApplyDense(const Output& grad, const Variable& v) {
  return Apply("ResourceApplyGradientDescent", v, {}, {As(rate_t_, v), grad});
}

Operation GradientDescentOptimizer::ApplySparse(const Output& values, const Output& indices, const Variable& v) {
  return ops::ScatterAdd(v, indices, Make("Mul", {Make("Neg", {values}), As(rate_t_, v)}));
}

// ---- momentum

void MomentumOptimizer::CreateSlots(Builder&, const std::vector<Variable>& vars) {
  for (const Variable& v : vars) Slot(v, "momentum");
}

void MomentumOptimizer::Prepare(Builder& b) {
  rate_t_ = Hyper(b, rate_, "learning_rate");
  momentum_t_ = Hyper(b, momentum_, "momentum");
}

Operation MomentumOptimizer::ApplyDense(const Output& grad, const Variable& v) {
  return Apply("ResourceApplyMomentum", v, {"momentum"}, {As(rate_t_, v), grad, As(momentum_t_, v)},
               {{"use_nesterov", nesterov_}});
}

Operation MomentumOptimizer::ApplySparse(const Output& values, const Output& indices, const Variable& v) {
  return Apply("ResourceSparseApplyMomentum", v, {"momentum"}, {As(rate_t_, v), values, indices, As(momentum_t_, v)},
               {{"use_nesterov", nesterov_}});
}

// ---- proximal gradient descent

void ProximalGradientDescentOptimizer::Prepare(Builder& b) {
  rate_t_ = Hyper(b, rate_, "learning_rate");
  l1_t_ = Hyper(b, o_.l1_regularization_strength, "l1_regularization_strength");
  l2_t_ = Hyper(b, o_.l2_regularization_strength, "l2_regularization_strength");
}

Operation ProximalGradientDescentOptimizer::ApplyDense(const Output& grad, const Variable& v) {
  return Apply("ResourceApplyProximalGradientDescent", v, {}, {As(rate_t_, v), As(l1_t_, v), As(l2_t_, v), grad});
}

Operation ProximalGradientDescentOptimizer::ApplySparse(const Output& values, const Output& indices,
                                                        const Variable& v) {
  return Apply("ResourceSparseApplyProximalGradientDescent", v, {},
               {As(rate_t_, v), As(l1_t_, v), As(l2_t_, v), values, indices});
}

// ---- proximal Adagrad

void ProximalAdagradOptimizer::CreateSlots(Builder&, const std::vector<Variable>& vars) {
  for (const Variable& v : vars) Slot(v, "accumulator", o_.initial_accumulator_value);
}

void ProximalAdagradOptimizer::Prepare(Builder& b) {
  rate_t_ = Hyper(b, rate_, "learning_rate");
  l1_t_ = Hyper(b, o_.l1_regularization_strength, "l1_regularization_strength");
  l2_t_ = Hyper(b, o_.l2_regularization_strength, "l2_regularization_strength");
}

Operation ProximalAdagradOptimizer::ApplyDense(const Output& grad, const Variable& v) {
  return Apply("ResourceApplyProximalAdagrad", v, {"accumulator"}, {As(rate_t_, v), As(l1_t_, v), As(l2_t_, v), grad});
}

Operation ProximalAdagradOptimizer::ApplySparse(const Output& values, const Output& indices, const Variable& v) {
  return Apply("ResourceSparseApplyProximalAdagrad", v, {"accumulator"},
               {As(rate_t_, v), As(l1_t_, v), As(l2_t_, v), values, indices});
}

// ---- dual averaging

void AdagradDAOptimizer::CreateSlots(Builder&, const std::vector<Variable>& vars) {
  for (const Variable& v : vars) {
    Slot(v, "gradient_accumulator");
    Slot(v, "gradient_squared_accumulator", o_.initial_gradient_squared_accumulator_value);
  }
}

void AdagradDAOptimizer::Prepare(Builder& b) {
  rate_t_ = Hyper(b, rate_, "learning_rate");
  l1_t_ = Hyper(b, o_.l1_regularization_strength, "l1_regularization_strength");
  l2_t_ = Hyper(b, o_.l2_regularization_strength, "l2_regularization_strength");
  // The step that this update will have been.
  step_t_ = Make("AddV2", {Make("Cast", {step_}, {{"DstT", kInt64}}), int64_t{1}});
}

Operation AdagradDAOptimizer::ApplyDense(const Output& grad, const Variable& v) {
  return Apply("ResourceApplyAdagradDA", v, {"gradient_accumulator", "gradient_squared_accumulator"},
               {grad, As(rate_t_, v), As(l1_t_, v), As(l2_t_, v), step_t_});
}

Operation AdagradDAOptimizer::ApplySparse(const Output& values, const Output& indices, const Variable& v) {
  return Apply("ResourceSparseApplyAdagradDA", v, {"gradient_accumulator", "gradient_squared_accumulator"},
               {values, indices, As(rate_t_, v), As(l1_t_, v), As(l2_t_, v), step_t_});
}

// ---- Ftrl

void FtrlOptimizer::CreateSlots(Builder&, const std::vector<Variable>& vars) {
  for (const Variable& v : vars) {
    Slot(v, "accum", o_.initial_accumulator_value, o_.accum_name);
    Slot(v, "linear", 0, o_.linear_name);
  }
}

void FtrlOptimizer::Prepare(Builder& b) {
  rate_t_ = Hyper(b, rate_, "learning_rate");
  l1_t_ = Hyper(b, o_.l1_regularization_strength, "l1_regularization_strength");
  l2_t_ = Hyper(b, o_.l2_regularization_strength, "l2_regularization_strength");
  if (o_.l2_shrinkage_regularization_strength > 0) {
    shrinkage_t_ = Hyper(b, o_.l2_shrinkage_regularization_strength, "l2_shrinkage_regularization_strength");
  }
  power_t_ = Hyper(b, o_.learning_rate_power, "learning_rate_power");
}

Operation FtrlOptimizer::ApplyFtrl(std::string op, const Variable& v, std::vector<Input> values) const {
  for (const Output& hyper : {rate_t_, l1_t_, l2_t_}) values.push_back(As(hyper, v));
  if (shrinkage_t_.valid()) {
    op += "V2";
    values.push_back(As(shrinkage_t_, v));
  }
  values.push_back(As(power_t_, v));
  return Apply(op.c_str(), v, {"accum", "linear"}, std::move(values));
}

Operation FtrlOptimizer::ApplyDense(const Output& grad, const Variable& v) {
  return ApplyFtrl("ResourceApplyFtrl", v, {grad});
}

Operation FtrlOptimizer::ApplySparse(const Output& values, const Output& indices, const Variable& v) {
  return ApplyFtrl("ResourceSparseApplyFtrl", v, {values, indices});
}

}  // namespace weir
