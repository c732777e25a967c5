// Quantisation that training pretends: numbers rounded to the 2^num_bits that a range has, with the gradients.
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"
#include "weir/ops/math/math.h"
#include "weir/ops/shape_helpers.h"

namespace weir {
namespace {

// How the range is given.
enum class Range { kAttributes, kScalars, kChannels };

Status CheckBits(const ShapeContext& c) {
  const int64_t bits = c.attr<int64_t>("num_bits");
  if (bits >= 2 && bits <= 16) return {};
  return InvalidArgument(fmt::format("has num_bits {}; it must be in [2, 16]", bits));
}

// Inputs `first` and the next are the least and the largest number, of all or of each channel.
Status CheckRange(const ShapeContext& c, Range range, int first, const PartialShape& x) {
  for (int i = first; i < first + 2; ++i) {
    if (range == Range::kScalars) {
      WEIR_RETURN_IF_ERROR(RequireScalar(c, i));
      continue;
    }
    WEIR_ASSIGN_OR_RETURN(PartialShape v, c.WithRank(i, 1));
    if (x.known_rank() && !MergeDims(v[0], x[x.rank() - 1]).ok())
      return InvalidArgument(fmt::format("has {} in '{}' for the channels of {}", c.Describe(i), c.InputName(i),
                                         x.ToString()));
  }
  return {};
}

Status CheckAttributes(const ShapeContext& c) {
  const float min = c.attr<float>("min"), max = c.attr<float>("max");
  if (min < max) return {};
  return InvalidArgument(fmt::format("has min {} and max {}; min must be the smaller", min, max));
}

// `inputs` is input 0, or 1 behind the gradients, which are like it.
ShapeFn FakeQuantShape(Range range, bool gradient) {
  return [range, gradient](ShapeContext& c) -> Status {
    WEIR_RETURN_IF_ERROR(CheckBits(c));
    const int rank = range == Range::kChannels ? 1 : 0;
    WEIR_ASSIGN_OR_RETURN(PartialShape x, c.WithRankAtLeast(0, rank));
    if (gradient) {
      WEIR_RETURN_IF_ERROR(c.WithRankAtLeast(1, rank).status());
      auto both = MergeShapes(x, c.input(1));
      if (!both.ok()) {
        return InvalidArgument(fmt::format("cannot take {} as gradients by {}", c.Describe(0), c.Describe(1)));
      }
      x = *both;
    }
    WEIR_RETURN_IF_ERROR(range == Range::kAttributes ? CheckAttributes(c) : CheckRange(c, range, gradient + 1, x));
    c.set_output(0, x);
    const bool channels = range == Range::kChannels;
    for (int i = 1; i < c.num_outputs(); ++i) {
      c.set_output(i, !channels          ? PartialShape({})
                      : x.known_rank() ? PartialShape({x[x.rank() - 1]})
                                       : PartialShape::UnknownOfRank(1));
    }
    return {};
  };
}

Status ArgsGradient(GradContext& c) {
  c.set(0, Make("FakeQuantWithMinMaxArgsGradient", {c.grad(), c.input(0)},
                c.attrs({"min", "max", "num_bits", "narrow_range"})));
  return {};
}

Status VarsGradient(GradContext& c) {
  const OutputList grads = MakeAll(c.op() + "Gradient", {c.grad(), c.input(0), c.input(1), c.input(2)},
                                   c.attrs({"num_bits", "narrow_range"}), {}, 3);
  for (int i = 0; i < 3; ++i) c.set(i, grads[i]);
  return {};
}

// The gradients are linear in `gradients`: what they let through they let through of it.
Status ArgsGradientGradient(GradContext& c) {
  c.set(0, Make("FakeQuantWithMinMaxArgsGradient", {c.grad(), c.input(1)},
                c.attrs({"min", "max", "num_bits", "narrow_range"})));
  return {};
}

// By gradients, in which all three outputs are linear: they go to the first where inputs lie in the range, else to the
// second or third. The range holds 0, so what lies outside lies on the side of its sign.
Status VarsGradientGradient(GradContext& c) {
  using namespace ops;
  const Output x = c.input(1), ones = Make("OnesLike", {x});
  auto within = [&](const Output& g) {
    return MakeAll(c.op(), {g, x, c.input(2), c.input(3)}, c.attrs({"num_bits", "narrow_range"}), {}, 3)[0];
  };
  const Output outside = 1 - within(ones);
  const Output below = outside * Cast(Less(x, 0), kFloat), above = outside * Cast(Greater(x, 0), kFloat);
  c.set(0, within(c.grad(0)) + below * c.grad(1) + above * c.grad(2));
  return {};
}

OpDef& Rounding(OpDef& op) { return op.Attr("num_bits: int = 8").Attr("narrow_range: bool = false"); }
OpDef& WithRange(OpDef& op) { return op.Input("min: float").Input("max: float"); }
OpDef& WithLimits(OpDef& op) { return op.Attr("min: float = -6.0").Attr("max: float = 6.0"); }

void AddVars(OpRegistry& r, const std::string& name, Range range, const char* doc, const char* gradient_doc) {
  Rounding(WithRange(r.Add(name).Input("inputs: float")))
      .Output("outputs: float").Doc(doc).Shape(FakeQuantShape(range, false)).Gradient(VarsGradient);
  Rounding(WithRange(r.Add(name + "Gradient").Input("gradients: float").Input("inputs: float")))
      .Output("backprops_wrt_input: float").Output("backprop_wrt_min: float").Output("backprop_wrt_max: float")
      .Doc(gradient_doc).Shape(FakeQuantShape(range, true)).Gradient(VarsGradientGradient);
}

}  // namespace

void RegisterFakeQuantOps(OpRegistry& r) {
  Rounding(WithLimits(r.Add("FakeQuantWithMinMaxArgs").Input("inputs: float").Output("outputs: float")))
      .Doc(
          "Numbers rounded as quantising to num_bits would round them: cut to [min, max], moved so that 0 is exact, to "
          "the nearest of 2^num_bits values (one less with narrow_range).")
      .Shape(FakeQuantShape(Range::kAttributes, false))
      .Gradient(ArgsGradient);
  Rounding(WithLimits(r.Add("FakeQuantWithMinMaxArgsGradient")
                          .Input("gradients: float").Input("inputs: float").Output("backprops: float")))
      .Doc("The gradient of FakeQuantWithMinMaxArgs, as if it did not round: gradients where inputs lie in the range.")
      .Shape(FakeQuantShape(Range::kAttributes, true))
      .Gradient(ArgsGradientGradient);
  AddVars(r, "FakeQuantWithMinMaxVars", Range::kScalars, "FakeQuantWithMinMaxArgs, with the range as inputs.",
          "The gradients of FakeQuantWithMinMaxVars: by inputs that of FakeQuantWithMinMaxArgs; by min and max the "
          "sums of the gradients where inputs lie below and above the range.");
  AddVars(r, "FakeQuantWithMinMaxVarsPerChannel", Range::kChannels,
          "FakeQuantWithMinMaxVars with a range, min[i] to max[i], for each channel i along the last axis.",
          "The gradients of FakeQuantWithMinMaxVarsPerChannel: as of FakeQuantWithMinMaxVars, channel by channel.");
}

}  // namespace weir
