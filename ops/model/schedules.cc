// The formulas of the learning-rate schedules, built from math ops in the learning rate's dtype.
#include "weir/ops/model/schedules.h"

#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/random/random.h"

namespace weir::ops {

namespace {

// The scope and the inputs of one schedule, in the learning rate's dtype.
class Schedule {
 public:
  Schedule(const Input& rate, const Input& step, std::string_view name, std::string_view default_name)
      : builder_(BuilderOf({step, rate})) {
    if (!builder_) return;
    loc_ = std::make_unique<Builder::Guard>(builder_->At(step.loc()));
    scope_ = std::make_unique<Builder::Guard>(builder_->NameScope(name.empty() ? default_name : name));
    dtype_ = rate.is_literal() ? kFloat : rate.dtype();
    rate_ = Number(rate, "learning_rate");
    step_ = Number(step, "step");
  }

  bool valid() const { return builder_ && rate_.valid() && step_.valid(); }
  Builder& builder() const { return *builder_; }
  DType dtype() const { return dtype_; }
  const Output& rate() const { return rate_; }
  const Output& step() const { return step_; }
  // A scalar of the schedule's dtype.
  Output Number(const Input& v, const char* name) const {
    if (!v.is_literal()) return v.dtype() == dtype_ ? v.output() : Cast(v, dtype_);
    auto tensor = v.literal().ToTensor(dtype_);
    if (tensor.ok()) return builder_->Constant(*std::move(tensor), {.name = name});
    builder_->Fail(
        InvalidArgument(fmt::format("error[graph]: '{}{}': {}", builder_->scope(), name, tensor.status().message())));
    return {};
  }
  // The scope's own node.
  Name Result() const { return Name{builder_->scope()}; }

 private:
  Builder* builder_;
  std::unique_ptr<Builder::Guard> loc_, scope_;
  DType dtype_ = kFloat;
  Output rate_, step_;
};

Output Fraction(const Schedule& s, const Input& decay_steps, bool staircase) {
  Output p = s.step() / s.Number(decay_steps, "decay_steps");
  return staircase ? Floor(p) : p;
}

Output HalfCosine(const Output& angle) { return (Cos(angle) + 1.0) * 0.5; }

// Step, at most decay_steps, over decay_steps.
Output FractionAtMostOne(const Schedule& s, const Output& decay_steps) {
  return Minimum(s.step(), decay_steps) / decay_steps;
}

}  // namespace

Output ExponentialDecay(Input learning_rate, Input step, Input decay_steps, Input decay_rate,
                        const StaircaseOptions& o) {
  Schedule s(learning_rate, step, o.name, "ExponentialDecay");
  if (!s.valid()) return {};
  return Multiply(s.rate(), Pow(s.Number(decay_rate, "decay_rate"), Fraction(s, decay_steps, o.staircase)), s.Result());
}

Output NaturalExpDecay(Input learning_rate, Input step, Input decay_steps, Input decay_rate,
                       const StaircaseOptions& o) {
  Schedule s(learning_rate, step, o.name, "NaturalExpDecay");
  if (!s.valid()) return {};
  Output rate = Exp(-s.Number(decay_rate, "decay_rate"));
  return Multiply(s.rate(), Pow(rate, Fraction(s, decay_steps, o.staircase)), s.Result());
}

Output InverseTimeDecay(Input learning_rate, Input step, Input decay_steps, Input decay_rate,
                        const StaircaseOptions& o) {
  Schedule s(learning_rate, step, o.name, "InverseTimeDecay");
  if (!s.valid()) return {};
  Output denominator = s.Number(decay_rate, "decay_rate") * Fraction(s, decay_steps, o.staircase) + 1.0;
  return Make("RealDiv", {s.rate(), denominator}, {}, s.Result());
}

Output PolynomialDecay(Input learning_rate, Input step, Input decay_steps, const PolynomialDecayOptions& o) {
  Schedule s(learning_rate, step, o.name, "PolynomialDecay");
  if (!s.valid()) return {};
  Output end = s.Number(o.end_learning_rate, "end_learning_rate"), steps = s.Number(decay_steps, "decay_steps"),
         now = s.step();
  if (o.cycle) {
    steps = steps * Where(Equal(now, 0.0), OnesLike(now), Ceil(now / steps));
  } else {
    now = Minimum(now, steps);
  }
  Output left = 1.0 - now / steps;
  return Make("AddV2", {(s.rate() - end) * Pow(left, s.Number(o.power, "power")), end}, {}, s.Result());
}

Output PiecewiseConstant(Input x, const std::vector<double>& boundaries, const std::vector<double>& values,
                         const Name& name) {
  Builder* b = x.builder();
  if (!b) return {};
  auto at = b->At(x.loc());
  if (values.size() != boundaries.size() + 1) {
    b->Fail(InvalidArgument(
        fmt::format("error[attr]: PiecewiseConstant needs one value more than boundaries, got {} and {}", values.size(),
                    boundaries.size())));
    return {};
  }
  auto scope = b->NameScope(name.name.empty() ? "PiecewiseConstant" : name.name);
  auto constant = [&](double v) { return b->Constant(Tensor(static_cast<float>(v)), {.name = "value"}); };
  Output result = constant(values.back());
  for (size_t i = boundaries.size(); i-- > 0;) {
    Input boundary =
        IsInteger(x.dtype()) ? Input(static_cast<int64_t>(std::floor(boundaries[i]))) : Input(boundaries[i]);
    result = Where(LessEqual(x, boundary), constant(values[i]), result);
  }
  return Make("Identity", {result}, {}, Name{b->scope()});
}

Output CosineDecay(Input learning_rate, Input step, Input decay_steps, const CosineDecayOptions& o) {
  Schedule s(learning_rate, step, o.name, "CosineDecay");
  if (!s.valid()) return {};
  Output alpha = s.Number(o.alpha, "alpha");
  Output cosine = HalfCosine(FractionAtMostOne(s, s.Number(decay_steps, "decay_steps")) * M_PI);
  return Multiply(s.rate(), (1.0 - alpha) * cosine + alpha, s.Result());
}

Output CosineDecayRestarts(Input learning_rate, Input step, Input first_decay_steps,
                           const CosineDecayRestartsOptions& o) {
  Schedule s(learning_rate, step, o.name, "SGDRDecay");
  if (!s.valid()) return {};
  Output p = s.step() / s.Number(first_decay_steps, "first_decay_steps");
  Output restart;  // the number of the period
  if (o.t_mul == 1.0) {
    restart = Floor(p);
    p = p - restart;
  } else {
    restart = Floor(Log(1.0 - p * (1.0 - o.t_mul)) / std::log(o.t_mul));
    Output grown = Pow(s.Number(o.t_mul, "t_mul"), restart);
    Output begin = (1.0 - grown) / (1.0 - o.t_mul);
    p = (p - begin) / grown;
  }
  Output alpha = s.Number(o.alpha, "alpha");
  Output cosine = Pow(s.Number(o.m_mul, "m_mul"), restart) * 0.5 * (Cos(p * M_PI) + 1.0);
  return Multiply(s.rate(), (1.0 - alpha) * cosine + alpha, s.Result());
}

Output LinearCosineDecay(Input learning_rate, Input step, Input decay_steps, const LinearCosineDecayOptions& o) {
  Schedule s(learning_rate, step, o.name, "LinearCosineDecay");
  if (!s.valid()) return {};
  Output steps = s.Number(decay_steps, "decay_steps"), now = Minimum(s.step(), steps);
  Output cosine = HalfCosine(now / steps * (2 * o.num_periods) * M_PI);
  return Multiply(s.rate(), ((steps - now) / steps + o.alpha) * cosine + o.beta, s.Result());
}

Output NoisyLinearCosineDecay(Input learning_rate, Input step, Input decay_steps,
                              const NoisyLinearCosineDecayOptions& o) {
  Schedule s(learning_rate, step, o.name, "NoisyLinearCosineDecay");
  if (!s.valid()) return {};
  Output steps = s.Number(decay_steps, "decay_steps"), now = Minimum(s.step(), steps);
  Output deviation = Sqrt(s.Number(o.initial_variance, "initial_variance") / Pow(now + 1.0, o.variance_decay));
  Output noise =
      RandomNormal(s.builder(), std::vector<int32_t>(), {.stddev = deviation, .dtype = s.dtype(), .seed = o.seed});
  Output cosine = HalfCosine(now / steps * (2 * o.num_periods) * M_PI);
  return Multiply(s.rate(), ((steps - now) / steps + noise + o.alpha) * cosine + o.beta, s.Result());
}

}  // namespace weir::ops
