// Building functions of images [batch, height, width, channels], and of image files. Real means integers of up to 64
// bits, half, bfloat16, float or double.
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

// ---- image files
// Bytes are scalar strings; other bytes, or too few of them, are an error when run. channels: 1 is grey, 3 RGB, 4 RGB
// and alpha; 0: as in the file.

struct DecodeJpegOptions {
  int64_t channels = 0;                // 0, 1 or 3
  int64_t ratio = 1;                   // smaller by 1, 2, 4 or 8
  bool fancy_upscaling = true;         // chroma is enlarged smoothly
  bool try_recover_truncated = false;  // what a file that ends too early lacks is made up
  float acceptable_fraction = 1;       // else so many of the rows must be there; the others are black
  std::string dct_method = {};         // INTEGER_FAST, which is meant by "", or INTEGER_ACCURATE
  std::string name = {};

  AttrMap Attrs() const {
    return {{"channels", channels}, {"ratio", ratio}, {"fancy_upscaling", fancy_upscaling},
            {"try_recover_truncated", try_recover_truncated}, {"acceptable_fraction", acceptable_fraction},
            {"dct_method", dct_method}};
  }
};
// uint8 [height, width, channels] of a JPEG; of its part crop_window, int32 [4]: first row, first column, height and
// width.
inline Output DecodeJpeg(Input contents, const DecodeJpegOptions& o = {}) {
  return Make("DecodeJpeg", {contents}, o.Attrs(), {.name = o.name});
}
inline Output DecodeAndCropJpeg(Input contents, Input crop_window, const DecodeJpegOptions& o = {}) {
  return Make("DecodeAndCropJpeg", {contents, crop_window}, o.Attrs(), {.name = o.name});
}
// int32 [3]: height, width and channels of a JPEG, by its header.
inline Output ExtractJpegShape(Input contents, const Name& name = {}) {
  return Make("ExtractJpegShape", {contents}, {}, name);
}
// uint8 or uint16 [height, width, channels] of a PNG; uint8 of a BMP; uint8 [frames, height, width, 3] of a GIF.
inline Output DecodePng(Input contents, int64_t channels = 0, DType dtype = kUint8, const Name& name = {}) {
  return Make("DecodePng", {contents}, {{"channels", channels}, {"dtype", dtype}}, name);
}
inline Output DecodeBmp(Input contents, int64_t channels = 0, const Name& name = {}) {
  return Make("DecodeBmp", {contents}, {{"channels", channels}}, name);
}
inline Output DecodeGif(Input contents, const Name& name = {}) { return Make("DecodeGif", {contents}, {}, name); }

struct DecodeImageOptions {
  int64_t channels = 0;
  DType dtype = kUint8;           // or uint16; float, in [0, 1]
  bool expand_animations = true;  // all frames of a GIF, [frames, height, width, 3]; else the first
  std::string name = {};
};
// [height, width, channels] of a JPEG, PNG, BMP or GIF. Its rank is known beforehand without expand_animations only.
Output DecodeImage(Input contents, const DecodeImageOptions& o = {});

struct EncodeJpegOptions {
  std::string format = {};  // "grayscale" or "rgb" to require it
  int64_t quality = 95;     // 0 to 100
  bool progressive = false;
  bool optimize_size = false;
  bool chroma_downsampling = true;
  std::string density_unit = "in";  // or "cm"
  int64_t x_density = 300, y_density = 300;
  std::string xmp_metadata = {};
  std::string name = {};
};
// A JPEG's bytes of a uint8 image [height, width, 1 or 3].
Output EncodeJpeg(Input image, const EncodeJpegOptions& o = {});
// A PNG's bytes of each image [..., height, width, 1 to 4], uint8 or uint16. compression: 0 to 9; -1: zlib's default.
inline Output EncodePng(Input image, int64_t compression = -1, const Name& name = {}) {
  return Make("EncodePng", {image}, {{"compression", compression}}, name);
}

}  // namespace weir::ops
