// Moving averages are variables of their own, moved by AssignSub of a part of the difference.
#include "weir/ops/model/moving_average.h"

#include <fmt/format.h>

#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"

namespace weir {

namespace ops {

Operation AssignMovingAverage(const Variable& v, const Input& value, const Input& decay, const Name& name) {
  if (!v.valid()) return {};
  Builder& b = *v.builder();
  auto at = b.At(value.loc());
  auto scope = b.NameScope(name.name);
  Output rest;
  if (decay.is_literal()) {
    auto number = decay.literal().ToTensor(kDouble);
    if (!number.ok() || number->rank() != 0) {
      b.Fail(InvalidArgument(fmt::format("error[graph]: the decay of '{}' must be one number", v.name())));
      return {};
    }
    auto part = Literal(1.0 - number->scalar<double>()).ToTensor(v.dtype());
    if (!part.ok()) {
      b.Fail(part.status());
      return {};
    }
    rest = b.Constant(*std::move(part), {.name = "decay"});
  } else {
    rest = Subtract(1.0, decay);
  }
  return AssignSub(v, Multiply(Subtract(v, value), rest), {.name = b.scope()});
}

}  // namespace ops

Output ExponentialMovingAverage::Decay(Builder& b, DType dtype) const {
  Output decay = decay_.output();
  if (decay_.is_literal()) {
    auto number = decay_.literal().ToTensor(kFloat);
    if (!number.ok() || number->rank() != 0) {
      b.Fail(InvalidArgument("error[graph]: the decay of a moving average must be one number"));
      return {};
    }
    decay = b.Constant(*std::move(number), {.name = "decay"});
  }
  if (options_.num_updates.valid()) {
    Output n = ops::Cast(options_.num_updates, decay.dtype());
    decay = ops::Minimum(decay, (n + 1.0) / (n + 10.0));
  }
  return ops::Cast(decay, dtype);
}

Operation ExponentialMovingAverage::Apply(const std::vector<Variable>& variables, Loc loc) {
  if (variables.empty() || !variables[0].valid()) return {};
  Builder& b = *variables[0].builder();
  auto at = b.At(loc);
  for (const Variable& v : variables) {
    Variable& average = averages_[v.handle().endpoint().node];
    if (average.valid()) continue;
    auto top = b.NameScope("");
    Output start = v.initial_value().valid() ? v.initial_value() : v.Read();
    average = Variable(start, {.name = AverageName(v), .trainable = false, .shape = v.shape()});
    VariableCollection(b, collection::kMovingAverageVariables).push_back(v);
  }
  auto scope = b.NameScope(options_.name);
  std::vector<Operation> updates;
  for (const Variable& v : variables) {
    updates.push_back(ops::AssignMovingAverage(Average(v), v, Decay(b, v.dtype())));
  }
  return Group(b, updates, {.name = b.scope()});
}

Variable ExponentialMovingAverage::Average(const Variable& v) const {
  auto it = averages_.find(v.handle().endpoint().node);
  return it == averages_.end() ? Variable() : it->second;
}

std::map<std::string, Variable> ExponentialMovingAverage::VariablesToRestore(
    const std::vector<Variable>& variables) const {
  std::map<std::string, Variable> names;
  for (const Variable& v : variables) {
    bool averaged = v.trainable() || Average(v).valid();
    names.emplace(averaged ? AverageName(v) : v.name(), v);
  }
  return names;
}

}  // namespace weir
