// JPEG files by libjpeg: see image_file.h. Compiled into libweir_deps.so.
//
// What a file that ends too early gives is TensorFlow's: without recover_truncated reading stops at the row that the
// end falls into; with it an end marker is made up, and libjpeg makes up the rest.
#include <fmt/format.h>
#include <jerror.h>

#include <algorithm>
#include <vector>

#include "weir/runtime/io/codec/image_codecs.h"
#include "weir/runtime/io/codec/jpeg_guard.h"

namespace weir::io::codec {

namespace {

constexpr int64_t kMostSamples = int64_t{1} << 29;  // TensorFlow's limit
// Blocks of 64 samples that a file may announce whatever its length: about 32 MB while decoding. Each further one must
// have at least a bit in the file.
constexpr int64_t kFreeBlocks = int64_t{1} << 17;
constexpr int kMostScans = 500;           // a scan of a few bytes costs a pass over the whole image
constexpr int kMostRefills = 1 << 20;     // of a file that is at its end

// The file in memory, as libjpeg reads it.
struct Source {
  jpeg_source_mgr manager;  // first: libjpeg hands out its address
  bool recover = false;
  int refills = 0;

  static boolean Fill(j_decompress_ptr d) {
    static constexpr JOCTET kEnd[] = {0xff, JPEG_EOI};
    auto* s = reinterpret_cast<Source*>(d->src);
    if (++s->refills > kMostRefills) ERREXIT(d, JERR_INPUT_EOF);
    // What is left is the beginning of something that the file's end cut off.
    if (s->manager.bytes_in_buffer > 0) return s->recover ? TRUE : FALSE;
    if (!s->recover) ERREXIT(d, JERR_INPUT_EOF);
    s->manager.next_input_byte = kEnd;
    s->manager.bytes_in_buffer = sizeof kEnd;
    return TRUE;
  }

  static void Skip(j_decompress_ptr d, long bytes) {  // NOLINT(google-runtime-int): libjpeg's
    jpeg_source_mgr& m = *d->src;
    if (bytes <= 0) return;
    if (static_cast<size_t>(bytes) > m.bytes_in_buffer) {
      m.bytes_in_buffer = 0;
      Fill(d);
      return;
    }
    m.next_input_byte += bytes;
    m.bytes_in_buffer -= static_cast<size_t>(bytes);
  }

  void Open(std::string_view bytes) {
    manager.init_source = [](j_decompress_ptr) {};
    manager.fill_input_buffer = Fill;
    manager.skip_input_data = Skip;
    manager.resync_to_restart = jpeg_resync_to_restart;
    manager.term_source = [](j_decompress_ptr) {};
    manager.next_input_byte = reinterpret_cast<const JOCTET*>(bytes.data());
    manager.bytes_in_buffer = bytes.size();
  }
};

class JpegReader {
 public:
  JpegReader(std::string_view bytes, bool recover) : bytes_(bytes) {
    source_.recover = recover;
    source_.Open(bytes);
    d_.err = errors_.Init();
  }
  ~JpegReader() { jpeg_destroy_decompress(&d_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  // Reads the header: the size as it is in the file.
  Result<ImageSize> Header();
  // The same, and what decoding gives.
  Result<ImageSize> Begin(const JpegDecoding& how);
  Status Decode(const JpegDecoding& how, uint8_t* pixels);

 private:
  Status Bad() const { return InvalidArgument(fmt::format("is given bytes that are no JPEG: {}", errors_.message)); }
  Status CheckBorneOut() const;
  void SetColors(int64_t channels);
  void StartPart(const JpegDecoding& how);
  int64_t ReadRows(uint8_t* pixels);
  void ToPixels(const JSAMPLE* row, uint8_t* pixels) const;

  std::string_view bytes_;
  jpeg_decompress_struct d_{};
  JpegErrors errors_{};
  Source source_{};
  jpeg_progress_mgr progress_{};
  ImageSize size_;
  std::vector<JSAMPLE> row_;  // what a row is read into where it is not yet what is wanted
  int64_t rows_read_ = 0;
};

Result<ImageSize> JpegReader::Header() {
  const bool good = errors_.Guarded([this] {
    jpeg_create_decompress(&d_);
    d_.src = &source_.manager;
    d_.progress = &progress_;
    progress_.progress_monitor = [](j_common_ptr c) {
      if (reinterpret_cast<j_decompress_ptr>(c)->input_scan_number > kMostScans)
        reinterpret_cast<JpegErrors*>(c->err)->Fail("it has too many scans");
    };
    if (jpeg_read_header(&d_, TRUE) != JPEG_HEADER_OK) errors_.Fail("its header is cut off");
    jpeg_calc_output_dimensions(&d_);
  });
  if (!good) return Bad();
  return ImageSize{d_.output_height, d_.output_width, d_.output_components};
}

void JpegReader::SetColors(int64_t channels) {
  if (channels == 0) channels = std::min(d_.num_components, 3);
  const bool print = d_.jpeg_color_space == JCS_CMYK || d_.jpeg_color_space == JCS_YCCK;
  if (channels != 1 && channels != 3) errors_.Fail("it has two colours");
  d_.out_color_space = channels == 1 ? JCS_GRAYSCALE : print ? JCS_CMYK : JCS_RGB;
  size_.channels = channels;
}

// Whether the file is long enough for the image that its header announces.
Status JpegReader::CheckBorneOut() const {
  const int64_t samples = int64_t{d_.output_height} * d_.output_width * d_.num_components;
  if (samples >= kMostSamples || d_.output_width == 0 || d_.output_height == 0)
    return InvalidArgument(fmt::format("is given a JPEG of {} by {} pixels", d_.output_height, d_.output_width))
        .Detail("height, width and colours must make 1 to 2^29 - 1 samples");
  int64_t blocks = 0;
  for (int i = 0; i < d_.num_components; ++i)
    blocks += int64_t{d_.comp_info[i].width_in_blocks} * d_.comp_info[i].height_in_blocks;
  if (blocks <= kFreeBlocks || blocks <= 8 * static_cast<int64_t>(bytes_.size())) return {};
  return InvalidArgument(fmt::format("is given a JPEG of {} bytes, which cannot hold its {} by {} pixels",
                                     bytes_.size(), d_.image_height, d_.image_width));
}

Result<ImageSize> JpegReader::Begin(const JpegDecoding& how) {
  WEIR_RETURN_IF_ERROR(Header().status());
  const bool good = errors_.Guarded([this, &how] {
    SetColors(how.channels);
    d_.do_fancy_upsampling = how.fancy_upscaling ? TRUE : FALSE;
    d_.scale_num = 1;
    d_.scale_denom = static_cast<unsigned>(how.ratio);
    d_.dct_method = how.accurate ? JDCT_ISLOW : JDCT_IFAST;
    jpeg_calc_output_dimensions(&d_);
  });
  if (!good) return Bad();
  WEIR_RETURN_IF_ERROR(CheckBorneOut());
  size_.height = how.crop ? how.crop_height : d_.output_height;
  size_.width = how.crop ? how.crop_width : d_.output_width;
  const int64_t height = d_.output_height, width = d_.output_width;
  if (how.crop && (how.crop_y < 0 || how.crop_x < 0 || how.crop_height <= 0 || how.crop_width <= 0 ||
                   how.crop_height > height - how.crop_y || how.crop_width > width - how.crop_x)) {
    return InvalidArgument(fmt::format("wants the rows {} to {} and columns {} to {} of a JPEG of {} by {} pixels",
                                       how.crop_y, how.crop_y + how.crop_height, how.crop_x,
                                       how.crop_x + how.crop_width, height, width));
  }
  return size_;
}

// Starts to decode, at the first row that is wanted.
void JpegReader::StartPart(const JpegDecoding& how) {
  if (!jpeg_start_decompress(&d_)) errors_.Fail("it is cut off");
  if (!how.crop) return;
  auto x = static_cast<JDIMENSION>(how.crop_x), width = static_cast<JDIMENSION>(how.crop_width);
  jpeg_crop_scanline(&d_, &x, &width);
  const auto y = static_cast<JDIMENSION>(how.crop_y);
  if (jpeg_skip_scanlines(&d_, y) != y) errors_.Fail("it is cut off");
}

// A row of libjpeg's, which may begin further left than what is wanted of it.
void JpegReader::ToPixels(const JSAMPLE* row, uint8_t* pixels) const {
  const int64_t more = int64_t{d_.output_width} - size_.width;
  if (d_.out_color_space != JCS_CMYK) {
    std::copy_n(row + more * size_.channels, size_.width * size_.channels, pixels);
    return;
  }
  row += 4 * more;
  for (int64_t i = 0; i < size_.width; ++i, row += 4) {
    for (int c = 0; c < 3; ++c) {
      // Adobe's programs store the colours' complements.
      const int of = d_.saw_Adobe_marker ? row[3] * row[c] : (255 - row[3]) * (255 - row[c]);
      *pixels++ = static_cast<uint8_t>(of / 255);
    }
  }
}

// The rows that are there.
int64_t JpegReader::ReadRows(uint8_t* pixels) {
  const int64_t stride = size_.width * size_.channels;
  for (int64_t y = 0; y < size_.height; ++y, pixels += stride) {
    JSAMPROW row = row_.empty() ? pixels : row_.data();
    if (jpeg_read_scanlines(&d_, &row, 1) == 0) return y;
    if (!row_.empty()) ToPixels(row, pixels);
  }
  return size_.height;
}

Status JpegReader::Decode(const JpegDecoding& how, uint8_t* pixels) {
  WEIR_RETURN_IF_ERROR(Begin(how).status());
  if (!errors_.Guarded([this, &how] { StartPart(how); })) return Bad();
  if (d_.out_color_space == JCS_CMYK || d_.output_width != size_.width)
    row_.resize(size_t{d_.output_width} * static_cast<size_t>(d_.output_components));
  const bool good = errors_.Guarded([this, pixels] {
    rows_read_ = ReadRows(pixels);
    if (rows_read_ < size_.height) return;
    if (d_.output_scanline < d_.output_height) jpeg_skip_scanlines(&d_, d_.output_height - d_.output_scanline);
    jpeg_finish_decompress(&d_);
  });
  if (!good) return Bad();
  const float read = static_cast<float>(rows_read_) / static_cast<float>(size_.height);
  if (read < std::min(1.0f, how.acceptable_fraction)) {
    return InvalidArgument(fmt::format("is given a JPEG that is cut off in row {} of {}", rows_read_, size_.height))
        .Help("acceptable_fraction says how many rows there must be, try_recover_truncated to make them up");
  }
  const int64_t stride = size_.width * size_.channels;
  std::fill(pixels + rows_read_ * stride, pixels + size_.height * stride, uint8_t{0});
  return {};
}

}  // namespace

Result<ImageSize> JpegSize(std::string_view bytes, const JpegDecoding& how) {
  return JpegReader(bytes, how.recover_truncated).Begin(how);
}

Status ReadJpeg(std::string_view bytes, const JpegDecoding& how, uint8_t* pixels) {
  return JpegReader(bytes, how.recover_truncated).Decode(how, pixels);
}

Result<ImageSize> JpegHeader(std::string_view bytes) { return JpegReader(bytes, false).Header(); }

}  // namespace weir::io::codec
