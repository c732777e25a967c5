// From the bytes of image files to pixels: DecodeJpeg, DecodeAndCropJpeg, DecodePng, DecodeBmp, DecodeGif, DecodeImage;
// and ExtractJpegShape. As in TensorFlow each op reads most formats, whatever its name says.
#include <fmt/format.h>

#include "weir/ops/image/image.h"
#include "weir/ops/shape_helpers.h"

namespace weir {
namespace {

constexpr char kBytes[] = "it reads bytes, which have no derivative";

Result<Dim> ChannelsAttr(const ShapeContext& c) {
  const auto channels = c.attr<int64_t>("channels");
  if (channels == 0) return kUnknownDim;
  if (channels == 1 || channels == 3 || channels == 4) return Dim(channels);
  return InvalidArgument(fmt::format("wants {} channels", channels)).Help("1, 3 or 4; 0: as many as the file has");
}

Status DecodeShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 0));
  WEIR_ASSIGN_OR_RETURN(const Dim channels, ChannelsAttr(c));
  c.set_output(0, PartialShape({kUnknownDim, kUnknownDim, channels}));
  return {};
}

Status CheckJpegAttrs(const ShapeContext& c) {
  const auto ratio = c.attr<int64_t>("ratio");
  if (ratio != 1 && ratio != 2 && ratio != 4 && ratio != 8)
    return InvalidArgument(fmt::format("wants images smaller by {}", ratio)).Help("ratio: 1, 2, 4 or 8");
  const auto method = c.attr<std::string>("dct_method");
  if (method.empty() || method == "INTEGER_FAST" || method == "INTEGER_ACCURATE") return {};
  return InvalidArgument(fmt::format("has the dct_method '{:.40}'", method))
      .Help("INTEGER_FAST, INTEGER_ACCURATE, or '' for the first");
}

Status DecodeJpegShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(CheckJpegAttrs(c));
  return DecodeShape(c);
}

Status DecodeAndCropShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(DecodeJpegShape(c));
  WEIR_ASSIGN_OR_RETURN(const PartialShape window, c.WithRank(1, 1));
  if (!MergeDims(window[0], 4).ok()) {
    return InvalidArgument(fmt::format("has {} in '{}'", c.Describe(1), c.InputName(1)))
        .Help("its four numbers: first row, first column, height, width");
  }
  const Dims* value = c.value(1);
  if (value) c.set_output(0, PartialShape({(*value)[2], (*value)[3], c.output(0)[2]}));
  return {};
}

Status DecodeGifShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 0));
  c.set_output(0, PartialShape({kUnknownDim, kUnknownDim, kUnknownDim, 3}));
  return {};
}

// Only the file tells whether there is an axis of frames.
Status DecodeImageShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(DecodeShape(c));
  return c.attr<bool>("expand_animations") ? UnknownShape(c) : Status();
}

Status JpegShapeShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 0));
  c.set_output(0, PartialShape({3}));
  return {};
}

OpDef& JpegAttrs(OpDef& op) {
  return op.Attr("channels: int = 0").Attr("ratio: int = 1").Attr("fancy_upscaling: bool = true")
      .Attr("try_recover_truncated: bool = false").Attr("acceptable_fraction: float = 1.0")
      .Attr("dct_method: string = ''");
}

void RegisterJpegDecoders(OpRegistry& r) {
  JpegAttrs(r.Add("DecodeJpeg").Input("contents: string").Output("image: uint8"))
      .Doc("The image [height, width, channels] of a JPEG file's bytes; PNG and GIF of one frame are read as well. "
           "channels: 1 is grey, 3 RGB, 0 as in the file. A JPEG is made smaller by ratio, its chroma enlarged "
           "smoothly with fancy_upscaling. A JPEG that ends too early is an error, but with try_recover_truncated, "
           "which makes up what is missing, or if acceptable_fraction of its rows are there.")
      .Shape(DecodeJpegShape)
      .NoGradient(kBytes)
      .NoFlops();
  JpegAttrs(r.Add("DecodeAndCropJpeg").Input("contents: string").Input("crop_window: int32").Output("image: uint8"))
      .Doc("The part of a JPEG that crop_window says: first row, first column, height, width. Only what is needed is "
           "computed. Attributes: DecodeJpeg's.")
      .Shape(DecodeAndCropShape)
      .NoGradient(kBytes)
      .NoFlops();
  r.Add("ExtractJpegShape")
      .Input("contents: string").Output("image_shape: output_type")
      .Attr("output_type: {int32, int64} = int32")
      .Doc("Height, width and channels of a JPEG, by its header.")
      .Shape(JpegShapeShape)
      .NoGradient(kBytes)
      .NoFlops();
}

}  // namespace

void RegisterDecodeOps(OpRegistry& r) {
  RegisterJpegDecoders(r);
  r.Add("DecodePng")
      .Input("contents: string").Output("image: dtype")
      .Attr("channels: int = 0").Attr("dtype: {uint8, uint16} = uint8")
      .Doc("The image [height, width, channels] of a PNG file's bytes; JPEG and GIF of one frame are read as well. "
           "channels: 1 is grey, 3 RGB, 4 RGB and alpha, 0 as in the file.")
      .Shape(DecodeShape)
      .NoGradient(kBytes)
      .NoFlops();
  r.Add("DecodeBmp")
      .Input("contents: string").Output("image: uint8")
      .Attr("channels: int = 0")
      .Doc("The image [height, width, channels] of a BMP file's bytes, of 8, 24 or 32 bits a pixel. channels: 3 is "
           "RGB, 4 RGB and alpha, 0 as in the file.")
      .Shape(DecodeShape)
      .NoGradient(kBytes)
      .NoFlops();
  r.Add("DecodeGif")
      .Input("contents: string").Output("image: uint8")
      .Doc("The frames [frames, height, width, 3] of a GIF file's bytes, each drawn over the one before; JPEG and PNG "
           "are one frame. Height and width are those of the largest frame.")
      .Shape(DecodeGifShape)
      .NoGradient(kBytes)
      .NoFlops();
  r.Add("DecodeImage")
      .Input("contents: string").Output("image: dtype")
      .Attr("channels: int = 0").Attr("dtype: {uint8, uint16, float} = uint8").Attr("expand_animations: bool = true")
      .Doc("The image [height, width, channels] of the bytes of a JPEG, PNG, GIF or BMP file. Of a GIF all frames, "
           "[frames, height, width, 3], or without expand_animations the first. Numbers fill the dtype's range; "
           "float's is [0, 1].")
      .Shape(DecodeImageShape)
      .NoGradient(kBytes)
      .NoFlops();
}

// ---- building functions

namespace ops {

Output DecodeImage(Input contents, const DecodeImageOptions& o) {
  return Make("DecodeImage", {contents},
              {{"channels", o.channels}, {"dtype", o.dtype}, {"expand_animations", o.expand_animations}},
              {.name = o.name});
}

}  // namespace ops
}  // namespace weir
