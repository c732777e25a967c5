// CropAndResize and its gradient ops: parts of images, each resized to one size.
//
// Boxes are [y1, x1, y2, x2], in parts of the image's height and width less one; y1 > y2 turns the crop upside down.
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/graph/op_def.h"
#include "weir/ops/image/image_shapes.h"
#include "weir/ops/shape_helpers.h"

namespace weir {
namespace {

// Input `boxes` is [n, 4] and the input behind it, the boxes' images, [n]: n.
Result<Dim> NumBoxes(const ShapeContext& c, int boxes) {
  WEIR_ASSIGN_OR_RETURN(PartialShape b, image::BoxesInput(c, boxes));
  WEIR_ASSIGN_OR_RETURN(PartialShape of, c.WithRank(boxes + 1, 1));
  auto n = MergeDims(b[0], of[0]);
  if (n.ok()) return n;
  return InvalidArgument(fmt::format("has {} in '{}' for {} in '{}'", c.Describe(boxes + 1), c.InputName(boxes + 1),
                                     c.Describe(boxes), c.InputName(boxes)))
      .Detail("each box needs the number of its image");
}

Status CropShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape images, c.WithRank(0, 4));
  WEIR_ASSIGN_OR_RETURN(Dim n, NumBoxes(c, 1));
  WEIR_ASSIGN_OR_RETURN(auto size, image::SizeInput(c, 3));
  c.set_output(0, PartialShape({n, size.first, size.second, images[3]}));
  return {};
}

// Input 0 are gradients by n crops.
Status CheckCrops(const ShapeContext& c, Dim n, Dim channels) {
  WEIR_ASSIGN_OR_RETURN(PartialShape grads, c.WithRank(0, 4));
  if (MergeDims(grads[0], n).ok() && MergeDims(grads[3], channels).ok()) return {};
  return InvalidArgument(fmt::format("cannot take {} as gradients by the crops", c.Describe(0)))
      .Detail("there must be one for each box, with as many channels as the images have");
}

Status GradImageShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(Dim n, NumBoxes(c, 1));
  WEIR_ASSIGN_OR_RETURN(PartialShape images, c.shape_from_input(3));
  if (!images.known_rank()) images = PartialShape::UnknownOfRank(4);
  if (images.rank() != 4)
    return InvalidArgument(fmt::format("needs 4 sizes in '{}', but has {}", c.InputName(3), images.ToString()));
  WEIR_RETURN_IF_ERROR(CheckCrops(c, n, images[3]));
  c.set_output(0, images);
  return {};
}

Status GradBoxesShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape images, c.WithRank(1, 4));
  WEIR_ASSIGN_OR_RETURN(Dim n, NumBoxes(c, 2));
  WEIR_RETURN_IF_ERROR(CheckCrops(c, n, images[3]));
  c.set_output(0, PartialShape({n, 4}));
  return {};
}

// As in TensorFlow the gradient by the boxes is that of linear interpolation, whatever the method.
Status CropGradient(GradContext& c) {
  const Output images = c.input(0), boxes = c.input(1), of = c.input(2), grad = c.grad();
  if (c.wants(0)) {
    // The gradient op knows no bfloat16 and no integers; what it computes for them is float.
    const DType dtype = images.dtype(), taken = dtype == kHalf || dtype == kDouble ? dtype : kFloat;
    AttrMap attrs = c.attrs({"method"});
    attrs["T"] = taken;
    const Output by_images = Make("CropAndResizeGradImage", {grad, boxes, of, Make("Shape", {images})}, attrs);
    c.set(0, taken == dtype ? by_images : Make("Cast", {by_images}, {{"DstT", dtype}}));
  }
  if (c.wants(1)) c.set(1, Make("CropAndResizeGradBoxes", {grad, images, boxes, of}));
  return {};
}

// Σ grads · crops(g) is what it is the gradient of.
Status GradImageGradient(GradContext& c) {
  const Output grads = c.input(0), boxes = c.input(1), of = c.input(2), g = c.grad();
  c.set(0, Make("CropAndResize", {g, boxes, of, image::SizeOf(grads)}, c.attrs({"method"})));
  if (c.wants(1)) c.set(1, Make("CropAndResizeGradBoxes", {grads, g, boxes, of}));
  return {};
}

constexpr char kImageTypes[] = "T: {uint8, uint16, int8, int16, int32, int64, half, float, double}";

}  // namespace

void RegisterCropOps(OpRegistry& r) {
  r.Add("CropAndResize")
      .Input("image: T").Input("boxes: float").Input("box_ind: int32").Input("crop_size: int32")
      .Output("crops: float")
      .Attr(kImageTypes)
      .Attr("method: {'bilinear', 'nearest'} = 'bilinear'")
      .Attr("extrapolation_value: float = 0.0")
      .Doc(
          "Parts of images [batch, height, width, channels], resized to crop_size, [height, width], as float: for each "
          "row [y1, x1, y2, x2] of boxes that of image box_ind, where 0 is the first row or column of pixels and 1 the "
          "last. Pixels outside the image are extrapolation_value.")
      .Shape(CropShape)
      .Gradient(CropGradient);
  r.Add("CropAndResizeGradImage")
      .Input("grads: float").Input("boxes: float").Input("box_ind: int32").Input("image_size: int32")
      .Output("output: T")
      .Attr("T: {float, half, double}")
      .Attr("method: {'bilinear', 'nearest'} = 'bilinear'")
      .Doc("The gradient of CropAndResize by its image, whose shape is image_size.")
      .Shape(GradImageShape)
      .Gradient(GradImageGradient);
  r.Add("CropAndResizeGradBoxes")
      .Input("grads: float").Input("image: T").Input("boxes: float").Input("box_ind: int32")
      .Output("output: float")
      .Attr(kImageTypes)
      .Attr("method: {'bilinear'} = 'bilinear'")
      .Doc("The gradient of CropAndResize by its boxes, [number of boxes, 4].")
      .Shape(GradBoxesShape)
      .NoGradient(image::kNoneThere, false);
}

}  // namespace weir
