// Probabilities by their logarithms, and steps whose classes are logits.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace weir {

inline constexpr double kNoChance = -std::numeric_limits<double>::infinity();

// Of either of two.
inline double LogSum(double a, double b) {
  if (a == kNoChance) return b;
  if (b == kNoChance) return a;
  return a > b ? a + std::log1p(std::exp(b - a)) : b + std::log1p(std::exp(a - b));
}

// What is to be taken off these logits, which are some, to make logarithms of probabilities of them.
template <class T>
double LogNorm(std::span<const T> logits) {
  const auto largest = static_cast<double>(*std::max_element(logits.begin(), logits.end()));
  double sum = 0;
  for (T x : logits) sum += std::exp(static_cast<double>(x) - largest);
  return largest + std::log(sum);
}

}  // namespace weir
