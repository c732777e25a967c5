// Initialisers: closures that build constant or random tensors. Numbers are computed in double and rounded to the dtype
// once.
#include "weir/ops/model/initializers.h"

#include <fmt/format.h>

#include <cmath>

#include "weir/ops/array/array.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/math/math.h"
#include "weir/ops/random/random.h"

namespace weir::ops {

namespace {

constexpr int64_t kMaxConstElements = 1000;  // larger constants are filled while running

// The units that feed into one output unit, and those that one input unit feeds.
std::pair<double, double> Fans(const Shape& s) {
  int rank = s.rank();
  if (rank == 0) return {1, 1};
  if (rank == 1) return {double(s[0]), double(s[0])};
  double window = 1;
  for (int i = 0; i < rank - 2; ++i) window *= double(s[i]);
  return {window * double(s[rank - 2]), window * double(s[rank - 1])};
}

Input ShapeInput(const Shape& s) {
  std::vector<int32_t> sizes(s.dims().begin(), s.dims().end());
  return Input(Tensor::Vector(sizes));
}

Output Uniform(Builder& b, const Shape& s, DType dtype, double low, double high, std::optional<int64_t> seed) {
  return RandomUniform(b, ShapeInput(s), {.minval = low, .maxval = high, .dtype = dtype, .seed = seed});
}

}  // namespace

Output FilledTensor(Builder& b, const Shape& shape, DType dtype, double value, const std::string& name) {
  auto scalar = IsInteger(dtype) ? Literal(static_cast<int64_t>(value)).ToTensor(dtype)
                : dtype == kBool ? Literal(value != 0).ToTensor(dtype)
                                 : Literal(value).ToTensor(dtype);
  if (!scalar.ok()) {
    b.Fail(InvalidArgument(fmt::format("error[attr]: '{}{}': {}", b.scope(), name, scalar.status().message())));
    return {};
  }
  if (shape.num_elements() >= kMaxConstElements) {
    auto scope = b.NameScope(name);
    Output dims = b.Constant(*ShapeInput(shape).literal().ToTensor(kInt32), {.name = "shape_as_tensor"});
    Output fill = b.Constant(*scalar, {.name = "Const"});
    return b.Add("Fill", {dims, fill}, {}, {.name = b.scope()});
  }
  auto tensor = Tensor::Allocate(dtype, shape);
  if (!tensor.ok()) {
    b.Fail(tensor.status());
    return {};
  }
  for (int64_t i = 0; i < shape.num_elements(); ++i) scalar->CopyTo(ElementAt(dtype, tensor->mutable_raw(), i));
  return b.Constant(*std::move(tensor), {.name = name});
}

Initializer ZerosInitializer() {
  return [](Builder& b, const Shape& s, DType t) { return FilledTensor(b, s, t, 0, "zeros"); };
}

Initializer OnesInitializer() {
  return [](Builder& b, const Shape& s, DType t) { return FilledTensor(b, s, t, 1, "ones"); };
}

Initializer ConstantInitializer(double value) {
  return [=](Builder& b, const Shape& s, DType t) { return FilledTensor(b, s, t, value, "Const"); };
}

Initializer ConstantInitializer(Tensor value) {
  return [value](Builder& b, const Shape& s, DType t) -> Output {
    if (value.shape() == s && value.dtype() == t) return b.Constant(value, {.name = "Const"});
    b.Fail(InvalidArgument(fmt::format("error[shape]: '{}' is to be {}{} but its initial value is {}{}", b.scope(),
                                       DTypeShortName(t), s.ToString(), DTypeShortName(value.dtype()),
                                       value.shape().ToString())));
    return {};
  };
}

Initializer RandomUniformInitializer(UniformInitializerOptions o) {
  return [=](Builder& b, const Shape& s, DType t) {
    if (!IsInteger(t)) return Uniform(b, s, t, o.minval, o.maxval, o.seed);
    auto whole = [](double v) { return static_cast<int64_t>(v); };
    return RandomUniform(b, ShapeInput(s),
                         {.minval = whole(o.minval), .maxval = whole(o.maxval), .dtype = t, .seed = o.seed});
  };
}

Initializer RandomNormalInitializer(NormalInitializerOptions o) {
  return [=](Builder& b, const Shape& s, DType t) {
    return RandomNormal(b, ShapeInput(s), {.mean = o.mean, .stddev = o.stddev, .dtype = t, .seed = o.seed});
  };
}

Initializer TruncatedNormalInitializer(NormalInitializerOptions o) {
  return [=](Builder& b, const Shape& s, DType t) {
    return TruncatedNormal(b, ShapeInput(s), {.mean = o.mean, .stddev = o.stddev, .dtype = t, .seed = o.seed});
  };
}

Initializer UniformUnitScalingInitializer(UniformUnitScalingOptions o) {
  return [=](Builder& b, const Shape& s, DType t) {
    double inputs = 1;
    for (int i = 0; i + 1 < s.rank(); ++i) inputs *= double(s[i]);
    double limit = std::sqrt(3 / std::max(inputs, 1.0)) * o.factor;
    return Uniform(b, s, t, -limit, limit, o.seed);
  };
}

Initializer VarianceScalingInitializer(VarianceScalingOptions o) {
  return [=](Builder& b, const Shape& s, DType t) -> Output {
    auto [in, out] = Fans(s);
    double fan = o.mode == "fan_in" ? in : o.mode == "fan_out" ? out : o.mode == "fan_avg" ? (in + out) / 2 : -1;
    if (fan < 0 || !(o.scale > 0)) {
      b.Fail(InvalidArgument(fmt::format("error[attr]: '{}': variance scaling with scale {} and mode '{}'", b.scope(),
                                         o.scale, o.mode))
                 .Help("a positive scale; fan_in, fan_out or fan_avg"));
      return {};
    }
    double variance = o.scale / std::max(1.0, fan);
    if (o.distribution == "uniform") {
      double limit = std::sqrt(3 * variance);
      return Uniform(b, s, t, -limit, limit, o.seed);
    }
    if (o.distribution == "untruncated_normal") {
      return RandomNormal(b, ShapeInput(s), {.stddev = std::sqrt(variance), .dtype = t, .seed = o.seed});
    }
    if (o.distribution == "truncated_normal" || o.distribution == "normal") {
      // What is cut off at two deviations would have added to the variance.
      constexpr double kTruncatedDeviation = 0.87962566103423978;
      return TruncatedNormal(b, ShapeInput(s),
                             {.stddev = std::sqrt(variance) / kTruncatedDeviation, .dtype = t, .seed = o.seed});
    }
    b.Fail(InvalidArgument(fmt::format("error[attr]: '{}': unknown distribution '{}'", b.scope(), o.distribution))
               .Help("truncated_normal, untruncated_normal or uniform"));
    return {};
  };
}

Initializer GlorotUniformInitializer(SeedOptions o) {
  return VarianceScalingInitializer({1, "fan_avg", "uniform", o.seed});
}
Initializer GlorotNormalInitializer(SeedOptions o) {
  return VarianceScalingInitializer({1, "fan_avg", "truncated_normal", o.seed});
}
Initializer HeUniformInitializer(SeedOptions o) { return VarianceScalingInitializer({2, "fan_in", "uniform", o.seed}); }
Initializer HeNormalInitializer(SeedOptions o) {
  return VarianceScalingInitializer({2, "fan_in", "truncated_normal", o.seed});
}
Initializer LecunUniformInitializer(SeedOptions o) {
  return VarianceScalingInitializer({1, "fan_in", "uniform", o.seed});
}
Initializer LecunNormalInitializer(SeedOptions o) {
  return VarianceScalingInitializer({1, "fan_in", "truncated_normal", o.seed});
}

Initializer OrthogonalInitializer(OrthogonalOptions o) {
  return [=](Builder& b, const Shape& s, DType t) -> Output {
    if (s.rank() < 2) {
      b.Fail(InvalidArgument(fmt::format("error[shape]: '{}': no orthogonal initial value of shape {}", b.scope(),
                                         s.ToString()))
                 .Help("at least two axes"));
      return {};
    }
    const int64_t cols = s[s.rank() - 1];
    int64_t rows = 1;
    for (int i = 0; i + 1 < s.rank(); ++i) rows *= s[i];
    const Shape tall = {std::max(rows, cols), std::min(rows, cols)};
    QrFactors f = Qr(RandomNormal(b, ShapeInput(tall), {.dtype = t, .seed = o.seed}));
    // Why signs: with those of r's diagonal positive, q is spread evenly over all such matrices.
    Output q = f.q * Sign(MatrixDiagPart(f.r));
    if (rows < cols) q = MatrixTranspose(q);
    return o.gain * Reshape(q, ShapeInput(s));
  };
}

}  // namespace weir::ops
