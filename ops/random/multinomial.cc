// Multinomial and its stateless form: classes drawn by their unnormalised log-probabilities.
#include "weir/ops/random/draw_shapes.h"
#include "weir/ops/random/random.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

constexpr char kLogits[] = "T: realnumbertype";
constexpr char kDraws[] =
    "num_samples classes for each row of logits [batch,classes], [batch,num_samples]: class k comes with a probability "
    "in proportion to exp(logits[k]); logits that are not finite count as none. Only floating logits are computed.";

Status MultinomialShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(const PartialShape logits, c.WithRank(0, 2));
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 1));
  if (logits[1] == 0) return InvalidArgument("cannot draw from 0 classes");
  const auto samples = KnownElements(c, 1);
  if (samples && (*samples)[0] < 0) return InvalidArgument("cannot draw a negative number of samples");
  const PartialShape drawn({logits[0], samples ? (*samples)[0] : kUnknownDim});
  if (drawn.fully_known()) WEIR_RETURN_IF_ERROR(Shape::Make(drawn.dims()).status());
  c.set_output(0, drawn);
  return {};
}

Status StatelessMultinomialShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireSeed(c, 2));
  return MultinomialShape(c);
}

}  // namespace

void RegisterRandomMultinomialOps(OpRegistry& r) {
  constexpr char kClasses[] = "its output is a class";
  r.Add("Multinomial")
      .Input("logits: T").Input("num_samples: int32").Output("output: output_dtype")
      .Attr("seed: int = 0").Attr("seed2: int = 0").Attr(kLogits).Attr("output_dtype: {int32, int64} = int64")
      .Random()
      .Doc(std::string("Draws ") + kDraws)
      .Shape(MultinomialShape)
      .NoGradient(kClasses);
  r.Add("StatelessMultinomial")
      .Input("logits: T").Input("num_samples: int32").Input("seed: Tseed").Output("output: output_dtype")
      .Attr(kLogits).Attr("Tseed: {int32, int64} = int64").Attr("output_dtype: {int32, int64} = int64")
      .Doc(std::string("Draws, as a function of the seed [2], ") + kDraws)
      .Shape(StatelessMultinomialShape)
      .NoGradient(kClasses);
}

// ---- building functions

namespace ops {

Output Multinomial(Input logits, Input num_samples, MultinomialOptions o) {
  Builder* b = logits.builder();
  if (!b) return {};
  b = Builder::Innermost(b);
  return AddSeeded(At(*b, logits.loc()), "Multinomial", {logits, num_samples}, {{"output_dtype", o.output_dtype}},
                   o.seed, o.name.empty() ? "Multinomial" : o.name);
}

Output StatelessMultinomial(Input logits, Input num_samples, Input seed, StatelessMultinomialOptions o) {
  return Make("StatelessMultinomial", {logits, num_samples, seed}, {{"output_dtype", o.output_dtype}},
              {.name = o.name});
}

}  // namespace ops
}  // namespace weir
