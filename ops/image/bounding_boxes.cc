// DrawBoundingBoxes: boxes drawn onto images.
#include <fmt/format.h>

#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"
#include "weir/ops/image/image_shapes.h"

namespace weir {
namespace {

Status DrawShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape images, c.WithRank(0, 4));
  WEIR_ASSIGN_OR_RETURN(PartialShape boxes, c.WithRank(1, 3));
  const Dim channels = images[3];
  if (Known(channels) && channels != 1 && channels != 3 && channels != 4) {
    return InvalidArgument(fmt::format("has images of {} channels: {}", channels, c.Describe(0)))
        .Detail("they must be grey (1), red, green and blue (3), or those with opacity (4)");
  }
  if (!MergeDims(images[0], boxes[0]).ok() || !MergeDims(boxes[2], 4).ok()) {
    return InvalidArgument(fmt::format("cannot draw {} onto {}", c.Describe(1), c.Describe(0)))
        .Detail("boxes are [batch, number, 4]");
  }
  if (c.num_inputs() > 2) {
    WEIR_ASSIGN_OR_RETURN(PartialShape colors, c.WithRank(2, 2));
    if (Known(colors[1]) && Known(channels) && colors[1] < channels)
      return InvalidArgument(fmt::format("has colors {} for images {}", c.Describe(2), c.Describe(0)));
  }
  c.set_output(0, images);
  return {};
}

}  // namespace

void RegisterBoundingBoxOps(OpRegistry& r) {
  r.Add("DrawBoundingBoxes")
      .Input("images: T").Input("boxes: float").Output("output: T").Attr("T: {float, half} = float")
      .Doc(
          "Images [batch, height, width, channels] with the outlines of boxes [batch, number, 4], each by [y1, x1, y2, "
          "x2] in parts of the height and width, in ten colours that take turns; in white on grey images.")
      .Shape(DrawShape)
      .NoGradient(image::kNoneThere, false);
  r.Add("DrawBoundingBoxesV2")
      .Input("images: T").Input("boxes: float").Input("colors: float").Output("output: T")
      .Attr("T: {float, half} = float")
      .Doc("DrawBoundingBoxes in colors [number, channels] that take turns; in those of that op where there are none.")
      .Shape(DrawShape)
      .NoGradient(image::kNoneThere, false);
}

}  // namespace weir
