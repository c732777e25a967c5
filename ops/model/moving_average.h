// Moving averages of variables: tf.train.ExponentialMovingAverage.
//
//   ExponentialMovingAverage ema(0.999);
//   Operation maintain = ema.Apply(TrainableVariables(g));   // to be run after each training step
//   Output smooth = ema.Average(w).Read();
#pragma once

#include <map>
#include <string>
#include <vector>

#include "weir/ops/model/variables.h"

namespace weir {

namespace ops {
// variable -= (variable - value) · (1 - decay)
Operation AssignMovingAverage(const Variable& v, const Input& value, const Input& decay,
                              const Name& name = {"AssignMovingAvg"});
}  // namespace ops

struct ExponentialMovingAverageOptions {
  Variable num_updates = {};  // when given, the decay is at most (1 + num_updates) / (10 + num_updates)
  std::string name = "ExponentialMovingAverage";
};

class ExponentialMovingAverage {
 public:
  explicit ExponentialMovingAverage(Input decay, ExponentialMovingAverageOptions o = {})
      : decay_(decay), options_(std::move(o)) {}

  // Makes an average for each variable, called `<var>/ExponentialMovingAverage` and starting from the variable's first
  // value, and returns the operation that moves them all towards the variables.
  Operation Apply(const std::vector<Variable>& variables, Loc loc = Loc::Current());
  // The variable that holds the average; invalid before Apply.
  Variable Average(const Variable& v) const;
  // Its name; also of an average that another graph made.
  std::string AverageName(const Variable& v) const { return v.name() + "/" + options_.name; }
  // What a saver for evaluation restores: the checkpoint's averages into the variables themselves. Those of trainable
  // variables and of what Apply was given; other variables' own values.
  std::map<std::string, Variable> VariablesToRestore(const std::vector<Variable>& variables) const;

 private:
  Output Decay(Builder& b, DType dtype) const;

  Input decay_;
  ExponentialMovingAverageOptions options_;
  std::map<NodeId, Variable> averages_;
};

}  // namespace weir
