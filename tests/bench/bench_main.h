// What the contender and the micro benchmarks share: a clock and errors that end the program with their text.
#pragma once

#include <chrono>
#include <cstdio>

namespace weir::bench {

inline double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// The seconds of one call of f, the best of `rounds` rounds of `calls` calls: what disturbs a machine only ever adds.
template <class F>
double BestOf(int rounds, int calls, F&& f) {
  double best = 1e30;
  for (int r = 0; r < rounds; ++r) {
    double start = Seconds();
    for (int i = 0; i < calls; ++i) f();
    double spent = (Seconds() - start) / calls;
    if (spent < best) best = spent;
  }
  return best;
}

}  // namespace weir::bench
