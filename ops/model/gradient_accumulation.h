// Gradient accumulation: the gradients of several small batches summed before one update, for batches that do not fit.
//
//   AdamOptimizer adam;
//   GradientAccumulator sum(adam.ComputeGradients(loss));
//   Operation train = sum.Apply(adam);
//   …
//   for (…) session.Run(sum.accumulate(), batch).Check();     // n times
//   session.Run(train).Check();
#pragma once

#include <vector>

#include "weir/ops/model/optimizers.h"

namespace weir {

class GradientAccumulator {
 public:
  // Makes a variable `<var>/gradient_sum` for each gradient there is, and `gradient_count`.
  explicit GradientAccumulator(const std::vector<GradAndVar>& grads, Loc loc = Loc::Current());

  // Adds the gradients of one batch to the sums; sparse ones touch their rows only.
  const Operation& accumulate() const { return accumulate_; }
  // Updates the variables by the mean of what was accumulated (the sum when `mean` is false), then sets all back to
  // zero. To be run after at least one accumulate.
  Operation Apply(Optimizer& optimizer, const MinimizeOptions& options = {}, bool mean = true,
                  Loc loc = Loc::Current());

 private:
  struct Sum {
    Variable var, sum;
  };
  std::vector<Sum> sums_;
  Variable count_;
  Operation accumulate_;
};

}  // namespace weir
