// GIF files by giflib: see image_file.h. Compiled into libweir_deps.so.
//
// Not by DGifSlurp, which allocates each frame as its header says: here a frame must be possible in the bytes that are
// left, and what is damaged is known before it is kept.
#include <fmt/format.h>
#include <gif_lib.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <memory>

#include "weir/runtime/io/codec/image_codecs.h"

namespace weir::io::codec {

namespace {

constexpr int64_t kMostPixelsOfByte = 4096;  // a code of 9 to 12 bits stands for at most so many pixels

struct Closer {
  void operator()(GifFileType* file) const { DGifCloseFile(file, nullptr); }
};

class GifReader {
 public:
  explicit GifReader(std::string_view left) : left_(left) {}

  Result<Gif> Read();

 private:
  static int Give(GifFileType* file, GifByteType* to, int size) {
    auto* r = static_cast<GifReader*>(file->UserData);
    const size_t n = std::min(r->left_.size(), static_cast<size_t>(std::max(size, 0)));
    std::memcpy(to, r->left_.data(), n);
    r->left_.remove_prefix(n);
    return static_cast<int>(n);
  }
  bool NextRecord(Gif* gif);
  bool ReadFrame(Gif* gif);
  bool ReadPixels(GifFrame* frame);
  bool ReadExtension();
  std::string Why() const {
    const char* text = GifErrorString(file_->Error);
    return text ? text : "it has a frame of no size, or of one that its bytes cannot hold";
  }

  std::string_view left_;
  std::unique_ptr<GifFileType, Closer> file_;
  bool ended_ = false, controlled_ = false;
  int transparent_ = NO_TRANSPARENT_COLOR;  // what was said of the next frame
};

Palette ColorsOf(const ColorMapObject* map) {
  Palette colors;
  for (int i = 0; map && i < map->ColorCount; ++i)
    colors.push_back({map->Colors[i].Red, map->Colors[i].Green, map->Colors[i].Blue});
  return colors;
}

// The first of the blocks before a frame that says something of its pixels counts.
bool GifReader::ReadExtension() {
  int code = 0;
  GifByteType* block = nullptr;
  if (DGifGetExtension(file_.get(), &code, &block) == GIF_ERROR) return false;
  if (block && code == GRAPHICS_EXT_FUNC_CODE && !controlled_) {
    GraphicsControlBlock control;
    control.TransparentColor = NO_TRANSPARENT_COLOR;
    DGifExtensionToGCB(block[0], block + 1, &control);
    transparent_ = control.TransparentColor;
    controlled_ = true;
  }
  while (block) {
    if (DGifGetExtensionNext(file_.get(), &block) == GIF_ERROR) return false;
  }
  return true;
}

bool GifReader::ReadPixels(GifFrame* frame) {
  const int64_t pixels = int64_t{frame->width} * frame->height;
  if (pixels <= 0 || pixels > INT_MAX || pixels > kMostPixelsOfByte * static_cast<int64_t>(left_.size())) return false;
  frame->indices.resize(static_cast<size_t>(pixels));
  GifPixelType* to = frame->indices.data();
  if (!file_->Image.Interlace) return DGifGetLine(file_.get(), to, static_cast<int>(pixels)) == GIF_OK;
  static constexpr int kFirst[] = {0, 4, 2, 1}, kStep[] = {8, 8, 4, 2};
  for (int pass = 0; pass < 4; ++pass) {
    for (int y = kFirst[pass]; y < frame->height; y += kStep[pass]) {
      if (DGifGetLine(file_.get(), to + int64_t{y} * frame->width, frame->width) == GIF_ERROR) return false;
    }
  }
  return true;
}

bool GifReader::ReadFrame(Gif* gif) {
  if (DGifGetImageDesc(file_.get()) == GIF_ERROR) return false;
  const GifImageDesc& d = file_->Image;
  GifFrame frame{d.Left, d.Top, d.Width, d.Height, transparent_, d.ColorMap != nullptr, ColorsOf(d.ColorMap), {}};
  if (!ReadPixels(&frame)) return false;
  gif->frames.push_back(std::move(frame));
  controlled_ = false;
  transparent_ = NO_TRANSPARENT_COLOR;
  return true;
}

bool GifReader::NextRecord(Gif* gif) {
  GifRecordType type = UNDEFINED_RECORD_TYPE;
  if (DGifGetRecordType(file_.get(), &type) == GIF_ERROR) return false;
  ended_ = type == TERMINATE_RECORD_TYPE;
  if (type == IMAGE_DESC_RECORD_TYPE) return ReadFrame(gif);
  return type != EXTENSION_RECORD_TYPE || ReadExtension();
}

Result<Gif> GifReader::Read() {
  int error = 0;
  file_.reset(DGifOpen(this, Give, &error));
  if (!file_) {
    const char* text = GifErrorString(error);
    return InvalidArgument(fmt::format("is given bytes that are no GIF: {}", text ? text : "they do not begin as one"));
  }
  Gif gif;
  while (!ended_ && NextRecord(&gif)) {
  }
  if (gif.frames.empty())
    return InvalidArgument(fmt::format("is given a GIF without a sound frame: {}", ended_ ? "it has none" : Why()));
  gif.has_palette = file_->SColorMap != nullptr;
  gif.palette = ColorsOf(file_->SColorMap);
  for (const GifFrame& f : gif.frames) {
    gif.width = std::max(gif.width, f.width);
    gif.height = std::max(gif.height, f.height);
  }
  return gif;
}

}  // namespace

Result<Gif> ReadGif(std::string_view bytes) { return GifReader(bytes).Read(); }

}  // namespace weir::io::codec
