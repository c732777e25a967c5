// ExtractImagePatches: the parts of images under a sliding window, as convolution sees them.
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/graph/op_def.h"
#include "weir/ops/window_shapes.h"

namespace weir {
namespace {

Status PatchesShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(SlidingWindow w, PatchWindow(ReadWindowAttrs(c)));
  WEIR_ASSIGN_OR_RETURN(PartialShape images, c.WithRank(0, 4));
  int64_t taps, elements;
  Dim depth = kUnknownDim;
  if (!CheckedMul(w.y.window, w.x.window, &taps)) return ResourceExhausted("has patches whose size overflows");
  if (Known(images[3])) {
    if (!CheckedMul(taps, images[3], &elements)) return ResourceExhausted("has patches whose size overflows");
    depth = elements;
  }
  WEIR_ASSIGN_OR_RETURN(PartialShape out, SlideShape(w, images, depth));
  c.set_output(0, out);
  return {};
}

AttrMap PatchAttrs(const GradContext& c) { return c.attrs({"ksizes", "strides", "rates", "padding"}); }

// Numbers of an image's pixels, in order from 1 on: [1, height, width, 1]. Their patches tell where each element of a
// patch lies; 0 is padding.
Output PixelNumbers(const Output& height, const Output& width) {
  const Output count = Make("Mul", {height, width});
  const Output numbers = Make("Range", {int64_t{1}, Make("AddV2", {count, int64_t{1}}), int64_t{1}});
  return Make("Reshape", {numbers, Make("Pack", {int64_t{1}, height, width, int64_t{1}})});
}

// Each element of grad is added to the pixel that it came of. Rows of what is summed are elements of a patch, columns
// batch and channels.
Status PatchesGradient(GradContext& c) {
  const AttrMap in_64_bits{{"out_type", kInt64}};
  const OutputList x = MakeAll("Unpack", {Make("Shape", {c.input(0)}, in_64_bits)}, {{"num", 4}}, {}, 4);
  const OutputList y = MakeAll("Unpack", {Make("Shape", {c.grad()}, in_64_bits)}, {{"num", 4}}, {}, 4);
  const std::vector<int64_t> k = c.attr<AttrList>("ksizes").i;
  const Output places = Make("ExtractImagePatches", {PixelNumbers(x[1], x[2])}, PatchAttrs(c));
  const Output rows = Make("Sub", {Make("Reshape", {places, {-1}}), int64_t{1}});
  const Output apart = Make("Reshape", {c.grad(), Make("Pack", {x[0], y[1], y[2], k[1] * k[2], x[3]})});
  const Output columns = Make("Mul", {x[0], x[3]}), pixels = Make("Mul", {x[1], x[2]});
  const Output by_rows = Make("Transpose", {apart, {1, 2, 3, 0, 4}});
  const Output flat = Make("Reshape", {by_rows, Make("Pack", {int64_t{-1}, columns})});
  const Output sums = Make("UnsortedSegmentSum", {flat, rows, pixels});
  const Output images = Make("Reshape", {sums, Make("Pack", {x[1], x[2], x[0], x[3]})});
  c.set(0, Make("Transpose", {images, {2, 0, 1, 3}}));
  return {};
}

}  // namespace

void RegisterImagePatchesOps(OpRegistry& r) {
  r.Add("ExtractImagePatches")
      .Input("images: T").Output("patches: T")
      .Attr("ksizes: list(int) >= 4").Attr("strides: list(int) >= 4").Attr("rates: list(int) >= 4")
      .Attr("T: {bfloat16, half, float, double, int8, int16, int32, int64, uint8, uint16, uint32, uint64, complex64, "
            "complex128, bool}")
      .Attr("padding: {'SAME', 'VALID'}")
      .Doc(
          "The windows of images [batch, height, width, channels] side by side, [batch, out height, out width, "
          "ksizes[1] * ksizes[2] * channels]: of each its rows, of each row its pixels, `rates` apart in the images; "
          "elements beyond the border are 0.")
      .Shape(PatchesShape)
      .NoFlops()
      .Gradient(PatchesGradient);
}

}  // namespace weir
