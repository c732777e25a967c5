// Optimizers by TensorFlow 1's names and defaults.
//
//   Operation train = AdamOptimizer().Minimize(loss);
//   Operation train = MomentumOptimizer(rate, 0.9, {.use_nesterov = true}).Minimize(loss, {.global_step = step});
//
// An optimizer builds graph nodes and can go away afterwards: slots (`w/Adam`) are variables of the graph. What it
// builds carries the control edges that make every read of a variable in the loss or the gradients happen before that
// variable is updated, so that TensorFlow runs it the same way. Rates and such may be numbers, Outputs (a schedule) or
// Variables.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "weir/graph/gradients.h"
#include "weir/ops/model/variables.h"

namespace weir {

struct GradAndVar {
  Grad grad;  // invalid where the loss does not depend on the variable
  Variable var;
};

struct MinimizeOptions {
  Variable global_step = {};            // is increased by one after each update
  std::vector<Variable> var_list = {};  // the trainable variables when empty
  Output grad_loss = {};                // gradient by the loss; ones when invalid
  std::string name = {};                // of the operation that is returned; the optimizer's when empty
};

class Optimizer {
 public:
  virtual ~Optimizer() = default;

  // Computes gradients and applies them. Errors (no gradient for any variable, ops without gradient) are the builder's.
  Operation Minimize(const Output& loss, const MinimizeOptions& options = {}, Loc loc = Loc::Current());
  // One pair a variable, in order; after an error as many, without gradients.
  std::vector<GradAndVar> ComputeGradients(const Output& loss, const MinimizeOptions& options = {});
  // Uses global_step and name of the options only.
  Operation ApplyGradients(const std::vector<GradAndVar>& grads, const MinimizeOptions& options = {},
                           Loc loc = Loc::Current());

  const std::string& name() const { return name_; }
  // The slot ("momentum", "m", "accumulator") that belongs to `v`; invalid when there is none.
  Variable GetSlot(const Variable& v, const std::string& slot) const;
  std::vector<std::string> GetSlotNames() const;
  // Slots, and variables such as beta1_power.
  const std::vector<Variable>& variables() const { return variables_; }

 protected:
  explicit Optimizer(std::string name) : name_(std::move(name)) {}

  // ---- what an optimizer is made of; called in this order by ApplyGradients
  virtual void CreateSlots(Builder&, const std::vector<Variable>&) {}
  virtual void Prepare(Builder&) {}  // makes the hyperparameters' nodes
  virtual Operation ApplyDense(const Output& grad, const Variable& v) = 0;
  // One row of `values` for each of `indices`, which has no number twice unless TakesDuplicates.
  virtual Operation ApplySparse(const Output& values, const Output& indices, const Variable& v) = 0;
  virtual bool TakesDuplicates() const { return false; }
  virtual void Finish(Builder&, std::vector<Operation>& /*updates*/) {}

  // ---- for them
  // The variable's slot, made at first with `value` in every element. Named `<var>/<optimizer>`, then `_1`, ….
  Variable Slot(const Variable& v, const std::string& slot, double value = 0, const std::string& name = {});
  // A variable of the optimizer itself.
  Variable Own(Builder& b, const Input& initial_value, const std::string& name);
  // The hyperparameter as an Output: a float constant, or the Output that was given.
  static Output Hyper(Builder& b, const Input& value, const char* name);
  // In the dtype of `v`.
  static Input As(const Output& hyper, const Variable& v);

 private:
  Operation ApplyOne(const GradAndVar& g);

  std::string name_;
  std::map<std::pair<std::string, NodeId>, Variable> slots_;  // by slot name and variable
  std::vector<Variable> variables_;
};

// ---- one op of TensorFlow's as an optimizer
// What it needs beside variable and gradient; inputs of the op are told by their names in its schema.
struct UpdateRule {
  struct Slot {
    std::string input, slot;
    double value = 0;       // in every element at first
    std::string name = {};  // of the variable, `<var>/<name>`; the optimizer's when empty
  };
  struct Number {
    std::string input;
    Input value;
    std::string name;  // of its node
  };
  std::string op;  // "Adagrad": ResourceApplyAdagrad and ResourceSparseApplyAdagrad
  std::vector<Slot> slots = {};
  std::vector<Number> numbers = {};
  AttrMap attrs = {};
};

class RuleOptimizer : public Optimizer {
 public:
  RuleOptimizer(std::string name, UpdateRule rule) : Optimizer(std::move(name)), rule_(std::move(rule)) {}

 protected:
  void CreateSlots(Builder& b, const std::vector<Variable>& vars) override;
  void Prepare(Builder& b) override;
  Operation ApplyDense(const Output& grad, const Variable& v) override;
  Operation ApplySparse(const Output& values, const Output& indices, const Variable& v) override;

  // The number as an Output; settable for one that is no hyperparameter.
  Output& number(const std::string& input) { return numbers_[input]; }

 private:
  Operation ApplyRule(const std::string& op, const Variable& v, const Output& grad, const Output& indices);

  UpdateRule rule_;
  std::map<std::string, Output> numbers_;  // by input
};

// ---- w -= rate * g
struct GradientDescentOptions {
  std::string name = "GradientDescent";
};
class GradientDescentOptimizer : public RuleOptimizer {
 public:
  explicit GradientDescentOptimizer(Input learning_rate, const GradientDescentOptions& o = {})
      : RuleOptimizer(o.name, {.op = "GradientDescent", .numbers = {{"alpha", learning_rate, "learning_rate"}}}) {}

 protected:
  Operation ApplySparse(const Output& values, const Output& indices, const Variable& v) override;
  bool TakesDuplicates() const override { return true; }
};

// ---- a = momentum * a + g; w -= rate * a
struct MomentumOptions {
  bool use_nesterov = false;
  std::string name = "Momentum";
};
class MomentumOptimizer : public RuleOptimizer {
 public:
  MomentumOptimizer(Input learning_rate, Input momentum, const MomentumOptions& o = {})
      : RuleOptimizer(o.name, {.op = "Momentum",
                               .slots = {{"accum", "momentum"}},
                               .numbers = {{"lr", learning_rate, "learning_rate"}, {"momentum", momentum, "momentum"}},
                               .attrs = {{"use_nesterov", o.use_nesterov}}}) {}
};

// ---- Adam (Kingma and Ba, 2014); epsilon is outside the bias correction
struct AdamOptions {
  Input beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  std::string name = "Adam";
};
class AdamOptimizer : public Optimizer {
 public:
  explicit AdamOptimizer(Input learning_rate = 0.001, AdamOptions o = {})
      : Optimizer(o.name), rate_(learning_rate), beta1_(o.beta1), beta2_(o.beta2), epsilon_(o.epsilon) {}

 protected:
  void CreateSlots(Builder& b, const std::vector<Variable>& vars) override;
  void Prepare(Builder& b) override;
  Operation ApplyDense(const Output& grad, const Variable& v) override;
  Operation ApplySparse(const Output& values, const Output& indices, const Variable& v) override;
  void Finish(Builder& b, std::vector<Operation>& updates) override;

 private:
  // Slot `slot` decays by beta and takes values * (1 - beta) at the rows; returns its new value.
  Output DecayAndScatter(const Variable& v, const char* slot, const Output& beta, const Output& values,
                         const Output& indices);

  Input rate_, beta1_, beta2_, epsilon_;
  Output rate_t_, beta1_t_, beta2_t_, epsilon_t_;
  Variable beta1_power_, beta2_power_;
};

// ---- Adam after w -= weight_decay * w (Loshchilov and Hutter, 2017); the decay is not scaled by the rate
struct AdamWOptions {
  Input beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  std::string name = "AdamW";
};
class AdamWOptimizer : public AdamOptimizer {
 public:
  explicit AdamWOptimizer(Input weight_decay, Input learning_rate = 0.001, AdamWOptions o = {})
      : AdamOptimizer(learning_rate, {o.beta1, o.beta2, o.epsilon, o.name}), decay_(weight_decay) {}

 protected:
  void Prepare(Builder& b) override;
  Operation ApplyDense(const Output& grad, const Variable& v) override;
  Operation ApplySparse(const Output& values, const Output& indices, const Variable& v) override;

 private:
  Operation Decay(const Variable& v) const;

  Input decay_;
  Output decay_t_;
};

// ---- RMSProp (Tieleman and Hinton, 2012); centered: by the variance of the gradient
struct RMSPropOptions {
  Input decay = 0.9, momentum = 0.0, epsilon = 1e-10;
  bool centered = false;
  std::string name = "RMSProp";
};
class RMSPropOptimizer : public RuleOptimizer {
 public:
  explicit RMSPropOptimizer(Input learning_rate, const RMSPropOptions& o = {});
};

// ---- acc += g²; w -= rate * g / sqrt(acc)
struct AdagradOptions {
  double initial_accumulator_value = 0.1;
  std::string name = "Adagrad";
};
class AdagradOptimizer : public RuleOptimizer {
 public:
  explicit AdagradOptimizer(Input learning_rate, const AdagradOptions& o = {})
      : RuleOptimizer(o.name, {.op = "Adagrad",
                               .slots = {{"accum", "accumulator", o.initial_accumulator_value}},
                               .numbers = {{"lr", learning_rate, "learning_rate"}}}) {}
};

// ---- Adadelta (Zeiler, 2012)
struct AdadeltaOptions {
  Input rho = 0.95, epsilon = 1e-8;
  std::string name = "Adadelta";
};
class AdadeltaOptimizer : public RuleOptimizer {
 public:
  explicit AdadeltaOptimizer(Input learning_rate = 0.001, const AdadeltaOptions& o = {})
      : RuleOptimizer(
            o.name,
            {.op = "Adadelta",
             .slots = {{"accum", "accum"}, {"accum_update", "accum_update"}},
             .numbers = {{"lr", learning_rate, "lr"}, {"rho", o.rho, "rho"}, {"epsilon", o.epsilon, "epsilon"}}}) {}
};

// ---- dual averaging with L1 and L2 (Duchi et al., 2011); needs the number of the step
struct AdagradDAOptions {
  double initial_gradient_squared_accumulator_value = 0.1;
  Input l1_regularization_strength = 0.0, l2_regularization_strength = 0.0;
  std::string name = "AdagradDA";
};
class AdagradDAOptimizer : public RuleOptimizer {
 public:
  AdagradDAOptimizer(Input learning_rate, Variable global_step, const AdagradDAOptions& o = {});

 protected:
  void Prepare(Builder& b) override;

 private:
  Variable step_;
};

// ---- follow the regularised leader (McMahan et al., 2013)
struct FtrlOptions {
  Input learning_rate_power = -0.5;
  double initial_accumulator_value = 0.1;
  Input l1_regularization_strength = 0.0, l2_regularization_strength = 0.0;
  double l2_shrinkage_regularization_strength = 0.0;
  std::string name = "Ftrl";
  std::string accum_name = {}, linear_name = {};  // of the slots; the optimizer's when empty
};
class FtrlOptimizer : public RuleOptimizer {
 public:
  explicit FtrlOptimizer(Input learning_rate, const FtrlOptions& o = {});
};

// ---- gradient descent, and Adagrad, with a proximal step for L1 and L2 (Duchi and Singer, 2009)
struct ProximalGradientDescentOptions {
  Input l1_regularization_strength = 0.0, l2_regularization_strength = 0.0;
  std::string name = "ProximalGradientDescent";
};
class ProximalGradientDescentOptimizer : public RuleOptimizer {
 public:
  explicit ProximalGradientDescentOptimizer(Input learning_rate, const ProximalGradientDescentOptions& o = {});
};

struct ProximalAdagradOptions {
  double initial_accumulator_value = 0.1;
  Input l1_regularization_strength = 0.0, l2_regularization_strength = 0.0;
  std::string name = "ProximalAdagrad";
};
class ProximalAdagradOptimizer : public RuleOptimizer {
 public:
  explicit ProximalAdagradOptimizer(Input learning_rate, const ProximalAdagradOptions& o = {});
};

// The variable `global_step` (int64, 0 at first) of the graph, made on first use.
Variable GetOrCreateGlobalStep(At g);

}  // namespace weir
