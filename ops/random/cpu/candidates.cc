// Kernels of the candidate samplers. Which words of the op's stream make which class is TensorFlow's rule, number by
// number.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "weir/ops/random/cpu/distributions.h"
#include "weir/runtime/philox.h"

namespace weir {

namespace {

// A run counts as having used this many words for each class, whatever it really drew.
constexpr int64_t kWordsPerSample = 2048;

struct LogUniform {
  int64_t range;
  double log_range = std::log1p(static_cast<double>(range));
  int64_t Draw(PhiloxWords& words) const {
    return (static_cast<int64_t>(std::exp(UniformDouble(words) * log_range)) - 1) % range;
  }
  float Probability(int64_t k) const {
    return static_cast<float>(std::log((static_cast<double>(k) + 2.0) / (static_cast<double>(k) + 1.0)) / log_range);
  }
};

struct Uniform {
  int64_t range;
  int64_t Draw(PhiloxWords& words) const {
    const uint64_t n = static_cast<uint64_t>(range);
    auto next = [&] {
      uint64_t low = words.Next();
      return low | (uint64_t{words.Next()} << 32);
    };
    if ((n & (n - 1)) == 0) return static_cast<int64_t>(next() & (n - 1));
    // Words below the rest of 2^64 by n would favour some classes.
    const uint64_t rest = std::numeric_limits<uint64_t>::max() % n + 1;
    uint64_t w = next();
    while (w < rest) w = next();
    return static_cast<int64_t>(w % n);
  }
  float Probability(int64_t) const { return 1.0f / static_cast<float>(range); }
};

// Distinct non-negative numbers by open addressing, at most half full, in memory of the caller's.
class DistinctSet {
 public:
  static int64_t Slots(int64_t n) { return static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(2 * n))); }
  DistinctSet(int64_t* slots, int64_t n) : slots_(slots), mask_(static_cast<uint64_t>(Slots(n)) - 1) {
    std::fill_n(slots_, mask_ + 1, int64_t{-1});
  }
  bool Insert(int64_t v) {
    uint64_t at = (static_cast<uint64_t>(v) * 0x9E3779B97F4A7C15u) >> 16 & mask_;
    for (; slots_[at] != -1; at = (at + 1) & mask_) {
      if (slots_[at] == v) return false;
    }
    slots_[at] = v;
    return true;
  }

 private:
  int64_t* slots_;
  uint64_t mask_;
};

// Draws n classes into `out`; how many draws that took, or -1 when too many did not suffice.
template <class Law> int64_t Draw(const Law& law, PhiloxWords words, int64_t n, DistinctSet* distinct, int64_t* out) {
  constexpr int64_t kMaxTries = std::numeric_limits<int32_t>::max();
  int64_t tries = 0;
  for (int64_t i = 0; i < n; ++tries) {
    if (tries >= std::max(kMaxTries, n)) return -1;
    const int64_t k = law.Draw(words);
    if (!distinct || distinct->Insert(k)) out[i++] = k;
  }
  return tries;
}

// How often a class of probability p is to be expected among n that took so many tries.
float ExpectedCount(float p, int64_t n, int64_t tries) {
  if (tries == n) return p * static_cast<float>(n);
  return -std::expm1(static_cast<float>(tries) * std::log1p(-p));
}

template <class Law> Status PrepareSampler(PrepareContext& c) {
  const Law law{c.attr<int64_t>("range_max")};
  const int64_t n = c.attr<int64_t>("num_sampled"), num_true = c.input_shape(0).num_elements();
  const bool unique = c.attr<bool>("unique");
  if (c.input_shape(0).rank() != 2 || c.input_shape(0)[1] != c.attr<int64_t>("num_true")) {
    return InvalidArgument(fmt::format("needs true_classes [batch, num_true = {}], got {}", c.attr<int64_t>("num_true"),
                                       c.input_shape(0).ToString()));
  }
  if (unique && n > law.range) {
    return InvalidArgument(
        fmt::format("cannot draw num_sampled = {} different classes of range_max = {}", n, law.range));
  }
  int64_t bytes = 0;
  if (n > std::numeric_limits<int32_t>::max() ||
      !CheckedMul(unique ? DistinctSet::Slots(n) : 0, sizeof(int64_t), &bytes)) {
    return ResourceExhausted(fmt::format("draws too many classes: num_sampled = {}", n));
  }
  c.set_workspace(bytes);
  const int64_t seed = c.attr<int64_t>("seed"), seed2 = c.attr<int64_t>("seed2");
  c.SetRun([=](RunArgs& a) {
    PhiloxWords words(ReservePhilox(*a.state, seed, seed2, static_cast<uint64_t>((n * kWordsPerSample + 3) / 4)));
    int64_t* sampled = a.out<int64_t>(0);
    int64_t tries;
    if (unique) {
      DistinctSet distinct(a.workspace<int64_t>(), n);
      tries = Draw(law, words, n, &distinct, sampled);
    } else {
      tries = Draw(law, words, n, nullptr, sampled);
    }
    if (tries < 0)
      return a.Fail(
          InvalidArgument(fmt::format("has not found {} different classes of {} in 2^31 draws", n, law.range)));
    for (int64_t i = 0; i < num_true; ++i)
      a.out<float>(1)[i] = ExpectedCount(law.Probability(a.in<int64_t>(0)[i]), n, tries);
    for (int64_t i = 0; i < n; ++i) a.out<float>(2)[i] = ExpectedCount(law.Probability(sampled[i]), n, tries);
  });
  return {};
}

}  // namespace

void RegisterRandomCandidateKernels(KernelRegistry& r) {
  r.Add("LogUniformCandidateSampler", PrepareSampler<LogUniform>);
  r.Add("UniformCandidateSampler", PrepareSampler<Uniform>);
}

}  // namespace weir
