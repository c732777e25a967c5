// Numbers of distributions with parameters, each from a generator of its own: gamma, Poisson, binomial. Which numbers
// are drawn, how they are rejected and by how many blocks one generator begins behind the other is TensorFlow's rule.
// Each takes bounded time for any parameters.
#pragma once

#include "weir/ops/random/cpu/distributions.h"

namespace weir {

// The gamma distribution of shape `alpha` and scale 1, by Marsaglia and Tsang's method. NaN where there is none.
class GammaLaw {
 public:
  explicit GammaLaw(double alpha);
  static constexpr uint64_t blocks() { return kBlocksPerOutput; }
  double Draw(const Philox& generator) const;

 private:
  double alpha_, d_, c_;
};

// The Poisson distribution: products of uniform numbers (Knuth) below a rate of 10, Hörmann's transformed rejection
// from there on. Numbers above `highest` are drawn again; `highest` where none below comes. Of the rate NaN: NaN.
class PoissonLaw {
 public:
  PoissonLaw(double rate, double highest);
  static constexpr uint64_t blocks() { return kBlocksPerOutput; }
  double Draw(const Philox& generator) const;

 private:
  double DrawSmall(const Philox& generator) const;
  double rate_, highest_, exp_neg_rate_, log_rate_, a_, b_, inv_alpha_;
};

// How many of `count` tries succeed, each with probability `p`: by sums of geometric numbers, or by Hörmann's BTRS
// where `many` are expected. None of a count or probability of 0 or below; NaN where one is NaN.
class BinomialLaw {
 public:
  BinomialLaw(double count, double p, bool many);
  uint64_t blocks() const { return many_ ? kBlocksPerOutput : kBlocksOfFew; }
  double Draw(const Philox& generator) const;

 private:
  static constexpr uint64_t kBlocksOfFew = 42;
  double DrawFew(const Philox& generator) const;
  double DrawMany(const Philox& generator) const;
  bool Accepts(double v, double us, double k) const;
  double count_, p_, stddev_, a_, b_, m_;
  bool many_, mirrored_;  // mirrored: p is that of failing, which is the smaller one
};

}  // namespace weir
