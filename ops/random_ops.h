// Building functions for random tensors: tf.random_uniform, tf.random_normal, tf.truncated_normal, tf.random_shuffle.
//
// Each op gets its seeds when it is built. Given an op seed o: (graph seed, o), or (87654321, o) when the graph has
// none, as TensorFlow does. Without one: the graph's seed (likewise) and a stable hash of the node's full name, so that
// an op with a name of its own keeps its numbers whatever else is added; after Builder::SetSeedFromEntropy (0, 0),
// which means other numbers in every session.
#pragma once

#include <optional>

#include "weir/graph/builder.h"

namespace weir::ops {

// The attributes (seed, seed2) of a random op called `node_name` in full.
std::pair<int64_t, int64_t> RandomSeeds(const Builder& b, std::string_view node_name,
                                        std::optional<int64_t> op_seed = {});

struct UniformOptions {
  Input minval = 0, maxval = 1;  // scalars, or what broadcasts with the shape
  DType dtype = kFloat;          // half, bfloat16, float, double; int32 and int64 need scalar bounds
  std::optional<int64_t> seed = {};
  std::string name = {};
};
// Numbers spread evenly over [minval, maxval).
Output RandomUniform(At g, Input shape, UniformOptions options = {});

struct NormalOptions {
  Input mean = 0.0, stddev = 1.0;
  DType dtype = kFloat;  // half, bfloat16, float, double
  std::optional<int64_t> seed = {};
  std::string name = {};
};
// Normally distributed numbers.
Output RandomNormal(At g, Input shape, NormalOptions options = {});
// The same, but none is farther than two deviations from the mean.
Output TruncatedNormal(At g, Input shape, NormalOptions options = {});

struct ShuffleOptions {
  std::optional<int64_t> seed = {};
  std::string name = {};
};
// The slices of `value` along axis 0 in a random order.
Output RandomShuffle(Input value, ShuffleOptions options = {});

}  // namespace weir::ops
