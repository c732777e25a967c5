// Where the generator of a run comes from: the op's state, or inputs that say it.
#pragma once

#include "weir/runtime/philox.h"

namespace weir {

// The algorithm of keyed generators, by TensorFlow's number.
inline constexpr int32_t kPhilox = 1;

struct Source {
  enum Form : uint8_t {
    kState,  // the node's stream, by the attributes seed and seed2
    kSeed,   // input `at` is a seed, [2]
    kKey,    // input `at` is a key, [1], the next two a counter, [2], and the algorithm's number
  };
  Form form = kState;
  int at = 1;  // of an op without state

  // The first input behind.
  int next() const { return form == kState ? at : form == kSeed ? at + 1 : at + 3; }
};

// The bytes of the shared workspace that a generator takes, at its head; what else a kernel has there lies behind.
inline constexpr int64_t kGeneratorBytes = 64;
static_assert(sizeof(Philox) <= kGeneratorBytes);

// A phase that puts the run's generator there; a state counts `blocks` as used. The caller sets the workspace. Errors:
// inputs of other shapes, an algorithm that is not Philox.
Status StartGenerator(PrepareContext& c, Source source, uint64_t blocks);

// The two numbers of a seed: integers of any dtype.
Philox GeneratorOfSeed(DType dtype, const void* seed);

}  // namespace weir
