// PNG files by libpng: see image_file.h. Compiled into libweir_deps.so.
#include <fmt/format.h>
#include <png.h>

#include "weir/runtime/io/codec/image_codecs.h"

namespace weir::io::codec {

namespace {

// libpng's errors leave by a jump, over what must have no destructor: hence the caller's memory.
bool Write(const uint8_t* pixels, const ImageSize& size, int bits, int compression, std::string* bytes,
           std::string* error) {
  auto fail = [](png_structp png, png_const_charp message) {
    *static_cast<std::string*>(png_get_error_ptr(png)) = message;
    png_longjmp(png, 1);
  };
  auto write = [](png_structp png, png_bytep data, png_size_t size) {
    static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<const char*>(data), size);
  };
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, error, fail, [](png_structp, png_const_charp) {});
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  if (!info || setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    return false;
  }
  static constexpr int kColors[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                    PNG_COLOR_TYPE_RGB_ALPHA};
  png_set_write_fn(png, bytes, write, nullptr);
  png_set_compression_level(png, compression);
  png_set_compression_mem_level(png, 9);  // TensorFlow's, for the same bytes
  png_set_IHDR(png, info, static_cast<png_uint_32>(size.width), static_cast<png_uint_32>(size.height), bits,
               kColors[size.channels - 1], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  if (bits == 16) png_set_swap(png);
  const int64_t row = size.width * size.channels * bits / 8;
  for (int64_t y = 0; y < size.height; ++y) png_write_row(png, pixels + y * row);
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return true;
}

}  // namespace

Result<std::string> WritePng(const void* pixels, const ImageSize& size, int bits, int compression) {
  std::string bytes, error = "out of memory";
  if (!Write(static_cast<const uint8_t*>(pixels), size, bits, compression, &bytes, &error))
    return InvalidArgument(fmt::format("has an image that is no PNG: {}", error));
  return bytes;
}

}  // namespace weir::io::codec
