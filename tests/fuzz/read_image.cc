#include "weir/tests/fuzz/read_image.h"

#include "weir/graph/base/tensor.h"
#include "weir/runtime/io/image_file.h"

namespace weir::fuzz {

namespace {

// What `decode` writes into as many bytes.
template <class F>
Result<std::string> Decoded(const io::ImageSize& size, int64_t bytes_each, F decode) {
  WEIR_ASSIGN_OR_RETURN(const Shape shape, Shape::Make(Dims{size.height, size.width, size.channels, bytes_each}));
  WEIR_ASSIGN_OR_RETURN(Tensor t, Tensor::Allocate(kUint8, shape));  // within the budget
  WEIR_RETURN_IF_ERROR(decode(t.mutable_data<uint8_t>()));
  return shape.ToString() + std::string(static_cast<const char*>(t.raw()), static_cast<size_t>(t.bytes()));
}

Result<std::string> Jpeg(std::string_view bytes, const io::JpegDecoding& how) {
  WEIR_ASSIGN_OR_RETURN(const io::ImageSize size, io::JpegSize(bytes, how));
  return Decoded(size, 1, [&](uint8_t* to) { return io::DecodeJpeg(bytes, how, to); });
}

Result<std::string> AnyJpeg(std::string_view bytes) {
  io::JpegHeader(bytes).status().IgnoreError();
  Jpeg(bytes, {.channels = 1, .ratio = 2, .fancy_upscaling = false, .acceptable_fraction = 0}).status().IgnoreError();
  Jpeg(bytes, {.recover_truncated = true, .accurate = true}).status().IgnoreError();
  Jpeg(bytes, {.recover_truncated = true, .crop = true, .crop_y = 1, .crop_x = 1, .crop_height = 2, .crop_width = 1})
      .status().IgnoreError();
  return Jpeg(bytes, {});
}

Result<std::string> Png(std::string_view bytes, int64_t channels, int bits) {
  WEIR_ASSIGN_OR_RETURN(const io::ImageSize size, io::PngSize(bytes, channels));
  return Decoded(size, bits / 8, [&](uint8_t* to) { return io::DecodePng(bytes, channels, bits, to); });
}

Result<std::string> AnyPng(std::string_view bytes) {
  for (int64_t channels : {1, 3, 4}) {
    Png(bytes, channels, 8).status().IgnoreError();
    Png(bytes, channels, 16).status().IgnoreError();
  }
  return Png(bytes, 0, 16);
}

Result<std::string> AnyGif(std::string_view bytes) {
  WEIR_ASSIGN_OR_RETURN(const io::Gif gif, io::ReadGif(bytes));
  const auto frames = static_cast<int64_t>(gif.frames.size());
  return Decoded({frames * gif.height, gif.width, 3}, 1, [&](uint8_t* to) { return io::DrawGif(gif, frames, to); });
}

Result<std::string> Bmp(std::string_view bytes, int64_t channels) {
  WEIR_ASSIGN_OR_RETURN(const io::ImageSize size, io::BmpSize(bytes, channels));
  return Decoded(size, 1, [&](uint8_t* to) { return io::DecodeBmp(bytes, channels, to); });
}

}  // namespace

Result<std::string> ReadImage(std::string_view bytes) {
  switch (io::ImageFormatOf(bytes)) {
    case io::ImageFormat::kJpeg: return AnyJpeg(bytes);
    case io::ImageFormat::kPng: return AnyPng(bytes);
    case io::ImageFormat::kGif: return AnyGif(bytes);
    case io::ImageFormat::kBmp: return Bmp(bytes, 4);
    default: return InvalidArgument("no image");
  }
}

}  // namespace weir::fuzz
