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

struct CandidateSamples {
  Output sampled_candidates;      // int64 [num_sampled]: the classes that were drawn
  Output true_expected_count;     // float, like true_classes: how often each is to be expected among them
  Output sampled_expected_count;  // float [num_sampled]: the same of those that were drawn
};
struct CandidateOptions {
  std::optional<int64_t> seed = {};
  std::string name = {};
};
// Draws num_sampled of the classes [0, range_max), none twice when `unique`. true_classes are int64 (or int32) [batch,
// num_true]; only their expected counts depend on them. Class k comes with probability log((k + 2) / (k + 1)) /
// log(range_max + 1): for classes in the order of falling frequency. Errors: more different classes than there are.
CandidateSamples LogUniformCandidateSampler(Input true_classes, int64_t num_true, int64_t num_sampled, bool unique,
                                            int64_t range_max, const CandidateOptions& o = {});
// The same with classes of equal probability.
CandidateSamples UniformCandidateSampler(Input true_classes, int64_t num_true, int64_t num_sampled, bool unique,
                                         int64_t range_max, const CandidateOptions& o = {});

}  // namespace weir::ops
