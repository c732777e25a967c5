// Kernels of the ops that write image files. The formats are runtime/io's.
#include <fmt/format.h>

#include "weir/runtime/io/image_file.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

constexpr double kNsAnElement = 20;           // about what packing takes
constexpr int64_t kMost = int64_t{1} << 29;  // pixels: TensorFlow's limit

Status CheckPixels(const io::ImageSize& size) {
  int64_t pixels = 0;
  if (size.height > 0 && size.width > 0 && CheckedMul(size.height, size.width, &pixels) && pixels < kMost) return {};
  return InvalidArgument(fmt::format("cannot write an image of {} by {} pixels", size.height, size.width))
      .Help("there must be 1 to 2^29 - 1");
}

// The image [height, width, 1 or 3] that becomes a JPEG of that format.
Result<io::ImageSize> JpegImage(const PrepareContext& c, const std::string& format) {
  const Shape& s = c.input_shape(0);
  if (s.rank() != 3 || (s[2] != 1 && s[2] != 3))
    return InvalidArgument(fmt::format("wants an image [height,width,1 or 3], not {}", s.ToString()));
  if (!format.empty() && (format == "rgb") != (s[2] == 3))
    return InvalidArgument(fmt::format("wants an image for the format {}, not {}", format, s.ToString()));
  const io::ImageSize size{s[0], s[1], s[2]};
  WEIR_RETURN_IF_ERROR(CheckPixels(size));
  return size;
}

void WriteJpeg(RunArgs& a, const io::ImageSize& size, const io::JpegEncoding& how) {
  auto bytes = io::EncodeJpeg(a.in<uint8_t>(0), size, how);
  if (bytes.ok()) *a.out<std::string>(0) = std::move(*bytes);
  else a.Fail(bytes.status());
}

Status PrepareEncodeJpeg(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(const io::ImageSize size, JpegImage(c, c.attr<std::string>("format")));
  const io::JpegEncoding how{static_cast<int>(c.attr<int64_t>("quality")), c.attr<bool>("progressive"),
                             c.attr<bool>("optimize_size"), c.attr<bool>("chroma_downsampling"),
                             c.attr<std::string>("density_unit") == "cm", c.attr<int64_t>("x_density"),
                             c.attr<int64_t>("y_density"), c.attr<std::string>("xmp_metadata")};
  c.set_output_shape(0, Shape());
  c.SetRun([size, how](RunArgs& a) { WriteJpeg(a, size, how); });
  return {};
}

Status PrepareVariableQuality(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(const io::ImageSize size, JpegImage(c, ""));
  if (c.input_shape(1).rank() != 0)
    return InvalidArgument(fmt::format("wants one quality, not {}", c.input_shape(1).ToString()));
  c.set_output_shape(0, Shape());
  c.SetRun([size](RunArgs& a) {
    const int quality = *a.in<int32_t>(1);
    if (quality < 0 || quality > 100)
      return a.Fail(InvalidArgument(fmt::format("wants a quality of {}", quality)).Help("0 to 100"));
    WriteJpeg(a, size, {.quality = quality});
  });
  return {};
}

Status PrepareEncodePng(PrepareContext& c) {
  const Shape& s = c.input_shape(0);
  const int rank = s.rank();
  if (rank < 3 || s[rank - 1] < 1 || s[rank - 1] > 4)
    return InvalidArgument(fmt::format("wants images [...,height,width,1 to 4], not {}", s.ToString()));
  const io::ImageSize size{s[rank - 3], s[rank - 2], s[rank - 1]};
  Dims batch;
  int64_t images = 1;
  for (int i = 0; i < rank - 3; ++i) batch.push_back(s[i]), images *= s[i];
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, batch));
  if (images == 0) return c.Nothing();
  WEIR_RETURN_IF_ERROR(CheckPixels(size));
  const int bits = c.input_dtype(0) == kUint16 ? 16 : 8, compression = static_cast<int>(c.attr<int64_t>("compression"));
  const int64_t elements = s.num_elements() / images;
  c.ParallelOver(images, kNsAnElement * static_cast<double>(elements));
  c.SetRun([size, bits, compression, bytes = elements * bits / 8](RunArgs& a) {
    for (int64_t i = a.begin; i < a.end; ++i) {
      auto png = io::EncodePng(a.in<char>(0) + i * bytes, size, bits, compression);
      if (!png.ok()) return a.Fail(png.status());
      a.out<std::string>(0)[i] = std::move(*png);
    }
  });
  return {};
}

}  // namespace

void RegisterEncodeKernels(KernelRegistry& r) {
  r.Add("EncodeJpeg", PrepareEncodeJpeg);
  r.Add("EncodeJpegVariableQuality", PrepareVariableQuality);
  r.Add("EncodePng", PrepareEncodePng);
}

}  // namespace weir
