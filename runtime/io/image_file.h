// Images in files: JPEG, PNG, GIF and BMP as bytes, and their pixels, rows from the top, channels side by side.
//
// What a header says is believed only as far as the file's bytes could bear it out: a size that no file of so many
// bytes can hold is an error before anything is allocated. Conversions are TensorFlow's. JPEG, PNG and GIF are read by
// their libraries, in libweir_deps.so (codec/image_codecs.h). Errors go on after a node's name.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/graph/base/status.h"

namespace weir::io {

enum class ImageFormat { kUnknown, kJpeg, kPng, kGif, kBmp, kWebP, kJpegXl };
// By the first bytes.
ImageFormat ImageFormatOf(std::string_view bytes);
const char* ImageFormatName(ImageFormat format);

struct ImageSize {
  int64_t height = 0, width = 0, channels = 0;
};

// ---- JPEG

struct JpegDecoding {
  int64_t channels = 0;            // 1: grey, 3: RGB; 0: what the file has, but RGB of four colours
  int64_t ratio = 1;               // the image is made smaller by 1, 2, 4 or 8
  bool fancy_upscaling = true;     // of chroma: smooth
  bool recover_truncated = false;  // what is missing at the end is made up
  float acceptable_fraction = 1;   // else so many of the rows must be there; the others are black
  bool accurate = false;           // the exact cosine transform in place of the fast one
  bool crop = false;               // only this part, which must lie inside:
  int64_t crop_y = 0, crop_x = 0, crop_height = 0, crop_width = 0;
};
// What decoding gives, by the header.
Result<ImageSize> JpegSize(std::string_view bytes, const JpegDecoding& how);
// Into as many bytes as JpegSize says.
Status DecodeJpeg(std::string_view bytes, const JpegDecoding& how, uint8_t* pixels);
// The size as it is in the file; of the four colours of print, four channels.
Result<ImageSize> JpegHeader(std::string_view bytes);

struct JpegEncoding {
  int quality = 95;
  bool progressive = false, optimize_size = false, chroma_downsampling = true;
  bool density_in_cm = false;
  int64_t x_density = 300, y_density = 300;
  std::string xmp_metadata = {};
};
// 1 or 3 channels.
Result<std::string> EncodeJpeg(const uint8_t* pixels, const ImageSize& size, const JpegEncoding& how);

// ---- PNG

// What decoding gives, by the header. `channels`: 1, 3 or 4; 0: what the file has.
Result<ImageSize> PngSize(std::string_view bytes, int64_t channels);
// `bits` a channel: 8 into uint8, 16 into uint16, aligned for it.
Status DecodePng(std::string_view bytes, int64_t channels, int bits, void* pixels);
// 1 to 4 channels: grey, grey and alpha, RGB, RGB and alpha. `compression` 0 to 9; -1: zlib's default.
Result<std::string> EncodePng(const void* pixels, const ImageSize& size, int bits = 8, int compression = -1);

// ---- GIF

using Palette = std::vector<std::array<uint8_t, 3>>;

struct GifFrame {
  int left = 0, top = 0, width = 0, height = 0;
  int transparent = -1;          // an index that lets the frame before show through
  bool has_palette = false;      // else the file's
  Palette palette;
  std::vector<uint8_t> indices;  // width * height
};
struct Gif {
  int width = 0, height = 0;  // the largest of the frames, 1 at least: the size of what is drawn
  bool has_palette = false;
  Palette palette;
  std::vector<GifFrame> frames;  // one at least
};
// The frames up to the first that is damaged. Error: there is none.
Result<Gif> ReadGif(std::string_view bytes);
// The first `frames` of them as RGB, each over the one before, whatever a frame says of its disposal.
Status DrawGif(const Gif& gif, int64_t frames, uint8_t* pixels);

// ---- BMP

// Of 8, 24 or 32 bits a pixel, not compressed. `channels`: 3 or 4; 0: what the file has.
Result<ImageSize> BmpSize(std::string_view bytes, int64_t channels);
Status DecodeBmp(std::string_view bytes, int64_t channels, uint8_t* pixels);

}  // namespace weir::io
