// Initialisers by TensorFlow's names: functions that build a variable's first value from its shape and dtype.
//
//   Variable w = GetVariable(g, "w", {64, 10}, {.initializer = ops::GlorotNormalInitializer({.seed = 1})});
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "weir/graph/builder.h"

namespace weir {

// Builds a tensor of this shape and dtype in the builder's current scope.
using Initializer = std::function<Output(Builder& b, const Shape& shape, DType dtype)>;

namespace ops {

// A tensor all of whose elements are `value`: a Const when small, else a Fill.
Output FilledTensor(Builder& b, const weir::Shape& shape, DType dtype, double value, const std::string& name);

Initializer ZerosInitializer();
Initializer OnesInitializer();
// One number for all elements, or a tensor that has the variable's shape.
Initializer ConstantInitializer(double value);
Initializer ConstantInitializer(Tensor value);

struct UniformInitializerOptions {
  double minval = 0, maxval = 1;
  std::optional<int64_t> seed = {};
};
Initializer RandomUniformInitializer(UniformInitializerOptions o = {});

struct NormalInitializerOptions {
  double mean = 0, stddev = 1;
  std::optional<int64_t> seed = {};
};
Initializer RandomNormalInitializer(NormalInitializerOptions o = {});
Initializer TruncatedNormalInitializer(NormalInitializerOptions o = {});

struct UniformUnitScalingOptions {
  double factor = 1;
  std::optional<int64_t> seed = {};
};
// Uniform over ±factor · sqrt(3 / inputs), inputs being the product of all sizes but the last.
Initializer UniformUnitScalingInitializer(UniformUnitScalingOptions o = {});

struct VarianceScalingOptions {
  double scale = 1;
  std::string mode = "fan_in";                    // fan_in, fan_out, fan_avg
  std::string distribution = "truncated_normal";  // truncated_normal, untruncated_normal, uniform
  std::optional<int64_t> seed = {};
};
// Random numbers of variance scale / n, n being the units that feed into (fan_in) or are fed by (fan_out) one unit of a
// matrix [in, out] or a filter [height, width, in, out], or the mean of both (fan_avg).
Initializer VarianceScalingInitializer(VarianceScalingOptions o = {});

struct SeedOptions {
  std::optional<int64_t> seed = {};
};
Initializer GlorotUniformInitializer(SeedOptions o = {});  // VarianceScaling(1, fan_avg, uniform)
Initializer GlorotNormalInitializer(SeedOptions o = {});   // VarianceScaling(1, fan_avg, truncated_normal)
Initializer HeUniformInitializer(SeedOptions o = {});      // VarianceScaling(2, fan_in, uniform)
Initializer HeNormalInitializer(SeedOptions o = {});       // VarianceScaling(2, fan_in, truncated_normal)
Initializer LecunUniformInitializer(SeedOptions o = {});   // VarianceScaling(1, fan_in, uniform)
Initializer LecunNormalInitializer(SeedOptions o = {});    // VarianceScaling(1, fan_in, truncated_normal)

struct OrthogonalOptions {
  double gain = 1;
  std::optional<int64_t> seed = {};
};
// gain times a random matrix [inputs, outputs] (inputs being the product of all sizes but the last) with orthonormal
// columns, or rows where there are fewer of them. float or double, of rank 2 at least.
Initializer OrthogonalInitializer(OrthogonalOptions o = {});

}  // namespace ops
}  // namespace weir
