// BMP files: rows of whole pixels behind a header, blue first, from the bottom up or, with a negative height, down. As
// in TensorFlow the bytes of a palette image are taken for grey. See image_file.h.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "weir/graph/base/coding.h"
#include "weir/runtime/io/image_file.h"

namespace weir::io {

namespace {

struct BmpHeader {
  int64_t width = 0, height = 0, depth = 0;  // depth: bytes a pixel
  int64_t data = 0, stride = 0;              // where the rows begin; the bytes of one, a multiple of 4
  bool top_down = false;
};

Status Bad(const std::string& why) { return InvalidArgument("is given bytes that are no BMP: " + why); }

Result<BmpHeader> ReadHeader(std::string_view bytes) {
  if (bytes.size() < 32) return Bad(fmt::format("{} bytes are less than its header", bytes.size()));
  auto number = [&](size_t at) { return int64_t{static_cast<int32_t>(Fixed32At(bytes.data() + at))}; };
  BmpHeader h;
  h.data = number(10), h.width = number(18), h.height = std::abs(number(22)), h.top_down = number(22) < 0;
  const auto bits = static_cast<int16_t>(Fixed32At(bytes.data() + 28));
  h.depth = bits / 8;
  if (h.depth != 1 && h.depth != 3 && h.depth != 4) return Bad(fmt::format("a pixel has {} bits, not 8, 24, 32", bits));
  if (h.width <= 0 || h.height == 0 || h.data < 0 || h.width * h.height >= INT32_MAX / 8)
    return Bad(fmt::format("it has {} by {} pixels behind {} bytes", h.height, h.width, h.data));
  h.stride = (h.depth * h.width + 3) / 4 * 4;
  if (h.data + h.stride * h.height != static_cast<int64_t>(bytes.size())) {
    return Bad(fmt::format("it has {} bytes, but {} by {} pixels want {}", bytes.size(), h.height, h.width,
                           h.data + h.stride * h.height));
  }
  return h;
}

}  // namespace

Result<ImageSize> BmpSize(std::string_view bytes, int64_t channels) {
  WEIR_ASSIGN_OR_RETURN(const BmpHeader h, ReadHeader(bytes));
  return ImageSize{h.height, h.width, channels == 0 ? h.depth : channels};
}

Status DecodeBmp(std::string_view bytes, int64_t channels, uint8_t* pixels) {
  WEIR_ASSIGN_OR_RETURN(const BmpHeader h, ReadHeader(bytes));
  if (channels == 0) channels = h.depth;
  for (int64_t y = 0; y < h.height; ++y) {
    const char* row = bytes.data() + h.data + (h.top_down ? y : h.height - 1 - y) * h.stride;
    for (int64_t x = 0; x < h.width; ++x, row += h.depth) {
      for (int64_t c = 0; c < std::min<int64_t>(channels, 3); ++c)
        *pixels++ = static_cast<uint8_t>(h.depth == 1 ? row[0] : row[2 - c]);
      if (channels == 4) *pixels++ = h.depth == 4 ? static_cast<uint8_t>(row[3]) : uint8_t{255};
    }
  }
  return {};
}

}  // namespace weir::io
