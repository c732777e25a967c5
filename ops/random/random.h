// Building functions for random tensors: tf.random_uniform, tf.random_normal, tf.truncated_normal, tf.random_shuffle,
// tf.multinomial, tf.random_gamma, tf.random_poisson, tf.random.stateless_… and the candidate samplers.
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

struct MultinomialOptions {
  DType output_dtype = kInt64;  // or int32
  std::optional<int64_t> seed = {};
  std::string name = {};
};
// num_samples classes for each row of `logits` [batch,classes], which are half, bfloat16, float or double: [batch,
// num_samples]. Class k comes with a probability in proportion to exp(logits[k]). Errors: no classes.
Output Multinomial(Input logits, Input num_samples, MultinomialOptions options = {});

struct GammaOptions {
  Input beta = 1.0;      // the inverse of the scale
  DType dtype = kFloat;  // half, float, double; of literals, which alpha and beta have anyway where they are Outputs
  std::optional<int64_t> seed = {};
  std::string name = {};
};
// Numbers of the gamma distribution of shape `alpha`: `shape` of them for each pair of alpha and beta, broadcast,
// [shape…, broadcast shape…]. Can be differentiated by alpha and beta.
Output RandomGamma(At g, Input shape, Input alpha, GammaOptions options = {});

struct PoissonOptions {
  DType dtype = kFloat;  // of the output: half, float, double, int32, int64
  std::optional<int64_t> seed = {};
  std::string name = {};
};
// Numbers of the Poisson distribution: `shape` of them for each `rate` (which has any of these dtypes),
// [shape…, rate's shape…].
Output RandomPoisson(At g, Input shape, Input rate, PoissonOptions options = {});

struct ParameterizedTruncatedNormalOptions {
  Input means = 0.0, stddevs = 1.0, minvals = -2.0, maxvals = 2.0;  // scalars, or one for each slice along axis 0
  DType dtype = kFloat;                                             // half, float, double
  std::optional<int64_t> seed = {};
  std::string name = {};
};
// Normally distributed numbers, those alone that lie within the bounds, of which one may be infinite. Errors while
// running: deviations that are not positive, bounds in the wrong order.
Output ParameterizedTruncatedNormal(At g, Input shape, ParameterizedTruncatedNormalOptions options = {});

// ---- stateless draws: functions of the seed, two integers (int32 or int64 [2]), the same numbers in each run
struct StatelessUniformOptions {
  Input minval = 0, maxval = 1;  // scalars, or what broadcasts with the shape
  DType dtype = kFloat;          // half, bfloat16, float, double; int32 and int64 need scalar bounds
  std::string name = {};
};
Output StatelessUniform(At g, Input shape, Input seed, StatelessUniformOptions options = {});

struct StatelessFullIntOptions {
  DType dtype = kInt32;  // or int64, uint32, uint64
  std::string name = {};
};
// Integers spread evenly over all that the dtype has.
Output StatelessUniformFullInt(At g, Input shape, Input seed, StatelessFullIntOptions options = {});

struct StatelessNormalOptions {
  Input mean = 0.0, stddev = 1.0;
  DType dtype = kFloat;  // half, bfloat16, float, double
  std::string name = {};
};
Output StatelessNormal(At g, Input shape, Input seed, StatelessNormalOptions options = {});
Output StatelessTruncatedNormal(At g, Input shape, Input seed, StatelessNormalOptions options = {});

struct StatelessMultinomialOptions {
  DType output_dtype = kInt64;  // or int32
  std::string name = {};
};
Output StatelessMultinomial(Input logits, Input num_samples, Input seed, StatelessMultinomialOptions options = {});

struct StatelessGammaOptions {
  Input beta = 1.0;
  DType dtype = kFloat;  // half, float, double
  std::string name = {};
};
// As RandomGamma, but `shape` is the whole of the output's: it ends with that of alpha and beta, broadcast.
Output StatelessGamma(At g, Input shape, Input seed, Input alpha, StatelessGammaOptions options = {});

struct StatelessCountOptions {
  DType dtype = kInt32;  // of the output: half, float, double, int32, int64
  std::string name = {};
};
// Numbers of the Poisson distribution. `shape` ends with rate's.
Output StatelessPoisson(At g, Input shape, Input seed, Input rate, StatelessCountOptions options = {});
// How many of `counts` tries succeed, each with the probability `probs` (half, float or double, both alike). `shape`
// ends with that of counts and probs, broadcast.
Output StatelessBinomial(At g, Input shape, Input seed, Input counts, Input probs, StatelessCountOptions options = {});

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
