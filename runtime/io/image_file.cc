// What an image's bytes are, and the way to the libraries that read and write them: see image_file.h.
#include "weir/runtime/io/image_file.h"

#include "weir/runtime/io/codec/image_codecs.h"

namespace weir::io {

ImageFormat ImageFormatOf(std::string_view bytes) {
  using namespace std::string_view_literals;
  if (bytes.starts_with("\xff\xd8\xff"sv)) return ImageFormat::kJpeg;
  if (bytes.starts_with("\x89PNG\r\n\x1a\n"sv)) return ImageFormat::kPng;
  if (bytes.starts_with("GIF8"sv)) return ImageFormat::kGif;
  if (bytes.starts_with("BM"sv)) return ImageFormat::kBmp;
  if (bytes.starts_with("RIFF"sv) && bytes.size() > 12 && bytes.substr(8, 4) == "WEBP"sv) return ImageFormat::kWebP;
  if (bytes.starts_with("\xff\x0a"sv) || bytes.starts_with("\0\0\0\x0cJXL \r\n\x87\n"sv)) return ImageFormat::kJpegXl;
  return ImageFormat::kUnknown;
}

const char* ImageFormatName(ImageFormat format) {
  static constexpr const char* kNames[] = {"no image", "JPEG", "PNG", "GIF", "BMP", "WebP", "JPEG XL"};
  return kNames[static_cast<int>(format)];
}

Result<ImageSize> JpegSize(std::string_view bytes, const JpegDecoding& how) {
  WEIR_ASSIGN_OR_RETURN(const ImageCodecs* codecs, GetImageCodecs());
  return codecs->jpeg_size(bytes, how);
}

Status DecodeJpeg(std::string_view bytes, const JpegDecoding& how, uint8_t* pixels) {
  WEIR_ASSIGN_OR_RETURN(const ImageCodecs* codecs, GetImageCodecs());
  return codecs->decode_jpeg(bytes, how, pixels);
}

Result<ImageSize> JpegHeader(std::string_view bytes) {
  WEIR_ASSIGN_OR_RETURN(const ImageCodecs* codecs, GetImageCodecs());
  return codecs->jpeg_header(bytes);
}

Result<std::string> EncodeJpeg(const uint8_t* pixels, const ImageSize& size, const JpegEncoding& how) {
  WEIR_ASSIGN_OR_RETURN(const ImageCodecs* codecs, GetImageCodecs());
  return codecs->encode_jpeg(pixels, size, how);
}

Result<ImageSize> PngSize(std::string_view bytes, int64_t channels) {
  WEIR_ASSIGN_OR_RETURN(const ImageCodecs* codecs, GetImageCodecs());
  return codecs->png_size(bytes, channels);
}

Status DecodePng(std::string_view bytes, int64_t channels, int bits, void* pixels) {
  WEIR_ASSIGN_OR_RETURN(const ImageCodecs* codecs, GetImageCodecs());
  return codecs->decode_png(bytes, channels, bits, pixels);
}

Result<std::string> EncodePng(const void* pixels, const ImageSize& size, int bits, int compression) {
  WEIR_ASSIGN_OR_RETURN(const ImageCodecs* codecs, GetImageCodecs());
  return codecs->encode_png(pixels, size, bits, compression);
}

}  // namespace weir::io
