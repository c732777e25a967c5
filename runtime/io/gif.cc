// GIF files: frames drawn over one another. See image_file.h.
#include <fmt/format.h>

#include <algorithm>

#include "weir/runtime/io/codec/image_codecs.h"

namespace weir::io {

namespace {

// The frame's colours over what is there, which is the frame before.
Status DrawFrame(const Gif& gif, int64_t number, uint8_t* pixels) {
  const GifFrame& f = gif.frames[static_cast<size_t>(number)];
  const Palette& palette = f.has_palette ? f.palette : gif.palette;
  if (!f.has_palette && !gif.has_palette)
    return InvalidArgument(fmt::format("is given a GIF without colours for frame {}", number));
  const int right = std::min(f.left + f.width, gif.width), bottom = std::min(f.top + f.height, gif.height);
  for (int y = f.top; y < bottom; ++y) {
    for (int x = f.left; x < right; ++x) {
      const int index = f.indices[static_cast<size_t>(int64_t{y - f.top} * f.width + x - f.left)];
      if (index == f.transparent) continue;
      if (index >= static_cast<int>(palette.size())) {
        return InvalidArgument(fmt::format("is given a GIF with the colour {} of {} in frame {}", index,
                                           palette.size(), number));
      }
      std::copy_n(palette[static_cast<size_t>(index)].data(), 3, pixels + (int64_t{y} * gif.width + x) * 3);
    }
  }
  return {};
}

}  // namespace

Result<Gif> ReadGif(std::string_view bytes) {
  WEIR_ASSIGN_OR_RETURN(const ImageCodecs* codecs, GetImageCodecs());
  return codecs->read_gif(bytes);
}

Status DrawGif(const Gif& gif, int64_t frames, uint8_t* pixels) {
  const int64_t size = int64_t{gif.height} * gif.width * 3;
  std::fill_n(pixels, frames > 0 ? size : 0, uint8_t{0});
  for (int64_t i = 0; i < frames; ++i, pixels += size) {
    if (i > 0) std::copy_n(pixels - size, size, pixels);
    WEIR_RETURN_IF_ERROR(DrawFrame(gif, i, pixels));
  }
  return {};
}

}  // namespace weir::io
