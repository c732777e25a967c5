// The one place where a random op's stream moves on: under the state's mutex, so that concurrent runs get disjoint
// parts.
#include "weir/runtime/philox.h"

#include <random>

namespace weir {

Philox ReservePhilox(NodeState& state, int64_t seed, int64_t seed2, uint64_t blocks) {
  std::lock_guard<std::mutex> lock(state.mutex);
  if (!state.seeded) {
    state.key = static_cast<uint64_t>(seed);
    state.counter_hi = static_cast<uint64_t>(seed2);
    if (seed == 0 && seed2 == 0) {
      std::random_device entropy;
      auto word = [&] { return (uint64_t{entropy()} << 32) | entropy(); };
      state.key = word();
      state.counter_hi = word();
    }
    state.counter_lo = 0;
    state.seeded = true;
  }
  Philox start(state.key, state.counter_lo, state.counter_hi);
  state.counter_lo += blocks;
  state.counter_hi += state.counter_lo < blocks;
  return start;
}

}  // namespace weir
