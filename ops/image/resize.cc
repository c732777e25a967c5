// Resizing of images, by neighbours, linearly, by cubic polynomials and by area, with the gradient ops.
//
// Where TensorFlow has gradients of first order only, these go on: each resizing is linear in its image, and its
// gradient op's gradient is the resizing.
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/graph/op_def.h"
#include "weir/ops/image/image_shapes.h"

namespace weir {
namespace {

Status CheckCenters(const ShapeContext& c) {
  if (!c.attr<bool>("align_corners") || !c.attr<bool>("half_pixel_centers")) return {};
  return InvalidArgument("has both align_corners and half_pixel_centers; at most one of them may be true");
}

// Images whose height and width are neither 0.
Result<PartialShape> ImagesInput(const ShapeContext& c, int i) {
  WEIR_ASSIGN_OR_RETURN(PartialShape images, c.WithRank(i, 4));
  if (images[1] == 0 || images[2] == 0)
    return InvalidArgument(fmt::format("has images without pixels in '{}': {}", c.InputName(i), c.Describe(i)));
  return images;
}

Status SizedShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape images, ImagesInput(c, 0));
  WEIR_ASSIGN_OR_RETURN(auto size, image::SizeInput(c, 1));
  c.set_output(0, PartialShape({images[0], size.first, size.second, images[3]}));
  return {};
}

Status ResizeShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(CheckCenters(c));
  return SizedShape(c);
}

// Input 0 are gradients by the resized images, input 1 the images.
Status ResizeGradShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(CheckCenters(c));
  WEIR_ASSIGN_OR_RETURN(PartialShape grads, ImagesInput(c, 0));
  WEIR_ASSIGN_OR_RETURN(PartialShape images, ImagesInput(c, 1));
  for (int axis : {0, 3}) {
    auto size = MergeDims(grads[axis], images[axis]);
    if (!size.ok()) {
      return InvalidArgument(
          fmt::format("cannot take {} as gradients by resized {}", c.Describe(0), c.Describe(1)))
          .Detail("batches and channels must be equal");
    }
    images[axis] = *size;
  }
  c.set_output(0, images);
  return {};
}

AttrMap Centers(const GradContext& c) { return c.attrs({"align_corners", "half_pixel_centers"}); }

// By images of any floating dtype, through `op` of the dtypes that it takes.
GradFn ResizeGradient(const char* op, bool any_float) {
  return [op, any_float](GradContext& c) -> Status {
    const Output images = c.input(0);
    const DType dtype = images.dtype();
    if (any_float || dtype == kFloat || dtype == kDouble) {
      c.set(0, Make(op, {c.grad(), images}, Centers(c)));
    } else {
      const Output grad = Make(op, {c.grad(), Make("Cast", {images}, {{"DstT", kFloat}})}, Centers(c));
      c.set(0, Make("Cast", {grad}, {{"DstT", dtype}}));
    }
    return {};
  };
}

// Of a gradient op by its grads: `op`, the resizing.
GradFn ResizeGradGradient(const char* op) {
  return [op](GradContext& c) -> Status {
    c.set(0, Make(op, {c.grad(), image::SizeOf(c.input(0))}, Centers(c)));
    return {};
  };
}

Status NearestGradient(GradContext& c) {
  c.set(0, Make("ResizeNearestNeighborGrad", {c.grad(), image::SizeOf(c.input(0))}, Centers(c)));
  return {};
}

OpDef& AddResize(OpRegistry& r, const char* name, const char* output) {
  return r.Add(name)
      .Input("images: T")
      .Input("size: int32")
      .Output(output)
      .Attr("T: {int8, uint8, int16, uint16, int32, int64, half, float, double, bfloat16}")
      .Attr("align_corners: bool = false");
}

OpDef& AddResizeGrad(OpRegistry& r, const char* name, const char* types) {
  return r.Add(name)
      .Input("grads: float")
      .Input("original_image: T")
      .Output("output: T")
      .Attr(types)
      .Attr("align_corners: bool = false")
      .Attr("half_pixel_centers: bool = false")
      .Shape(ResizeGradShape);
}

void AddNearest(OpRegistry& r) {
  AddResize(r, "ResizeNearestNeighbor", "resized_images: T")
      .Attr("half_pixel_centers: bool = false")
      .Doc(
          "Images [batch, height, width, channels] in another size, [height, width]: each pixel is the nearest one's "
          "copy. See ResizeBilinear for the attributes.")
      .Shape(ResizeShape)
      .Gradient(NearestGradient);
  r.Add("ResizeNearestNeighborGrad")
      .Input("grads: T")
      .Input("size: int32")
      .Output("output: T")
      .Attr("T: {uint8, int8, int32, half, float, double, bfloat16}")
      .Attr("align_corners: bool = false")
      .Attr("half_pixel_centers: bool = false")
      .Doc(
          "The gradient of ResizeNearestNeighbor by its images, whose height and width are `size`: each pixel of grads "
          "is added to the pixel that was copied there.")
      .Shape(SizedShape)  // TensorFlow takes both attributes here
      .Gradient(ResizeGradGradient("ResizeNearestNeighbor"));
}

}  // namespace

void RegisterResizeOps(OpRegistry& r) {
  AddNearest(r);
  AddResize(r, "ResizeBilinear", "resized_images: float")
      .Attr("half_pixel_centers: bool = false")
      .Doc(
          "Images [batch, height, width, channels] in another size, [height, width], as float: each pixel is "
          "interpolated linearly between the four around its place. The place of pixel i is i * old / new; with "
          "align_corners i * (old - 1) / (new - 1), so that the corners' pixels keep their values; with "
          "half_pixel_centers (i + 1/2) * old / new - 1/2. Beyond the border the border's pixels go on.")
      .Shape(ResizeShape)
      .Gradient(ResizeGradient("ResizeBilinearGrad", true));
  AddResizeGrad(r, "ResizeBilinearGrad", "T: {float, bfloat16, half, double}")
      .Doc("The gradient of ResizeBilinear by its images: each pixel of grads is shared out among the four it came of.")
      .Gradient(ResizeGradGradient("ResizeBilinear"));
  AddResize(r, "ResizeBicubic", "resized_images: float")
      .Attr("half_pixel_centers: bool = false")
      .Doc(
          "Images [batch, height, width, channels] in another size, [height, width], as float: each pixel is "
          "interpolated by cubic convolution of the 16 around its place (a = -0.75; with half_pixel_centers -0.5, "
          "where pixels beyond the border have no weight). See ResizeBilinear for the attributes.")
      .Shape(ResizeShape)
      .Gradient(ResizeGradient("ResizeBicubicGrad", false));
  AddResizeGrad(r, "ResizeBicubicGrad", "T: {float, double}")
      .Doc("The gradient of ResizeBicubic by its images: each pixel of grads is shared out among the 16 it came of.")
      .Gradient(ResizeGradGradient("ResizeBicubic"));
  AddResize(r, "ResizeArea", "resized_images: float")
      .Doc(
          "Images [batch, height, width, channels] in another size, [height, width], as float: each pixel is the mean "
          "of the area that it covers. See ResizeBilinear for align_corners.")
      .Shape(ResizeShape)
      .NoGradient(image::kNoneThere, false);
}

}  // namespace weir
