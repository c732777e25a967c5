// Philox4x32-10, the counter-based generator behind every random op, and how an op's state hands out its numbers.
//
// A block (four 32-bit words) is a pure function of a 64-bit key and a 128-bit counter, so a part of the work jumps
// straight to its own blocks and the results do not depend on who computes them. Key and counter are laid out as in
// TensorFlow: the key is `seed`, the high half of the first counter is `seed2`. (Salmon et al., "Parallel random
// numbers: as easy as 1, 2, 3", SC 2011.)
#pragma once

#include <array>
#include <cstdint>

#include "weir/runtime/kernel.h"

namespace weir {

class Philox {
 public:
  using Block = std::array<uint32_t, 4>;

  Philox() = default;
  Philox(uint64_t key, uint64_t counter_lo, uint64_t counter_hi) : key_(key), lo_(counter_lo), hi_(counter_hi) {}
  // What the two numbers that seed a stateless op start: they are mixed first, so that near seeds do as well as any.
  static Philox FromSeed(uint64_t seed0, uint64_t seed1) {
    const Block mixed = Philox(0x02461e293ec8f720u, seed0, seed1).Next();
    return {mixed[0] | (uint64_t{mixed[1]} << 32), 0, mixed[2] | (uint64_t{mixed[3]} << 32)};
  }
  uint64_t key() const { return key_; }
  uint64_t counter_lo() const { return lo_; }
  uint64_t counter_hi() const { return hi_; }

  // The block at the counter, which then moves on by one.
  Block Next() {
    Block out = Compute();
    Skip(1);
    return out;
  }
  // Jumps over `blocks` blocks.
  void Skip(uint64_t blocks) {
    lo_ += blocks;
    hi_ += lo_ < blocks;
  }
  Philox At(uint64_t blocks) const {
    Philox p = *this;
    p.Skip(blocks);
    return p;
  }

 private:
  static void Multiply(uint32_t a, uint32_t b, uint32_t* lo, uint32_t* hi) {
    uint64_t product = uint64_t{a} * b;
    *lo = static_cast<uint32_t>(product);
    *hi = static_cast<uint32_t>(product >> 32);
  }
  Block Compute() const {
    uint32_t k0 = static_cast<uint32_t>(key_), k1 = static_cast<uint32_t>(key_ >> 32);
    Block c = {static_cast<uint32_t>(lo_), static_cast<uint32_t>(lo_ >> 32), static_cast<uint32_t>(hi_),
               static_cast<uint32_t>(hi_ >> 32)};
    for (int round = 0; round < 10; ++round) {
      uint32_t lo0, hi0, lo1, hi1;
      Multiply(0xD2511F53u, c[0], &lo0, &hi0);
      Multiply(0xCD9E8D57u, c[2], &lo1, &hi1);
      c = {hi1 ^ c[1] ^ k0, lo1, hi0 ^ c[3] ^ k1, lo0};
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    return c;
  }

  uint64_t key_ = 0, lo_ = 0, hi_ = 0;
};

// The 32-bit words of a generator, one by one.
class PhiloxWords {
 public:
  explicit PhiloxWords(Philox generator) : generator_(generator) {}
  uint32_t Next() {
    if (used_ == 4) block_ = generator_.Next(), used_ = 0;
    return block_[used_++];
  }

 private:
  Philox generator_;
  Philox::Block block_ = {};
  int used_ = 4;
};

// A generator at the start of the next `blocks` blocks of an op's stream, which the state then counts as used. The
// first call seeds the state: from the op's seeds, or from the system's entropy when both are zero. Thread-safe.
Philox ReservePhilox(NodeState& state, int64_t seed, int64_t seed2, uint64_t blocks);

}  // namespace weir
