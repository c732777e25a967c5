// Draws from distributions with parameters: gamma, Poisson, binomial. The parameters' shape ends the output's; before
// it stand the axes of the draws for each.
//
// A gamma number moves with alpha while its random words stay as they are: that is RandomGammaGrad
// (ops/math/special.cc), by which the gamma ops are differentiated. The others give counts.
#include <limits>
#include <string>

#include "weir/ops/broadcast_gradients.h"
#include "weir/ops/math/math.h"
#include "weir/ops/random/draw_shapes.h"
#include "weir/ops/random/random.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

constexpr char kCounts[] = "its output is a count, which jumps where a parameter changes";

// The shape that is asked for, of draws for each parameter, and the parameters' behind it.
Status AppendedShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(const PartialShape draws, ShapeToDraw(c));
  const PartialShape whole = Concatenate(draws, c.input(1));
  if (whole.fully_known()) WEIR_RETURN_IF_ERROR(Shape::Make(whole.dims()).status());
  c.set_output(0, whole);
  return {};
}

// The shape that is asked for, which ends with `parameters`.
Status EndingShape(ShapeContext& c, const PartialShape& parameters) {
  WEIR_ASSIGN_OR_RETURN(PartialShape shape, ShapeToDraw(c));
  if (shape.known_rank() && parameters.known_rank()) {
    const int begin = shape.rank() - parameters.rank();
    auto end = begin < 0 ? PartialShape() : Subshape(shape, begin, shape.rank());
    auto merged = begin < 0 ? Result<PartialShape>(InvalidArgument("")) : MergeShapes(end, parameters);
    if (!merged.ok()) {
      return InvalidArgument("needs a shape that ends like that of the parameters, " + parameters.ToString() +
                             ", got " + shape.ToString());
    }
    for (int k = begin; k < shape.rank(); ++k) shape[k] = (*merged)[k - begin];
  }
  c.set_output(0, shape);
  return {};
}

// Of one parameter, the last input.
template <bool kKeyed> Status StatelessShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(kKeyed ? RequireKey(c, 1) : RequireSeed(c, 1));
  return EndingShape(c, c.input(c.num_inputs() - 1));
}

Status BinomialShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireSeed(c, 1));
  WEIR_ASSIGN_OR_RETURN(const PartialShape parameters, BroadcastShapes(c.input(2), c.input(3)));
  return EndingShape(c, parameters);
}

// By alpha, the last input: what each of its numbers would move, summed over the draws.
Status GammaGrad(GradContext& c) {
  const int i = c.num_inputs() - 1;
  const Output alpha = c.input(i), sample = c.output(0);
  const DType dtype = alpha.dtype(), wide = dtype == kDouble ? kDouble : kFloat;
  Output moved = Make("RandomGammaGrad", {ops::Cast(alpha, wide), ops::Cast(sample, wide)});
  c.set(i, SumToShapeOf(c.grad() * ops::Cast(moved, dtype), alpha, sample));
  return {};
}

void AddStateful(OpRegistry& r) {
  r.Add("RandomGamma")
      .Input("shape: S").Input("alpha: T").Output("output: T")
      .Attr("seed: int = 0").Attr("seed2: int = 0").Attr("S: {int32, int64}").Attr("T: {half, float, double}")
      .Random().SizedByFirst()
      .Doc("Numbers of the gamma distribution of shape alpha and scale 1: `shape` of them for each alpha, "
           "[shape…, alpha's shape…]. NaN where alpha is no shape.")
      .Shape(AppendedShape)
      .Gradient(GammaGrad);
  r.Add("RandomPoisson")
      .Input("shape: S").Input("rate: dtype").Output("output: dtype")
      .Attr("seed: int = 0").Attr("seed2: int = 0").Attr("S: {int32, int64}").Attr("dtype: {half, float, double}")
      .Random().SizedByFirst()
      .Doc("As RandomPoissonV2, of one dtype: the form of old graphs.")
      .Shape(AppendedShape)
      .NoGradient(kCounts);
  r.Add("RandomPoissonV2")
      .Input("shape: S").Input("rate: R").Output("output: dtype")
      .Attr("seed: int = 0").Attr("seed2: int = 0").Attr("S: {int32, int64}")
      .Attr("R: {half, float, double, int32, int64} = double")
      .Attr("dtype: {half, float, double, int32, int64} = int64")
      .Random().SizedByFirst()
      .Doc("Numbers of the Poisson distribution: `shape` of them for each rate, [shape…, rate's shape…]. 0 at rates of "
           "0 and below; what dtype cannot hold is drawn again.")
      .Shape(AppendedShape)
      .NoGradient(kCounts);
}

void AddStateless(OpRegistry& r) {
  r.Add("StatelessRandomGammaV2")
      .Input("shape: T").Input("seed: Tseed").Input("alpha: dtype").Output("output: dtype")
      .Attr("dtype: {half, float, double}").Attr("T: {int32, int64}").Attr("Tseed: {int32, int64} = int64")
      .SizedByFirst()
      .Doc("Numbers of the gamma distribution of shape alpha and scale 1, a function of the seed [2]. The given shape "
           "ends with alpha's.")
      .Shape(StatelessShape<false>)
      .Gradient(GammaGrad);
  r.Add("StatelessRandomGammaV3")
      .Input("shape: shape_dtype").Input("key: uint64").Input("counter: uint64").Input("alg: int32")
      .Input("alpha: dtype").Output("output: dtype")
      .Attr("dtype: {half, float, double}").Attr("shape_dtype: {int32, int64} = int32")
      .SizedByFirst()
      .Doc("Numbers of the gamma distribution of shape alpha and scale 1, a function of the generator's key [1] and "
           "counter [2]; alg is 1, Philox, or 3, which is the same here. The given shape ends with alpha's.")
      .Shape(StatelessShape<true>)
      .Gradient(GammaGrad);
  r.Add("StatelessRandomPoisson")
      .Input("shape: T").Input("seed: Tseed").Input("lam: Rtype").Output("output: dtype")
      .Attr("Rtype: {half, float, double, int32, int64}").Attr("dtype: {half, float, double, int32, int64}")
      .Attr("T: {int32, int64}").Attr("Tseed: {int32, int64} = int64")
      .SizedByFirst()
      .Doc("Numbers of the Poisson distribution of rate lam, a function of the seed [2]. The given shape ends with "
           "lam's.")
      .Shape(StatelessShape<false>)
      .NoGradient(kCounts);
  r.Add("StatelessRandomBinomial")
      .Input("shape: S").Input("seed: Tseed").Input("counts: T").Input("probs: T").Output("output: dtype")
      .Attr("S: {int32, int64}").Attr("Tseed: {int32, int64} = int64")
      .Attr("T: {half, float, double, int32, int64} = double")
      .Attr("dtype: {half, float, double, int32, int64} = int64")
      .SizedByFirst()
      .Doc("How many of `counts` tries succeed, each with the probability `probs`: numbers of the binomial "
           "distribution, a function of the seed [2]. The given shape ends with that of counts and probs, broadcast.")
      .Shape(BinomialShape)
      .NoGradient(kCounts);
}

}  // namespace

void RegisterRandomSamplingOps(OpRegistry& r) {
  AddStateful(r);
  AddStateless(r);
}

// ---- building functions

namespace ops {

namespace {

// Numbers of scale 1 / beta, none of them 0: the last node carries the scope's name.
Output Scaled(Builder& b, const Output& samples, const Output& beta, DType dtype) {
  constexpr double kLeastHalf = 0x1p-14;
  const double least = dtype == kDouble  ? std::numeric_limits<double>::min()
                       : dtype == kFloat ? static_cast<double>(std::numeric_limits<float>::min())
                                         : kLeastHalf;
  Output scaled = b.Add("RealDiv", {samples, beta}, {}, {.name = "truediv"});
  return b.Add("Maximum", {Parameter(b, least, dtype, "least"), scaled}, {}, {.name = b.scope()});
}

// alpha as broadcast with beta, so that there are draws for each pair.
Output BroadcastWith(Builder& b, const Output& alpha, const Output& beta) {
  return b.Add("AddV2", {alpha, b.Add("ZerosLike", {beta})});
}

}  // namespace

Output RandomGamma(At g, Input shape, Input alpha, GammaOptions o) {
  Builder& b = *g.builder;
  auto at = b.At(g.loc);
  auto scope = b.NameScope(o.name.empty() ? "random_gamma" : o.name);
  Output a = Parameter(b, alpha, o.dtype, "alpha"), beta = Parameter(b, o.beta, o.dtype, "beta");
  Output samples = AddSeeded(g, "RandomGamma", {shape, BroadcastWith(b, a, beta)}, {}, o.seed, "RandomGamma");
  return Scaled(b, samples, beta, o.dtype);
}

Output RandomPoisson(At g, Input shape, Input rate, PoissonOptions o) {
  Builder& b = *g.builder;
  auto at = b.At(g.loc);
  return AddSeeded(g, "RandomPoissonV2", {shape, rate}, {{"dtype", o.dtype}}, o.seed,
                   o.name.empty() ? "RandomPoissonV2" : o.name);
}

Output StatelessGamma(At g, Input shape, Input seed, Input alpha, StatelessGammaOptions o) {
  Builder& b = *g.builder;
  auto at = b.At(g.loc);
  auto scope = b.NameScope(o.name.empty() ? "stateless_random_gamma" : o.name);
  Output a = Parameter(b, alpha, o.dtype, "alpha"), beta = Parameter(b, o.beta, o.dtype, "beta");
  Output samples = b.Add("StatelessRandomGammaV2", {shape, seed, BroadcastWith(b, a, beta)});
  return Scaled(b, samples, beta, o.dtype);
}

Output StatelessPoisson(At g, Input shape, Input seed, Input rate, StatelessCountOptions o) {
  Builder& b = *g.builder;
  auto at = b.At(g.loc);
  const Output lam = rate.is_literal() ? AsOutput(b, rate, kDouble) : rate.output();
  return b.Add("StatelessRandomPoisson", {shape, seed, lam}, {{"dtype", o.dtype}}, {.name = o.name});
}

Output StatelessBinomial(At g, Input shape, Input seed, Input counts, Input probs, StatelessCountOptions o) {
  Builder& b = *g.builder;
  auto at = b.At(g.loc);
  return b.Add("StatelessRandomBinomial", {shape, seed, counts, probs}, {{"dtype", o.dtype}}, {.name = o.name});
}

}  // namespace ops
}  // namespace weir
