// PNG files by libpng: see image_file.h. Compiled into libweir_deps.so.
//
// libpng's errors leave by a jump: what may fail runs inside Guarded, and keeps nothing there that has a destructor.
#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "weir/runtime/io/codec/image_codecs.h"

namespace weir::io::codec {

namespace {

constexpr int64_t kMostPixels = int64_t{1} << 29, kMostSide = int64_t{1} << 27;  // TensorFlow's limits
constexpr int64_t kMostBytesOfOne = 1032;  // that deflate makes of a byte

class PngReader {
 public:
  explicit PngReader(std::string_view bytes) : bytes_(bytes) {
    auto fail = [](png_structp png, png_const_charp why) {
      std::snprintf(static_cast<PngReader*>(png_get_error_ptr(png))->message_, sizeof message_, "%s", why);
      png_longjmp(png, 1);
    };
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, fail, [](png_structp, png_const_charp) {});
    info_ = png_ ? png_create_info_struct(png_) : nullptr;
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  // Reads the header: what decoding gives.
  Result<ImageSize> Begin(int64_t channels);
  Status Decode(int64_t channels, int bits, uint8_t* pixels);

 private:
  template <class F>
  bool Guarded(F step) {
    if (!info_ || setjmp(png_jmpbuf(png_))) return false;
    step();
    return true;
  }
  Status Bad() const { return InvalidArgument(fmt::format("is given bytes that are no PNG: {}", message_)); }
  void ReadHeader();
  Status CheckBorneOut() const;
  void Convert(int bits);

  std::string_view bytes_;
  size_t at_ = 0;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  char message_[128] = "out of memory";
  png_uint_32 width_ = 0, height_ = 0;
  int depth_ = 0, color_ = 0, passes_ = 1;
  int64_t channels_ = 0;
};

void PngReader::ReadHeader() {
  png_set_read_fn(png_, this, [](png_structp png, png_bytep data, png_size_t size) {
    auto* r = static_cast<PngReader*>(png_get_io_ptr(png));
    if (size > r->bytes_.size() - r->at_) png_error(png, "it is cut off");
    std::memcpy(data, r->bytes_.data() + r->at_, size);
    r->at_ += size;
  });
  // Texts and suggestions: nobody reads them, and a few bytes can unfold to megabytes.
  static constexpr png_byte kUnread[] = "tEXt\0zTXt\0iTXt\0sPLT\0eXIf\0pCAL\0sCAL";
  png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, kUnread, sizeof kUnread / 5);
  png_read_info(png_, info_);
  png_get_IHDR(png_, info_, &width_, &height_, &depth_, &color_, nullptr, nullptr, nullptr);
}

Status PngReader::CheckBorneOut() const {
  const int64_t width = width_, height = height_;
  if (width <= 0 || height <= 0 || width >= kMostSide || height >= kMostSide || width * height >= kMostPixels) {
    return InvalidArgument(fmt::format("is given a PNG of {} by {} pixels", height, width))
        .Detail("height and width must be below 2^27, and their product below 2^29");
  }
  const int64_t row = (width * depth_ * png_get_channels(png_, info_) + 7) / 8;
  if (row * height <= kMostBytesOfOne * static_cast<int64_t>(bytes_.size())) return {};
  return InvalidArgument(fmt::format("is given a PNG of {} bytes, which cannot hold its {} by {} pixels", bytes_.size(),
                                     height, width));
}

Result<ImageSize> PngReader::Begin(int64_t channels) {
  if (!Guarded([this] { ReadHeader(); })) return Bad();
  WEIR_RETURN_IF_ERROR(CheckBorneOut());
  channels_ = channels;
  if (channels == 0 && color_ == PNG_COLOR_TYPE_PALETTE)
    channels_ = png_get_valid(png_, info_, PNG_INFO_tRNS) != 0 ? 4 : 3;
  else if (channels == 0)
    channels_ = png_get_channels(png_, info_);
  return ImageSize{height_, width_, channels_};
}

// Asks for the wanted channels of `bits` bits, or of 8 where the file has no more.
void PngReader::Convert(int bits) {
  const bool keyed = png_get_valid(png_, info_, PNG_INFO_tRNS) != 0, alpha = (color_ & PNG_COLOR_MASK_ALPHA) != 0;
  if (channels_ % 2 == 1) {
    if (alpha || keyed) png_set_strip_alpha(png_);
  } else if (!alpha && keyed) {
    png_set_tRNS_to_alpha(png_);
  } else if (!alpha) {
    png_set_add_alpha(png_, (1u << depth_) - 1, PNG_FILLER_AFTER);
  }
  if (depth_ > 8 && bits == 8) png_set_strip_16(png_);
  if (bits == 16) png_set_swap(png_);
  png_set_packing(png_);
  passes_ = png_set_interlace_handling(png_);
  const bool gray = (color_ & PNG_COLOR_MASK_COLOR) == 0;
  if (color_ == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png_);
  if (gray && depth_ < 8) png_set_expand_gray_1_2_4_to_8(png_);
  // The weights of red and green in grey, as JPEG has them.
  if (channels_ < 3 && !gray) png_set_rgb_to_gray(png_, PNG_ERROR_ACTION_NONE, 0.299, 0.587);
  if (channels_ > 2 && gray) png_set_gray_to_rgb(png_);
  png_read_update_info(png_, info_);
}

// In place: 8 bits become 16, 255 the largest.
void Widen(uint8_t* row, int64_t n) {
  for (int64_t i = n - 1; i >= 0; --i) row[2 * i] = row[2 * i + 1] = row[i];
}

Status PngReader::Decode(int64_t channels, int bits, uint8_t* pixels) {
  WEIR_RETURN_IF_ERROR(Begin(channels).status());
  const int64_t row = int64_t{width_} * channels_, stride = row * bits / 8;
  const bool widen = depth_ <= 8 && bits == 16;
  const bool good = Guarded([this, pixels, row, stride, widen, bits] {
    Convert(bits);
    if (static_cast<int64_t>(png_get_rowbytes(png_, info_)) != (widen ? row : stride)) png_error(png_, "odd rows");
    for (int pass = 0; pass < passes_; ++pass) {
      for (int64_t y = 0; y < height_; ++y) png_read_row(png_, pixels + y * stride, nullptr);
    }
    png_read_end(png_, info_);
  });
  if (!good) return Bad();
  for (int64_t y = 0; y < height_ && widen; ++y) Widen(pixels + y * stride, row);
  return {};
}

}  // namespace

Result<ImageSize> PngSize(std::string_view bytes, int64_t channels) { return PngReader(bytes).Begin(channels); }

Status ReadPng(std::string_view bytes, int64_t channels, int bits, void* pixels) {
  return PngReader(bytes).Decode(channels, bits, static_cast<uint8_t*>(pixels));
}

}  // namespace weir::io::codec
