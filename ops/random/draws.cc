// Ops that draw numbers in a given shape, or an order: RandomUniform, RandomStandardNormal, TruncatedNormal,
// RandomUniformInt, RandomShuffle.
//
// The numbers come from Philox (runtime/philox.h) and are TensorFlow's for the same seed and seed2. None of these
// ops has a derivative: they are functions of their shape and of hidden state only.
#include <fmt/format.h>

#include "weir/ops/random/draw_shapes.h"
#include "weir/ops/random/random.h"

namespace weir {

namespace {

Status RandomUniformIntShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(c.WithRank(1, 0).status());
  WEIR_RETURN_IF_ERROR(c.WithRank(2, 0).status());
  return DrawnShape(c);
}

OpDef& AddRandom(OpRegistry& r, const char* op) {
  return r.Add(op)
      .Input("shape: T").Output("output: dtype")
      .Attr("seed: int = 0").Attr("seed2: int = 0")
      .Attr("dtype: {half, bfloat16, float, double}").Attr("T: {int32, int64}")
      .Random().SizedByFirst()
      .Shape(DrawnShape)
      .NoGradient("its output depends on no value that could be differentiated by");
}

}  // namespace

void RegisterRandomDrawOps(OpRegistry& r) {
  AddRandom(r, "RandomUniform").Doc("Numbers spread evenly over [0, 1), in the given shape.");
  AddRandom(r, "RandomStandardNormal")
      .Doc("Normally distributed numbers of mean 0 and deviation 1, in the given shape.");
  AddRandom(r, "TruncatedNormal")
      .Doc("Like RandomStandardNormal, but numbers with |x| >= 2 are thrown away and drawn again.");
  r.Add("RandomUniformInt")
      .Input("shape: T").Input("minval: Tout").Input("maxval: Tout").Output("output: Tout")
      .Attr("seed: int = 0").Attr("seed2: int = 0").Attr("Tout: {int32, int64}").Attr("T: {int32, int64}")
      .Random().SizedByFirst()
      .Doc("Integers spread evenly over [minval, maxval), in the given shape. minval < maxval, both scalars.")
      .Shape(RandomUniformIntShape)
      .NoGradient("its output is an integer");
  r.Add("RandomShuffle")
      .Input("value: T").Output("output: T")
      .Attr("seed: int = 0").Attr("seed2: int = 0").Attr("T: type")
      .Random()
      .Doc("The slices value[i, …] in a random order; each order is equally likely.")
      .Shape(UnchangedShape)
      .NoGradient("the order it chose is not kept");
}

// ---- building functions

namespace ops {

namespace {

Output Normal(At g, const char* op, const char* default_name, const Input& shape, const NormalOptions& o) {
  Builder& b = *g.builder;
  auto at = b.At(g.loc);
  auto scope = b.NameScope(o.name.empty() ? default_name : o.name);
  Output mean = Parameter(b, o.mean, o.dtype, "mean"), stddev = Parameter(b, o.stddev, o.dtype, "stddev");
  Output samples = AddSeeded(g, op, {shape}, {{"dtype", o.dtype}}, o.seed, op);
  return Affine(b, samples, stddev, mean);
}

}  // namespace

Output RandomUniform(At g, Input shape, UniformOptions o) {
  Builder& b = *g.builder;
  auto at = b.At(g.loc);
  std::string name = o.name.empty() ? "random_uniform" : o.name;
  if (IsInteger(o.dtype)) {
    return AddSeeded(g, "RandomUniformInt", {shape, o.minval, o.maxval}, {{"Tout", o.dtype}}, o.seed, name);
  }
  auto scope = b.NameScope(name);
  Output low = Parameter(b, o.minval, o.dtype, "min"), high = Parameter(b, o.maxval, o.dtype, "max");
  Output samples = AddSeeded(g, "RandomUniform", {shape}, {{"dtype", o.dtype}}, o.seed, "RandomUniform");
  return Affine(b, samples, b.Add("Sub", {high, low}, {}, {.name = "sub"}), low);
}

Output RandomNormal(At g, Input shape, NormalOptions o) {
  return Normal(g, "RandomStandardNormal", "random_normal", shape, o);
}

Output TruncatedNormal(At g, Input shape, NormalOptions o) {
  return Normal(g, "TruncatedNormal", "truncated_normal", shape, o);
}

Output RandomShuffle(Input value, ShuffleOptions o) {
  Builder* b = value.builder();
  if (!b) return {};
  return AddSeeded(At(*b, value.loc()), "RandomShuffle", {value}, {}, o.seed,
                   o.name.empty() ? "RandomShuffle" : o.name);
}

}  // namespace ops
}  // namespace weir
