// JPEG files by libjpeg: see image_file.h. Compiled into libweir_deps.so.
#include <fmt/format.h>

#include "weir/runtime/io/codec/image_codecs.h"
#include "weir/runtime/io/codec/jpeg_guard.h"

namespace weir::io::codec {

namespace {

// Where libjpeg writes to: a string, by pieces.
struct Destination {
  jpeg_destination_mgr manager;  // first: libjpeg hands out its address
  std::string* bytes = nullptr;
  JOCTET piece[1 << 14];

  static void Empty(j_compress_ptr c, size_t left) {
    auto* d = reinterpret_cast<Destination*>(c->dest);
    d->bytes->append(reinterpret_cast<const char*>(d->piece), sizeof d->piece - left);
    d->manager.next_output_byte = d->piece;
    d->manager.free_in_buffer = sizeof d->piece;
  }
  void Open(std::string* to) {
    bytes = to;
    manager.next_output_byte = piece;
    manager.free_in_buffer = sizeof piece;
    manager.init_destination = [](j_compress_ptr) {};
    manager.empty_output_buffer = [](j_compress_ptr c) -> boolean { return Empty(c, 0), TRUE; };
    manager.term_destination = [](j_compress_ptr c) { Empty(c, c->dest->free_in_buffer); };
  }
};

class JpegWriter {
 public:
  explicit JpegWriter(std::string* to) {
    to_.Open(to);
    c_.err = errors_.Init();
  }
  ~JpegWriter() { jpeg_destroy_compress(&c_); }
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;

  Status Write(const uint8_t* pixels, const ImageSize& size, const JpegEncoding& how, const std::string& packet) {
    const bool good = errors_.Guarded([&] {
      Begin(size, how);
      jpeg_start_compress(&c_, TRUE);
      if (!packet.empty()) {
        jpeg_write_marker(&c_, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(packet.data()),
                          static_cast<unsigned>(packet.size()));
      }
      while (c_.next_scanline < c_.image_height) {
        auto* row = const_cast<JSAMPROW>(pixels + int64_t{c_.next_scanline} * size.width * size.channels);
        jpeg_write_scanlines(&c_, &row, 1);
      }
      jpeg_finish_compress(&c_);
    });
    if (good) return {};
    return InvalidArgument(fmt::format("has an image that is no JPEG: {}", errors_.message));
  }

 private:
  void Begin(const ImageSize& size, const JpegEncoding& how) {
    jpeg_create_compress(&c_);
    c_.dest = &to_.manager;
    c_.image_width = static_cast<JDIMENSION>(size.width);
    c_.image_height = static_cast<JDIMENSION>(size.height);
    c_.input_components = static_cast<int>(size.channels);
    c_.in_color_space = size.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&c_);
    c_.optimize_coding = how.optimize_size ? TRUE : FALSE;
    c_.density_unit = how.density_in_cm ? 2 : 1;
    c_.X_density = static_cast<UINT16>(how.x_density);
    c_.Y_density = static_cast<UINT16>(how.y_density);
    jpeg_set_quality(&c_, how.quality, TRUE);
    if (how.progressive) jpeg_simple_progression(&c_);
    for (int i = 0; i < c_.num_components && !how.chroma_downsampling; ++i)
      c_.comp_info[i].h_samp_factor = c_.comp_info[i].v_samp_factor = 1;
  }

  jpeg_compress_struct c_{};
  JpegErrors errors_{};
  Destination to_{};
};

}  // namespace

Result<std::string> WriteJpeg(const uint8_t* pixels, const ImageSize& size, const JpegEncoding& how) {
  std::string bytes, packet;
  // What says that the bytes behind it are XMP, with the zero at its end.
  static constexpr std::string_view kXmp("http://ns.adobe.com/xap/1.0/", 29);
  if (!how.xmp_metadata.empty()) packet = std::string(kXmp) + how.xmp_metadata;
  WEIR_RETURN_IF_ERROR(JpegWriter(&bytes).Write(pixels, size, how, packet));
  return bytes;
}

}  // namespace weir::io::codec
