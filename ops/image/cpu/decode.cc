// Kernels of the ops that read image files. The formats are runtime/io's; here is what each op takes and gives.
//
// Prepare reads what tells the shape: headers, and GIFs as a whole, since damage cuts off frames.
#include <fmt/format.h>

#include <cstring>
#include <memory>

#include "weir/runtime/io/image_file.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

using io::ImageFormat;

enum class Reader { kJpeg, kCropJpeg, kPng, kGif, kBmp, kImage };

// An image whose shape is known.
struct Image {
  Dims dims;
  int bits = 8;  // of the elements that `read` gives
  std::function<Status(std::string_view bytes, void* elements)> read;
};

Dims DimsOf(const io::ImageSize& size) { return {size.height, size.width, size.channels}; }

Status Refuse(ImageFormat format, const char* help) {
  return InvalidArgument(fmt::format("is given a {} file, which it does not read", io::ImageFormatName(format)))
      .Help(help);
}

Result<Image> BeginJpeg(const PrepareContext& c, Reader reader, int64_t channels, std::string_view bytes) {
  if (reader == Reader::kBmp) return Refuse(ImageFormat::kJpeg, "DecodeJpeg and DecodeImage do");
  if (channels == 4) return InvalidArgument("wants 4 channels of a JPEG, which has no alpha").Help("channels: 1 or 3");
  io::JpegDecoding how{.channels = channels};
  if (reader == Reader::kJpeg || reader == Reader::kCropJpeg) {
    how.ratio = c.attr<int64_t>("ratio");
    how.fancy_upscaling = c.attr<bool>("fancy_upscaling");
    how.recover_truncated = c.attr<bool>("try_recover_truncated");
    how.acceptable_fraction = c.attr<float>("acceptable_fraction");
    how.accurate = c.attr<std::string>("dct_method") == "INTEGER_ACCURATE";
  }
  if (reader == Reader::kCropJpeg) {
    const std::vector<int64_t> w = c.ints(1);
    if (c.input_shape(1).rank() != 1 || w.size() != 4)
      return InvalidArgument(fmt::format("wants a crop_window of 4 numbers, not {}", c.input_shape(1).ToString()));
    how.crop = true;
    how.crop_y = w[0], how.crop_x = w[1], how.crop_height = w[2], how.crop_width = w[3];
  }
  WEIR_ASSIGN_OR_RETURN(const io::ImageSize size, io::JpegSize(bytes, how));
  return Image{DimsOf(size), 8, [how](std::string_view b, void* to) {
                 return io::DecodeJpeg(b, how, static_cast<uint8_t*>(to));
               }};
}

Result<Image> BeginPng(const PrepareContext& c, Reader reader, int64_t channels, std::string_view bytes) {
  if (reader == Reader::kBmp || reader == Reader::kCropJpeg)
    return Refuse(ImageFormat::kPng, "DecodePng and DecodeImage do");
  WEIR_ASSIGN_OR_RETURN(const io::ImageSize size, io::PngSize(bytes, channels));
  const int bits = c.output_dtype(0) == kUint8 ? 8 : 16;
  return Image{DimsOf(size), bits,
               [channels, bits](std::string_view b, void* to) { return io::DecodePng(b, channels, bits, to); }};
}

Result<Image> BeginGif(const PrepareContext& c, Reader reader, int64_t channels, std::string_view bytes) {
  if (reader == Reader::kBmp || reader == Reader::kCropJpeg)
    return Refuse(ImageFormat::kGif, "DecodeGif and DecodeImage do");
  if (channels != 0 && channels != 3)
    return InvalidArgument(fmt::format("wants {} channels of a GIF, which has 3", channels)).Help("channels: 3");
  WEIR_ASSIGN_OR_RETURN(io::Gif read, io::ReadGif(bytes));
  auto gif = std::make_shared<const io::Gif>(std::move(read));
  int64_t frames = static_cast<int64_t>(gif->frames.size());
  const bool all = reader == Reader::kGif || (reader == Reader::kImage && c.attr<bool>("expand_animations"));
  if (reader == Reader::kImage && !all) frames = 1;
  if (!all && frames > 1) {
    return InvalidArgument(fmt::format("is given a GIF of {} frames, but gives one", frames))
        .Help("DecodeGif and DecodeImage give them all");
  }
  Image image{{gif->height, gif->width, 3}, 8, [gif, frames](std::string_view, void* to) {
                return io::DrawGif(*gif, frames, static_cast<uint8_t*>(to));
              }};
  if (all) image.dims.insert(image.dims.begin(), frames);
  return image;
}

Result<Image> BeginBmp(Reader reader, int64_t channels, std::string_view bytes) {
  if (reader != Reader::kBmp && reader != Reader::kImage)
    return Refuse(ImageFormat::kBmp, "DecodeBmp and DecodeImage do");
  if (channels == 1)
    return InvalidArgument("wants 1 channel of a BMP").Help("channels: 3 or 4; 0 gives one of 8 bits a pixel as it is");
  WEIR_ASSIGN_OR_RETURN(const io::ImageSize size, io::BmpSize(bytes, channels));
  return Image{DimsOf(size), 8, [channels](std::string_view b, void* to) {
                 return io::DecodeBmp(b, channels, static_cast<uint8_t*>(to));
               }};
}

Result<Image> Begin(const PrepareContext& c, Reader reader, std::string_view bytes) {
  const int64_t channels = reader == Reader::kGif ? 3 : c.attr<int64_t>("channels");
  const ImageFormat format = io::ImageFormatOf(bytes);
  switch (format) {
    case ImageFormat::kJpeg: return BeginJpeg(c, reader, channels, bytes);
    case ImageFormat::kPng: return BeginPng(c, reader, channels, bytes);
    case ImageFormat::kGif: return BeginGif(c, reader, channels, bytes);
    case ImageFormat::kBmp: return BeginBmp(reader, channels, bytes);
    case ImageFormat::kUnknown: break;
    default: return Unimplemented(fmt::format("is given a {} file, which Weir cannot read",
                                              io::ImageFormatName(format))).Help("JPEG, PNG, GIF and BMP it can");
  }
  return InvalidArgument(fmt::format("is given {} bytes that are no image", bytes.size()))
      .Help("they must be a file of JPEG, PNG, GIF or BMP");
}

// n elements of `From` become `To`, in place, from the last to the first.
template <class From, class To, class F>
void Widen(void* elements, int64_t n, F f) {
  auto* bytes = static_cast<char*>(elements);
  for (int64_t i = n - 1; i >= 0; --i) {
    From x;
    std::memcpy(&x, bytes + i * static_cast<int64_t>(sizeof x), sizeof x);
    const To y = f(x);
    std::memcpy(bytes + i * static_cast<int64_t>(sizeof y), &y, sizeof y);
  }
}

// As TensorFlow scales them: to uint16 by 256, so that white is not the largest number.
void Convert(void* elements, int64_t n, int bits, DType to) {
  if (to == kUint16 && bits == 8)
    Widen<uint8_t, uint16_t>(elements, n, [](uint8_t x) { return static_cast<uint16_t>(x << 8); });
  if (to == kFloat && bits == 8)
    Widen<uint8_t, float>(elements, n, [](uint8_t x) { return static_cast<float>(x) * static_cast<float>(1. / 255); });
  if (to == kFloat && bits == 16) {
    Widen<uint16_t, float>(elements, n,
                           [](uint16_t x) { return static_cast<float>(x) * static_cast<float>(1. / 65535); });
  }
}

Status RequireOneFile(const PrepareContext& c) {
  if (c.input_shape(0).rank() == 0) return {};
  return InvalidArgument(fmt::format("wants the bytes of one file, not {}", c.input_shape(0).ToString()));
}

PrepareFn Decoding(Reader reader) {
  return [reader](PrepareContext& c) -> Status {
    WEIR_RETURN_IF_ERROR(RequireOneFile(c));
    WEIR_ASSIGN_OR_RETURN(Image image, Begin(c, reader, *c.input_value(0)->data<std::string>()));
    if (reader == Reader::kGif && image.dims.size() == 3) image.dims.insert(image.dims.begin(), 1);
    WEIR_RETURN_IF_ERROR(c.set_output_dims(0, image.dims));
    c.SetRun([image, n = c.output_shape(0).num_elements(), dtype = c.output_dtype(0)](RunArgs& a) {
      Status read = image.read(*a.in<std::string>(0), a.out<char>(0));
      if (read.ok()) Convert(a.out<char>(0), n, image.bits, dtype);
      else a.Fail(std::move(read));
    });
    return {};
  };
}

Status PrepareJpegShape(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(RequireOneFile(c));
  c.set_output_shape(0, Shape({3}));
  const bool is64 = c.output_dtype(0) == kInt64;
  c.SetRun([is64](RunArgs& a) {
    const auto size = io::JpegHeader(*a.in<std::string>(0));
    if (!size.ok()) return a.Fail(size.status());
    const int64_t dims[] = {size->height, size->width, size->channels};
    for (int i = 0; i < 3; ++i) {
      if (is64) a.out<int64_t>(0)[i] = dims[i];
      else a.out<int32_t>(0)[i] = static_cast<int32_t>(dims[i]);
    }
  });
  return {};
}

}  // namespace

void RegisterDecodeKernels(KernelRegistry& r) {
  r.Add("DecodeJpeg", Decoding(Reader::kJpeg)).NeedsValue({0});
  r.Add("DecodeAndCropJpeg", Decoding(Reader::kCropJpeg)).NeedsValue({0, 1});
  r.Add("DecodePng", Decoding(Reader::kPng)).NeedsValue({0});
  r.Add("DecodeGif", Decoding(Reader::kGif)).NeedsValue({0});
  r.Add("DecodeBmp", Decoding(Reader::kBmp)).NeedsValue({0});
  r.Add("DecodeImage", Decoding(Reader::kImage)).NeedsValue({0});
  r.Add("ExtractJpegShape", PrepareJpegShape);
}

}  // namespace weir
