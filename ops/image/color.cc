// Colours: contrast, hue and saturation; between red, green, blue and hue, saturation, value.
#include <fmt/format.h>

#include <array>

#include "weir/graph/gradients.h"
#include "weir/graph/op_def.h"
#include "weir/ops/array/array.h"
#include "weir/ops/image/image_shapes.h"
#include "weir/ops/math/math.h"
#include "weir/ops/shape_helpers.h"

namespace weir {
namespace {

// Output 0 is like input 0, [..., 3] of rank `rank` at least; input 1, if any, is a scalar.
ShapeFn ColorShape(int rank) {
  return [rank](ShapeContext& c) -> Status {
    WEIR_RETURN_IF_ERROR(image::UnchangedImages(c, rank));
    if (c.num_inputs() > 1) WEIR_RETURN_IF_ERROR(RequireScalar(c, 1));
    const PartialShape& s = c.output(0);
    if (!s.known_rank() || MergeDims(s[s.rank() - 1], 3).ok()) return {};
    return InvalidArgument(fmt::format("needs 3 channels, but has {}", c.Describe(0)));
  };
}

Status ContrastShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 1));
  return image::UnchangedImages(c, 3);
}

// By the images it is its own transpose.
Status ContrastGradient(GradContext& c) {
  const Output g = c.grad(), x = c.input(0);
  c.set(0, Make("AdjustContrastv2", {g, c.input(1)}));
  if (!c.wants(1)) return {};
  const Output distance = x - Make("Mean", {x, {-3, -2}}, {{"keep_dims", true}});
  c.set(1, ops::Cast(Make("Sum", {Make("Reshape", {g * distance, {-1}}), {0}}), kFloat));
  return {};
}

// 1 where `condition` holds, 0 elsewhere.
Output Mask(const Output& condition, DType dtype) { return ops::Cast(condition, dtype); }

// Which of the three channels is the largest and which the smallest, as masks; of equal ones the first is larger.
using Channels = std::array<Output, 3>;
Channels Largest(const OutputList& x, DType t) {
  using namespace ops;
  return {Mask(LogicalAnd(GreaterEqual(x[0], x[1]), GreaterEqual(x[0], x[2])), t),
          Mask(LogicalAnd(Greater(x[1], x[0]), GreaterEqual(x[1], x[2])), t),
          Mask(LogicalAnd(Greater(x[2], x[0]), Greater(x[2], x[1])), t)};
}
Channels Smallest(const OutputList& x, DType t) {
  using namespace ops;
  return {Mask(LogicalAnd(Less(x[0], x[1]), Less(x[0], x[2])), t),
          Mask(LogicalAnd(LessEqual(x[1], x[0]), Less(x[1], x[2])), t),
          Mask(LogicalAnd(LessEqual(x[2], x[0]), LessEqual(x[2], x[1])), t)};
}

// With the range r = value - smallest: saturation is r / value, hue 1/6 (the next channel less the one after it, seen
// from the largest) / r and a constant. As in TensorFlow 0 where r is 0, and saturation does not change with a channel
// that is not positive.
Status RgbToHsvGradient(GradContext& c) {
  using namespace ops;
  const DType t = c.input(0).dtype();
  const OutputList x = Unstack(c.input(0), 3, -1), grad = Unstack(c.grad(), 3, -1);
  const Channels large = Largest(x, t), small = Smallest(x, t);
  const Output value = Maximum(x[0], Maximum(x[1], x[2])), range = value - Minimum(x[0], Minimum(x[1], x[2]));
  const Output difference =
      large[0] * (x[1] - x[2]) + large[1] * (x[2] - x[0]) + large[2] * (x[0] - x[1]);
  const Output by_difference = DivNoNan(grad[0] * Mask(Greater(value, 0), t), 6 * range);
  const Output by_range = -DivNoNan(by_difference * difference, range);
  const Output by_saturation = DivNoNan(grad[1], value), saturation = DivNoNan(range, value);
  InputList by_channel;
  for (int i = 0; i < 3; ++i) {
    const Output sign = large[i] - small[i];
    const Output hue = by_difference * (large[(i + 2) % 3] - large[(i + 1) % 3]) + by_range * sign;
    const Output saturated = Mask(Greater(x[i], 0), t) * by_saturation * (sign - saturation * large[i]);
    by_channel.push_back(grad[2] * large[i] + saturated + hue);
  }
  c.set(0, Stack(by_channel, -1));
  return {};
}

}  // namespace

void RegisterColorOps(OpRegistry& r) {
  r.Add("AdjustContrastv2")
      .Input("images: T").Input("contrast_factor: float").Output("output: T").Attr("T: {half, float} = float")
      .Doc(
          "Images [..., height, width, channels] with each channel's distance from its mean over the image multiplied: "
          "(x - mean) * contrast_factor + mean.")
      .Shape(ContrastShape)
      .Gradient(ContrastGradient);
  r.Add("AdjustHue")
      .Input("images: T").Input("delta: float").Output("output: T").Attr("T: {half, float} = float")
      .Doc("Images [..., height, width, 3] of red, green and blue with `delta` added to their hue, of which 1 is a "
           "full turn.")
      .Shape(ColorShape(3))
      .NoGradient(image::kNoneThere, false);
  r.Add("AdjustSaturation")
      .Input("images: T").Input("scale: float").Output("output: T").Attr("T: {half, float} = float")
      .Doc("Images [..., height, width, 3] of red, green and blue with their saturation multiplied by `scale`, and "
           "kept within [0, 1].")
      .Shape(ColorShape(3))
      .NoGradient(image::kNoneThere, false);
  r.Add("RGBToHSV")
      .Input("images: T").Output("output: T").Attr("T: {half, bfloat16, float, double} = float")
      .Doc("Hue, saturation and value, each in [0, 1], of red, green and blue in [0, 1], along the last axis.")
      .Shape(ColorShape(1))
      .HasPoles()
      .Gradient(RgbToHsvGradient);
  r.Add("HSVToRGB")
      .Input("images: T").Output("output: T").Attr("T: {half, bfloat16, float, double} = float")
      .Doc("Red, green and blue, each in [0, 1], of hue, saturation and value in [0, 1], along the last axis.")
      .Shape(ColorShape(1))
      .NoGradient(image::kNoneThere, false);
}

}  // namespace weir
