// Learning-rate schedules by TF1's names (tf.train.exponential_decay …): functions of the global step, to be handed to
// an optimizer as its learning rate.
//
//   Variable step = GetOrCreateGlobalStep(g);
//   AdamOptimizer(ops::ExponentialDecay(0.1, step, 1000, 0.96)).Minimize(loss, {.global_step = step});
//
// `learning_rate` is a number (float32) or a floating-point scalar; `step` a numeric scalar or Variable. The result is
// a scalar of the learning rate's dtype. In the formulas p = step / decay_steps.
#pragma once

#include <optional>
#include <vector>

#include "weir/graph/builder.h"

namespace weir::ops {

struct StaircaseOptions {
  bool staircase = false;  // p is rounded down
  std::string name = {};
};
// learning_rate * decay_rate^p
Output ExponentialDecay(Input learning_rate, Input step, Input decay_steps, Input decay_rate,
                        const StaircaseOptions& o = {});
// learning_rate * exp(-decay_rate * p)
Output NaturalExpDecay(Input learning_rate, Input step, Input decay_steps, Input decay_rate,
                       const StaircaseOptions& o = {});
// learning_rate / (1 + decay_rate * p)
Output InverseTimeDecay(Input learning_rate, Input step, Input decay_steps, Input decay_rate,
                        const StaircaseOptions& o = {});

struct PolynomialDecayOptions {
  Input end_learning_rate = 0.0001, power = 1.0;
  bool cycle = false;  // beyond decay_steps: starts again, with the next multiple of decay_steps as the end
  std::string name = {};
};
// (learning_rate - end) * (1 - p)^power + end, p at most 1
Output PolynomialDecay(Input learning_rate, Input step, Input decay_steps, const PolynomialDecayOptions& o = {});

// values[i] where x is in (boundaries[i-1], boundaries[i]]; one value more than boundaries.
Output PiecewiseConstant(Input x, const std::vector<double>& boundaries, const std::vector<double>& values,
                         const Name& name = {});

struct CosineDecayOptions {
  Input alpha = 0.0;  // the end, as a part of learning_rate
  std::string name = {};
};
// learning_rate * ((1 - alpha) * (1 + cos(π p)) / 2 + alpha), p at most 1
Output CosineDecay(Input learning_rate, Input step, Input decay_steps, const CosineDecayOptions& o = {});

struct CosineDecayRestartsOptions {
  double t_mul = 2.0;  // each period is so many times longer than the one before
  double m_mul = 1.0;  // and starts from so many times its rate
  Input alpha = 0.0;
  std::string name = {};
};
// Cosine decay that starts again and again.
Output CosineDecayRestarts(Input learning_rate, Input step, Input first_decay_steps,
                           const CosineDecayRestartsOptions& o = {});

struct LinearCosineDecayOptions {
  double num_periods = 0.5, alpha = 0.0, beta = 0.001;
  std::string name = {};
};
// learning_rate * ((alpha + 1 - p) * (1 + cos(2π num_periods p)) / 2 + beta), p at most 1
Output LinearCosineDecay(Input learning_rate, Input step, Input decay_steps, const LinearCosineDecayOptions& o = {});

struct NoisyLinearCosineDecayOptions {
  double initial_variance = 1.0, variance_decay = 0.55, num_periods = 0.5, alpha = 0.0, beta = 0.001;
  std::optional<int64_t> seed = {};
  std::string name = {};
};
// The same with normal noise of variance initial_variance / (1 + step)^variance_decay on 1 - p.
Output NoisyLinearCosineDecay(Input learning_rate, Input step, Input decay_steps,
                              const NoisyLinearCosineDecayOptions& o = {});

}  // namespace weir::ops
