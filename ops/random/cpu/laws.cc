#include "weir/ops/random/cpu/laws.h"

#include <cmath>
#include <limits>

#include "weir/runtime/cpu/special_functions.h"

namespace weir {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
// Rejections until a number is given up: none with good parameters comes near (the probability is below 1e-60).
constexpr int kMostTries = 10000;

// A block's two numbers, the second one first.
class Doubles {
 public:
  explicit Doubles(Philox& generator) : generator_(generator) {}
  double Uniform() {
    if (left_ == 0) FillUniform(generator_.Next(), pair_), left_ = 2;
    return pair_[--left_];
  }
  double Normal() {
    if (left_ == 0) FillNormal(generator_.Next(), pair_), left_ = 2;
    return pair_[--left_];
  }

 private:
  Philox& generator_;
  double pair_[2] = {};
  int left_ = 0;
};

// What Stirling's formula lacks of log k!.
double StirlingTail(double k) {
  constexpr double kSmall[] = {0.0810614667953272,  0.0413406959554092,  0.0276779256849983,  0.02079067210376509,
                               0.0166446911898211,  0.0138761288230707,  0.0118967099458917,  0.0104112652619720,
                               0.00925546218271273, 0.00833056343336287};
  if (k <= 9) return kSmall[static_cast<int>(k)];
  const double square = (k + 1) * (k + 1);
  return (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / (k + 1);
}

}  // namespace

// ---- gamma

GammaLaw::GammaLaw(double alpha)
    : alpha_(alpha), d_(alpha + (alpha < 1 ? 2.0 / 3 : -1.0 / 3)), c_(1.0 / 3 / std::sqrt(d_)) {}

double GammaLaw::Draw(const Philox& start) const {
  Philox generator = start;
  Doubles uniform(generator), normal(generator);
  if (alpha_ == 1) return -std::log1p(-uniform.Uniform());
  for (int tries = 0; tries < kMostTries; ++tries) {
    const double x = normal.Normal();
    double v = 1 + c_ * x;
    if (std::isnan(v)) return kNan;
    if (v <= 0) continue;
    v = v * v * v;
    const double u = uniform.Uniform();
    // The first test is implied by the second, and spares it most logarithms.
    if (!(u < 1 - 0.0331 * (x * x) * (x * x)) && !(std::log(u) < 0.5 * x * x + d_ * (1 - v + std::log(v)))) continue;
    return alpha_ < 1 ? d_ * v * std::pow(uniform.Uniform(), 1 / alpha_) : d_ * v;
  }
  return kNan;
}

// ---- Poisson

PoissonLaw::PoissonLaw(double rate, double highest)
    : rate_(rate), highest_(highest), exp_neg_rate_(std::exp(-rate)), log_rate_(std::log(rate)) {
  b_ = 0.931 + 2.53 * std::sqrt(rate);
  a_ = -0.059 + 0.02483 * b_;
  inv_alpha_ = 1.1239 + 1.1328 / (b_ - 3.4);
}

double PoissonLaw::DrawSmall(const Philox& start) const {
  Philox generator = start;
  Doubles uniform(generator);
  double product = 1;
  for (int x = 0; x < kMostTries; ++x) {
    product *= uniform.Uniform();
    if (product <= exp_neg_rate_) return x;
  }
  return highest_;
}

double PoissonLaw::Draw(const Philox& start) const {
  if (std::isnan(rate_)) return kNan;
  if (rate_ < 10) return DrawSmall(start);
  if (std::isinf(rate_)) return rate_;
  Philox generator = start;
  Doubles uniform(generator);
  for (int tries = 0; tries < kMostTries; ++tries) {
    const double u = uniform.Uniform() - 0.5, v = uniform.Uniform();
    const double shifted = 0.5 - std::abs(u);
    const double k = std::floor((2 * a_ / shifted + b_) * u + rate_ + 0.43);
    if (k > highest_) continue;
    if (shifted >= 0.07 && v <= 0.9277 - 3.6224 / (b_ - 2)) return k;
    if (k < 0 || (shifted < 0.013 && v > shifted)) continue;
    const double s = std::log(v * inv_alpha_ / (a_ / (shifted * shifted) + b_));
    if (s <= -rate_ + k * log_rate_ - LogGamma(k + 1)) return k;
  }
  return highest_;
}

// ---- binomial

BinomialLaw::BinomialLaw(double count, double p, bool many)
    : count_(count), p_(p > 0.5 ? 1 - p : p), many_(many), mirrored_(p > 0.5) {
  stddev_ = std::sqrt(count_ * p_ * (1 - p_));
  b_ = 1.15 + 2.53 * stddev_;
  a_ = -0.0873 + 0.0248 * b_ + 0.01 * p_;
  m_ = std::floor((count_ + 1) * p_);
}

double BinomialLaw::Draw(const Philox& generator) const {
  if (count_ <= 0) return 0;
  if (std::isnan(count_) || std::isnan(p_)) return kNan;
  if (p_ <= 0) return mirrored_ ? count_ : 0;
  const double k = many_ ? DrawMany(generator) : DrawFew(generator);
  return mirrored_ ? count_ - k : k;
}

double BinomialLaw::DrawFew(const Philox& start) const {
  Philox generator = start;
  Doubles uniform(generator);
  double sum = 0;
  for (int k = 0; k < kMostTries; ++k) {
    sum += std::ceil(std::log(uniform.Uniform()) / std::log1p(-p_));
    if (sum > count_) return k;
  }
  return kNan;
}

bool BinomialLaw::Accepts(double v, double us, double k) const {
  const double r = p_ / (1 - p_), alpha = (2.83 + 5.1 / b_) * stddev_;
  const double ratio = std::log(v * alpha / (a_ / (us * us) + b_));
  const double most = (m_ + 0.5) * std::log((m_ + 1) / (r * (count_ - m_ + 1))) +
                      (count_ + 1) * std::log((count_ - m_ + 1) / (count_ - k + 1)) +
                      (k + 0.5) * std::log(r * (count_ - k + 1) / (k + 1)) + StirlingTail(m_) +
                      StirlingTail(count_ - m_) - StirlingTail(k) - StirlingTail(count_ - k);
  return ratio <= most;
}

double BinomialLaw::DrawMany(const Philox& start) const {
  Philox generator = start;
  Doubles uniform(generator);
  for (int tries = 0; tries < kMostTries; ++tries) {
    const double u = uniform.Uniform() - 0.5, v = uniform.Uniform();
    const double us = 0.5 - std::abs(u);
    const double k = std::floor((2 * a_ / us + b_) * u + count_ * p_ + 0.5);
    if (std::isinf(count_)) return count_;
    if (us >= 0.07 && v <= 0.92 - 4.2 / b_) return k;
    if (k < 0 || k > count_) continue;
    if (Accepts(v, us, k)) return k;
  }
  return kNan;
}

}  // namespace weir
