// Stateless draws: functions of a shape and a seed, the same numbers each time. Each has two forms: by a seed of two
// numbers, and (…V2) by a generator's key and counter, which StatelessRandomGetKeyCounter makes of such a seed.
#include <string>

#include "weir/ops/random/draw_shapes.h"
#include "weir/ops/random/random.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

constexpr char kNoInput[] = "its output depends on no value that could be differentiated by";
constexpr char kIntegerOutput[] = "its output is an integer";

template <bool kKeyed, bool kBounds> Status StatelessShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(kKeyed ? RequireKey(c, 1) : RequireSeed(c, 1));
  if (kBounds) {
    WEIR_RETURN_IF_ERROR(RequireScalar(c, c.num_inputs() - 2));
    WEIR_RETURN_IF_ERROR(RequireScalar(c, c.num_inputs() - 1));
  }
  return DrawnShape(c);
}

// A draw: what it is, the dtypes of its output with the default, those of the bounds where it has any.
struct Draw {
  const char *op, *doc, *dtypes, *dtypes_of_key;
  bool bounds = false;
  const char* seeds = "{int32, int64}";
};

void AddBySeed(OpRegistry& r, const Draw& draw) {
  OpDef& op = r.Add(draw.op);
  op.Input("shape: T").Input("seed: Tseed");
  if (draw.bounds) op.Input("minval: dtype").Input("maxval: dtype");
  op.Output("output: dtype").Attr(std::string("dtype: ") + draw.dtypes);
  op.Attr("T: {int32, int64} = int32").Attr(std::string("Tseed: ") + draw.seeds + " = int64");
  op.Doc(std::string(draw.doc) + " They are a function of the seed [2].");
  op.SizedByFirst().Shape(draw.bounds ? StatelessShape<false, true> : StatelessShape<false, false>);
  op.NoGradient(kNoInput);
}

void AddByKey(OpRegistry& r, const Draw& draw) {
  OpDef& op = r.Add(std::string(draw.op) + "V2");
  op.Input("shape: Tshape").Input("key: uint64").Input("counter: uint64").Input("alg: int32");
  if (draw.bounds) op.Input("minval: dtype").Input("maxval: dtype");
  op.Output("output: dtype").Attr(std::string("dtype: ") + draw.dtypes_of_key);
  op.Attr("Tshape: {int32, int64} = int32");
  op.Doc(std::string(draw.doc) + " They are a function of the generator's key [1] and counter [2]; alg is 1, Philox, "
         "or 3, which is the same here.");
  op.SizedByFirst().Shape(draw.bounds ? StatelessShape<true, true> : StatelessShape<true, false>);
  op.NoGradient(kNoInput);
}

void AddDraws(OpRegistry& r) {
  constexpr char kFloats[] = "{half, bfloat16, float, double} = float";
  constexpr char kFull[] = "{int32, int64, uint32, uint64} = uint64";
  const Draw draws[] = {
      {"StatelessRandomUniform", "Numbers spread evenly over [0, 1), in the given shape.", kFloats, kFloats},
      {"StatelessRandomNormal", "Normally distributed numbers of mean 0 and deviation 1, in the given shape.", kFloats,
       kFloats},
      {"StatelessTruncatedNormal", "Like StatelessRandomNormal, but numbers with |x| >= 2 are drawn again.", kFloats,
       kFloats},
      {"StatelessRandomUniformInt",
       "Integers spread evenly over [minval, maxval), in the given shape. minval < maxval, both scalars.",
       "{int32, int64}", "{int32, int64, uint32, uint64}", true},
      {"StatelessRandomUniformFullInt", "Integers spread evenly over all that the dtype has, in the given shape.",
       kFull, kFull, false, "{int32, int64, uint32, uint64}"},
  };
  for (const Draw& draw : draws) {
    AddBySeed(r, draw);
    AddByKey(r, draw);
  }
}

Status KeyCounterShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireSeed(c, 0));
  c.set_output(0, {1});
  c.set_output(1, {2});
  if (c.num_outputs() > 2) c.set_output(2, PartialShape::Scalar());
  return {};
}

}  // namespace

void RegisterRandomStatelessOps(OpRegistry& r) {
  AddDraws(r);
  r.Add("StatelessRandomGetKeyCounter")
      .Input("seed: Tseed").Output("key: uint64").Output("counter: uint64").Attr("Tseed: {int32, int64} = int64")
      .Doc("The key [1] and the counter [2] of the generator that a seed [2] starts.")
      .Shape(KeyCounterShape)
      .NoGradient(kIntegerOutput);
  r.Add("StatelessRandomGetKeyCounterAlg")
      .Input("seed: Tseed").Output("key: uint64").Output("counter: uint64").Output("alg: int32")
      .Attr("Tseed: {int32, int64} = int64")
      .Doc("The key [1] and the counter [2] of the generator that a seed [2] starts, and which algorithm it is: 1, "
           "Philox.")
      .Shape(KeyCounterShape)
      .NoGradient(kIntegerOutput);
  r.Add("StatelessRandomGetAlg")
      .Output("alg: int32")
      .Doc("The algorithm of the stateless ops' generator: 1, Philox.")
      .Shape(ScalarShape)
      .NoGradient(kIntegerOutput);
}

// ---- building functions

namespace ops {

namespace {

Output Normal(At g, const char* op, const char* default_name, const Input& shape, const Input& seed,
              const StatelessNormalOptions& o) {
  Builder& b = *g.builder;
  auto at = b.At(g.loc);
  auto scope = b.NameScope(o.name.empty() ? default_name : o.name);
  Output mean = Parameter(b, o.mean, o.dtype, "mean"), stddev = Parameter(b, o.stddev, o.dtype, "stddev");
  return Affine(b, b.Add(op, {shape, seed}, {{"dtype", o.dtype}}), stddev, mean);
}

}  // namespace

Output StatelessUniform(At g, Input shape, Input seed, StatelessUniformOptions o) {
  Builder& b = *g.builder;
  auto at = b.At(g.loc);
  const std::string name = o.name.empty() ? "stateless_random_uniform" : o.name;
  if (IsInteger(o.dtype)) {
    return b.Add("StatelessRandomUniformInt", {shape, seed, o.minval, o.maxval}, {{"dtype", o.dtype}}, {.name = name});
  }
  auto scope = b.NameScope(name);
  Output low = Parameter(b, o.minval, o.dtype, "min"), high = Parameter(b, o.maxval, o.dtype, "max");
  Output samples = b.Add("StatelessRandomUniform", {shape, seed}, {{"dtype", o.dtype}});
  return Affine(b, samples, b.Add("Sub", {high, low}, {}, {.name = "sub"}), low);
}

Output StatelessUniformFullInt(At g, Input shape, Input seed, StatelessFullIntOptions o) {
  return g.builder->Add("StatelessRandomUniformFullInt", {shape, seed}, {{"dtype", o.dtype}}, {.name = o.name}, g.loc);
}

Output StatelessNormal(At g, Input shape, Input seed, StatelessNormalOptions o) {
  return Normal(g, "StatelessRandomNormal", "stateless_random_normal", shape, seed, o);
}

Output StatelessTruncatedNormal(At g, Input shape, Input seed, StatelessNormalOptions o) {
  return Normal(g, "StatelessTruncatedNormal", "stateless_truncated_normal", shape, seed, o);
}

}  // namespace ops
}  // namespace weir
