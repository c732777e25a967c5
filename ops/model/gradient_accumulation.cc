// Sums of gradients kept in variables; Apply reads them, updates, and only then sets them back.
#include "weir/ops/model/gradient_accumulation.h"

#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"

namespace weir {

GradientAccumulator::GradientAccumulator(const std::vector<GradAndVar>& grads, Loc loc) {
  std::vector<Operation> additions;
  for (const GradAndVar& g : grads) {
    if (!g.grad.valid() || !g.var.valid()) continue;
    Builder& b = *g.var.builder();
    auto at = b.At(loc);
    Variable sum;
    {
      auto top = b.NameScope("");
      Output like = g.var.initial_value().valid() ? g.var.initial_value() : g.var.Read();
      sum = Variable(ops::ZerosLike(like),
                     {.name = g.var.name() + "/gradient_sum", .trainable = false, .shape = g.var.shape()});
      if (!count_.valid()) count_ = Variable(b, 0.0f, {.name = "gradient_count", .trainable = false});
    }
    sums_.push_back({g.var, sum});
    if (g.grad.is_slices()) {
      additions.push_back(ops::ScatterAdd(sum, g.grad.slices().indices, g.grad.slices().values));
    } else {
      additions.push_back(ops::AssignAdd(sum, g.grad.dense()));
    }
  }
  if (!count_.valid()) return;
  Builder& b = *count_.builder();
  auto at = b.At(loc);
  additions.push_back(ops::AssignAdd(count_, 1.0f));
  accumulate_ = Group(b, additions, {.name = "accumulate_gradients"});
}

Operation GradientAccumulator::Apply(Optimizer& optimizer, const MinimizeOptions& options, bool mean, Loc loc) {
  if (!count_.valid()) return {};
  Builder& b = *count_.builder();
  auto at = b.At(loc);
  std::string inside;
  Output count;
  std::vector<GradAndVar> grads;
  {
    auto scope = b.NameScope("apply_accumulated");
    inside = b.scope();
    count = count_.Read();
    for (const Sum& s : sums_) {
      Output sum = s.sum.Read();
      grads.push_back({mean ? ops::DivNoNan(sum, ops::Cast(count, s.var.dtype())) : sum, s.var});
    }
  }
  // Outside, so that the optimizer's own variables are called as without accumulation.
  Operation train = optimizer.ApplyGradients(grads, options, loc);
  auto scope = b.NameScope(inside);
  auto after = b.ControlDependencies({train, count.op()});
  std::vector<Operation> resets = {train, ops::Assign(count_, 0.0f)};
  for (const Sum& s : sums_) resets.push_back(ops::Assign(s.sum, ops::ZerosLike(s.sum)));
  return Group(b, resets);
}

}  // namespace weir
