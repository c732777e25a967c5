#include "images.h"

#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <numeric>
#include <random>
#include <sstream>

namespace examples {
namespace {

using weir::Code;
using weir::Error;
using weir::Shape;
using weir::Tensor;

// The content of a file, unpacked if it is gzipped.
std::string ReadFile(const std::string& path) {
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (!file) throw Error(Code::kNotFound, "cannot open " + path);
  std::string content;
  char block[1 << 16];
  int n;
  while ((n = gzread(file.get(), block, sizeof block)) > 0) content.append(block, n);
  if (n < 0) throw Error(Code::kDataLoss, path + " is damaged");
  return content;
}

// Images from bytes: `pixels` in row-major order, `white` being the brightest value.
Images MakeImages(const std::vector<uint8_t>& pixels, const std::vector<int32_t>& labels, int64_t height, int64_t width,
                  float white) {
  Images images;
  images.labels = Tensor::Vector(labels);
  images.pixels = Tensor::Allocate(weir::kFloat, Shape({images.count(), height, width, 1})).value();
  std::transform(pixels.begin(), pixels.end(), images.pixels.mutable_data<float>(),
                 [&](uint8_t p) { return static_cast<float>(p) / white; });
  return images;
}

// One IDX file: a magic number that ends in the number of axes, their sizes (both big-endian), then bytes.
struct Idx {
  std::vector<int64_t> sizes;
  std::vector<uint8_t> bytes;
};

Idx ReadIdx(const std::filesystem::path& folder, const std::string& name, size_t axes) {
  std::string path = folder / name;
  if (!std::filesystem::exists(path)) path += ".gz";
  const std::string content = ReadFile(path);
  const auto word = [&](size_t i) {
    uint32_t w = 0;
    for (size_t k = 0; k < 4; ++k) w = w << 8 | static_cast<uint8_t>(content[4 * i + k]);
    return w;
  };
  if (content.size() < 4 * (axes + 1) || word(0) != 0x800 + axes)
    throw Error(Code::kInvalidArgument, path + " is not an IDX file of bytes");
  Idx idx;
  for (size_t i = 1; i <= axes; ++i) idx.sizes.push_back(word(i));
  idx.bytes.assign(content.begin() + 4 * (axes + 1), content.end());
  const weir::Result<Shape> shape = Shape::Make(idx.sizes);
  if (!shape.ok() || shape->num_elements() != static_cast<int64_t>(idx.bytes.size()))
    throw Error(Code::kDataLoss, path + " has another size than it says");
  return idx;
}

Images ReadMnistPart(const std::string& folder, const std::string& part) {
  const Idx pixels = ReadIdx(folder, part + "-images-idx3-ubyte", 3),
            labels = ReadIdx(folder, part + "-labels-idx1-ubyte", 1);
  if (pixels.sizes[0] != labels.sizes[0])
    throw Error(Code::kInvalidArgument, folder + " has not as many labels as images");
  return MakeImages(pixels.bytes, {labels.bytes.begin(), labels.bytes.end()}, pixels.sizes[1], pixels.sizes[2], 255);
}

}  // namespace

Collection ReadDigits(const std::string& csv) {
  constexpr int64_t kSide = 8;
  std::vector<uint8_t> pixels[2];
  std::vector<int32_t> labels[2];
  std::stringstream lines(ReadFile(csv));
  int row = 0;
  for (std::string line; std::getline(lines, line); ++row) {
    std::replace(line.begin(), line.end(), ',', ' ');
    std::stringstream numbers(line);
    const int part = row % 4 == 3;
    for (int i = 0; i <= kSide * kSide; ++i) {
      double v = 0;
      if (!(numbers >> v) || v < 0 || v > 16)
        throw Error(Code::kInvalidArgument,
                    csv + ", line " + std::to_string(row + 1) + ": not 65 numbers from 0 to 16");
      if (i < kSide * kSide) pixels[part].push_back(static_cast<uint8_t>(v));
      else labels[part].push_back(static_cast<int32_t>(v));
    }
  }
  return {MakeImages(pixels[0], labels[0], kSide, kSide, 16), MakeImages(pixels[1], labels[1], kSide, kSide, 16)};
}

Collection ReadMnist(const std::string& folder) {
  return {ReadMnistPart(folder, "train"), ReadMnistPart(folder, "t10k")};
}

Tensor Rows(const Tensor& t, std::span<const int> positions) {
  weir::Dims dims = t.shape().dims();
  dims[0] = static_cast<int64_t>(positions.size());
  Tensor rows = Tensor::Allocate(t.dtype(), Shape::Make(dims).value()).value();
  const size_t bytes = t.bytes() / t.shape()[0];
  const char* from = static_cast<const char*>(t.raw());
  char* to = static_cast<char*>(rows.mutable_raw());
  for (int position : positions) to = std::copy_n(from + position * bytes, bytes, to);
  return rows;
}

std::vector<int> ShuffledOrder(int64_t n, uint32_t seed) {
  std::vector<int> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::mt19937 random(seed);
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  return order;
}

std::string Draw(const Images& images, std::span<const int> positions, const std::vector<std::string>& captions) {
  constexpr std::string_view kShades = " .:-=+*#%@";
  const int64_t height = images.pixels.shape()[1], width = images.pixels.shape()[2];
  const float* pixels = images.pixels.data<float>();
  std::string text;
  for (int64_t y = 0; y < height; ++y) {
    for (int p : positions) {
      for (int64_t x = 0; x < width; ++x) {
        const float v = pixels[(p * height + y) * width + x];
        text.append(2, kShades[std::min<size_t>(static_cast<size_t>(v * kShades.size()), kShades.size() - 1)]);
      }
      text += "   ";
    }
    text += '\n';
  }
  for (const std::string& caption : captions)
    text += caption + std::string(std::max<int64_t>(1, 2 * width + 3 - static_cast<int64_t>(caption.size())), ' ');
  return text + '\n';
}

}  // namespace examples
