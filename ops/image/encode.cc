// From pixels to the bytes of image files: EncodeJpeg, EncodeJpegVariableQuality, EncodePng.
#include <fmt/format.h>

#include "weir/ops/image/image.h"
#include "weir/ops/shape_helpers.h"

namespace weir {
namespace {

constexpr char kToString[] = "its output is a string";

Status JpegShape(ShapeContext& c, int64_t wanted) {
  WEIR_ASSIGN_OR_RETURN(const PartialShape image, c.WithRank(0, 3));
  const auto is = [&](int64_t channels) {
    return (wanted == 0 || wanted == channels) && MergeDims(image[2], channels).ok();
  };
  if (!is(1) && !is(3)) {
    return InvalidArgument(fmt::format("cannot write {} as JPEG", c.Describe(0)))
        .Help(wanted == 0 ? "1 or 3 channels" : "channels: as the format says");
  }
  c.set_output(0, PartialShape::Scalar());
  return {};
}

Status EncodeJpegShape(ShapeContext& c) {
  const auto quality = c.attr<int64_t>("quality");
  if (quality < 0 || quality > 100)
    return InvalidArgument(fmt::format("wants a quality of {}", quality)).Help("0 to 100");
  const auto format = c.attr<std::string>("format");
  return JpegShape(c, format == "grayscale" ? 1 : format == "rgb" ? 3 : 0);
}

Status VariableQualityShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 1));
  return JpegShape(c, 0);
}

Status EncodePngShape(ShapeContext& c) {
  const auto compression = c.attr<int64_t>("compression");
  if (compression < -1 || compression > 9)
    return InvalidArgument(fmt::format("wants a compression of {}", compression)).Help("0 to 9; -1: zlib's default");
  WEIR_ASSIGN_OR_RETURN(const PartialShape images, c.WithRankAtLeast(0, 3));
  if (!images.known_rank()) return UnknownShape(c);
  const Dim channels = images[images.rank() - 1];
  if (channels == 0 || channels > 4)
    return InvalidArgument(fmt::format("cannot write {} as PNG", c.Describe(0))).Help("1 to 4 channels");
  Dims batch;
  for (int i = 0; i < images.rank() - 3; ++i) batch.push_back(images[i]);
  c.set_output(0, PartialShape(batch));
  return {};
}

}  // namespace

void RegisterEncodeOps(OpRegistry& r) {
  r.Add("EncodeJpeg")
      .Input("image: uint8").Output("contents: string")
      .Attr("format: {'', 'grayscale', 'rgb'} = ''").Attr("quality: int = 95").Attr("progressive: bool = false")
      .Attr("optimize_size: bool = false").Attr("chroma_downsampling: bool = true")
      .Attr("density_unit: {'in', 'cm'} = 'in'").Attr("x_density: int = 300").Attr("y_density: int = 300")
      .Attr("xmp_metadata: string = ''")
      .Doc("A JPEG file's bytes of an image [height, width, channels], 1 for grey or 3 for RGB. quality: 0 to 100. "
           "x_density and y_density are pixels an inch or centimetre.")
      .Shape(EncodeJpegShape)
      .NoGradient(kToString)
      .NoFlops();
  r.Add("EncodeJpegVariableQuality")
      .Input("images: uint8").Input("quality: int32").Output("contents: string")
      .Doc("EncodeJpeg with a quality that only the run tells.")
      .Shape(VariableQualityShape)
      .NoGradient(kToString)
      .NoFlops();
  r.Add("EncodePng")
      .Input("image: T").Output("contents: string")
      .Attr("compression: int = -1").Attr("T: {uint8, uint16} = uint8")
      .Doc("A PNG file's bytes of each image [..., height, width, channels]: 1 channel is grey, 2 grey and alpha, "
           "3 RGB, 4 RGB and alpha. compression: 0 to 9, none to best; -1: zlib's default.")
      .Shape(EncodePngShape)
      .NoGradient(kToString)
      .NoFlops();
}

// ---- building functions

namespace ops {

Output EncodeJpeg(Input image, const EncodeJpegOptions& o) {
  return Make("EncodeJpeg", {image},
              {{"format", o.format}, {"quality", o.quality}, {"progressive", o.progressive},
               {"optimize_size", o.optimize_size}, {"chroma_downsampling", o.chroma_downsampling},
               {"density_unit", o.density_unit}, {"x_density", o.x_density}, {"y_density", o.y_density},
               {"xmp_metadata", o.xmp_metadata}},
              {.name = o.name});
}

}  // namespace ops
}  // namespace weir
