// Building functions of images [batch, height, width, channels]. Real means integers of up to 64 bits, half, bfloat16,
// float or double.
//
// Boxes are corners, [y1, x1, y2, x2] a row, in float; which parts of an image they are in is said with each function.
#pragma once

#include <string>

#include "weir/graph/builder.h"

namespace weir::ops {

struct ResizeOptions {
  bool align_corners = false;       // the corners' pixels keep their places
  bool half_pixel_centers = false;  // pixels lie at their middles, not their corners; not both
  std::string name = {};

  AttrMap Attrs() const { return {{"align_corners", align_corners}, {"half_pixel_centers", half_pixel_centers}}; }
};

// Real images in another size, int32 [height, width]: of the nearest pixel, in the images' dtype; interpolated linearly
// or by cubic polynomials, in float.
inline Output ResizeNearestNeighbor(Input images, Input size, const ResizeOptions& o = {}) {
  return Make("ResizeNearestNeighbor", {images, size}, o.Attrs(), {.name = o.name});
}
inline Output ResizeBilinear(Input images, Input size, const ResizeOptions& o = {}) {
  return Make("ResizeBilinear", {images, size}, o.Attrs(), {.name = o.name});
}
inline Output ResizeBicubic(Input images, Input size, const ResizeOptions& o = {}) {
  return Make("ResizeBicubic", {images, size}, o.Attrs(), {.name = o.name});
}
// The same by means of the areas that pixels cover, in float. Has no gradient.
inline Output ResizeArea(Input images, Input size, bool align_corners = false, const Name& name = {}) {
  return Make("ResizeArea", {images, size}, {{"align_corners", align_corners}}, name);
}

struct CropOptions {
  std::string method = "bilinear";  // or "nearest"
  float extrapolation_value = 0;    // beyond the image
  std::string name = {};
};
// float [boxes, height, width, channels]: boxes of real images, in parts of height and width less one, box i of image
// box_indices[i] (int32), each resized to crop_size, int32 [height, width]. The number of an image that there is not is
// an error when run.
inline Output CropAndResize(Input image, Input boxes, Input box_indices, Input crop_size, const CropOptions& o = {}) {
  return Make("CropAndResize", {image, boxes, box_indices, crop_size},
              {{"method", o.method}, {"extrapolation_value", o.extrapolation_value}}, {.name = o.name});
}

// int32 [kept]: the numbers of boxes [n, 4], from the highest of scores [n] on, at most max_output_size, whose scores
// are above score_threshold and which share no more than iou_threshold of their common area with one before them.
// Float or half, thresholds of the same dtype.
inline Output NonMaxSuppression(Input boxes, Input scores, Input max_output_size, Input iou_threshold = 0.5f,
                                Input score_threshold = -3.4028234663852886e38f, const Name& name = {}) {
  return Make("NonMaxSuppressionV3", {boxes, scores, max_output_size, iou_threshold, score_threshold}, {}, name);
}

// Float or half images [..., height, width, channels]: each channel's distance from its mean multiplied; of red, green
// and blue, `delta` (1 is a full turn) added to their hue, and their saturation multiplied.
inline Output AdjustContrast(Input images, Input contrast_factor, const Name& name = {}) {
  return Make("AdjustContrastv2", {images, contrast_factor}, {}, name);
}
inline Output AdjustHue(Input images, Input delta, const Name& name = {}) {
  return Make("AdjustHue", {images, delta}, {}, name);
}
inline Output AdjustSaturation(Input images, Input scale, const Name& name = {}) {
  return Make("AdjustSaturation", {images, scale}, {}, name);
}

// Between red, green, blue and hue, saturation, value, [..., 3], each in [0, 1]. Half, bfloat16, float or double.
inline Output RGBToHSV(Input images, const Name& name = {}) { return Make("RGBToHSV", {images}, {}, name); }
inline Output HSVToRGB(Input images, const Name& name = {}) { return Make("HSVToRGB", {images}, {}, name); }

// Float or half images with the outlines of boxes [batch, number, 4], in parts of height and width, drawn in `colors`
// [number, channels], which take turns.
inline Output DrawBoundingBoxes(Input images, Input boxes, Input colors, const Name& name = {}) {
  return Make("DrawBoundingBoxesV2", {images, boxes, colors}, {}, name);
}

}  // namespace weir::ops
