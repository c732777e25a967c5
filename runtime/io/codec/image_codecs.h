// Readers and writers of image files that stand on libjpeg, libpng and giflib: the table of functions by which
// libweir_deps.so (graph/base/deps.h) gives them. What each does is said in runtime/io/image_file.h, which hands on to
// it. Internal to runtime/io.
#pragma once

#include "weir/graph/base/deps.h"
#include "weir/runtime/io/image_file.h"

namespace weir::io {

struct ImageCodecs {
  Result<ImageSize> (*jpeg_size)(std::string_view bytes, const JpegDecoding& how);
  Status (*decode_jpeg)(std::string_view bytes, const JpegDecoding& how, uint8_t* pixels);
  Result<ImageSize> (*jpeg_header)(std::string_view bytes);
  Result<std::string> (*encode_jpeg)(const uint8_t* pixels, const ImageSize& size, const JpegEncoding& how);
  Result<ImageSize> (*png_size)(std::string_view bytes, int64_t channels);
  Status (*decode_png)(std::string_view bytes, int64_t channels, int bits, void* pixels);
  Result<std::string> (*encode_png)(const void* pixels, const ImageSize& size, int bits, int compression);
  Result<Gif> (*read_gif)(std::string_view bytes);
};

inline Result<const ImageCodecs*> GetImageCodecs() { return deps::Get<ImageCodecs>("weir_io_image_codecs"); }

namespace codec {

// The functions of the table, by the files of this folder.
Result<ImageSize> JpegSize(std::string_view bytes, const JpegDecoding& how);                        // jpeg_reader.cc
Status ReadJpeg(std::string_view bytes, const JpegDecoding& how, uint8_t* pixels);
Result<ImageSize> JpegHeader(std::string_view bytes);
Result<std::string> WriteJpeg(const uint8_t* pixels, const ImageSize& size, const JpegEncoding& how);  // jpeg_writer.cc
Result<ImageSize> PngSize(std::string_view bytes, int64_t channels);                                // png_reader.cc
Status ReadPng(std::string_view bytes, int64_t channels, int bits, void* pixels);
Result<std::string> WritePng(const void* pixels, const ImageSize& size, int bits, int compression);  // png_writer.cc
Result<Gif> ReadGif(std::string_view bytes);                                                        // gif_reader.cc

}  // namespace codec
}  // namespace weir::io
