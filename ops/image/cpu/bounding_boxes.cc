// DrawBoundingBoxes: an image after the other, a box over those before it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "weir/runtime/kernel.h"

namespace weir {
namespace kernels {
namespace {

// Yellow, blue, red, lime, purple, olive, maroon, navy, aqua, fuchsia; with opacity.
constexpr float kColors[10][4] = {{1, 1, 0, 1},     {0, 0, 1, 1},   {1, 0, 0, 1},   {0, 1, 0, 1}, {0.5, 0, 0.5, 1},
                                  {0.5, 0.5, 0, 1}, {0.5, 0, 0, 1}, {0, 0, 0.5, 1}, {0, 1, 1, 1}, {1, 0, 1, 1}};

struct Palette {
  const float* colors = &kColors[0][0];
  int64_t number = 10, stride = 4;
  const float* Of(int64_t box) const { return colors + box % number * stride; }
};

struct Canvas {
  int64_t height, width, channels;
};

// The pixel that a coordinate lies in, towards 0; far outside for what no integer holds.
int64_t Pixel(float at, int64_t last) {
  const float pixel = at * float(last);
  return std::abs(pixel) < 1e18f ? int64_t(pixel) : pixel > 0 ? int64_t{1} << 60 : -(int64_t{1} << 60);
}

// The outline of one box, as far as it lies in the image.
template <class T>
void DrawBox(const Canvas& s, const float* box, const float* color, T* image) {
  const int64_t top = Pixel(box[0], s.height - 1), left = Pixel(box[1], s.width - 1);
  const int64_t bottom = Pixel(box[2], s.height - 1), right = Pixel(box[3], s.width - 1);
  if (top > bottom || left > right || top >= s.height || bottom < 0 || left >= s.width || right < 0) return;
  auto dot = [&](int64_t y, int64_t x) {
    for (int64_t k = 0; k < s.channels; ++k) image[(y * s.width + x) * s.channels + k] = T(color[k]);
  };
  const int64_t y0 = std::max<int64_t>(top, 0), y1 = std::min(bottom, s.height - 1);
  const int64_t x0 = std::max<int64_t>(left, 0), x1 = std::min(right, s.width - 1);
  for (int64_t x = x0; x <= x1; ++x) {
    if (top >= 0) dot(top, x);
    if (bottom < s.height) dot(bottom, x);
  }
  for (int64_t y = y0; y <= y1; ++y) {
    if (left >= 0) dot(y, left);
    if (right < s.width) dot(y, right);
  }
}

template <class T>
void DrawImage(const Canvas& s, const Palette& palette, const float* boxes, int64_t number, const T* in, T* out) {
  if (in != out) std::copy_n(in, s.height * s.width * s.channels, out);
  for (int64_t i = 0; i < number; ++i)
    DrawBox(s, boxes + i * 4, palette.Of(i), out);
}

Status PrepareDraw(PrepareContext& c) {
  const Shape &images = c.input_shape(0), &boxes = c.input_shape(1);
  if (images.rank() != 4 || boxes.rank() != 3 || boxes[0] != images[0] || boxes[2] != 4)
    return InvalidArgument(fmt::format("cannot draw boxes {} onto {}", boxes.ToString(), images.ToString()));
  const Canvas s{images[1], images[2], images[3]};
  if (s.channels != 1 && s.channels != 3 && s.channels != 4)
    return InvalidArgument(fmt::format("has images of {} channels; they must be 1, 3 or 4", s.channels));
  static constexpr float kWhite[] = {1};
  Palette palette;
  if (s.channels == 1) palette = {kWhite, 1, 1};
  if (c.num_inputs() > 2) {
    const Shape& colors = c.input_shape(2);
    if (colors.rank() != 2 || colors[1] < s.channels)
      return InvalidArgument(fmt::format("has colors {} for images {}", colors.ToString(), images.ToString()));
    if (colors.num_elements() > 0) palette = {nullptr, colors[0], colors[1]};
  }
  if (images.num_elements() == 0) return c.Nothing();
  const int64_t number = boxes[1], size = s.height * s.width * s.channels;
  c.ParallelOver(images[0], 0.3 * double(size) + double(number) * double(2 * (s.height + s.width)) * 3);
  return c.ForType(Types<float, Half>{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    c.SetRun([=](RunArgs& a) {
      Palette p = palette;
      if (!p.colors) p.colors = a.in<float>(2);
      for (int64_t i = a.begin; i < a.end; ++i) {
        DrawImage(s, p, a.in<float>(1) + i * number * 4, number, a.in<T>(0) + i * size, a.out<T>(0) + i * size);
      }
    });
  });
}

}  // namespace
}  // namespace kernels

void RegisterBoundingBoxKernels(KernelRegistry& r) {
  r.Add("DrawBoundingBoxes", kernels::PrepareDraw).InPlace(0, 0);
  r.Add("DrawBoundingBoxesV2", kernels::PrepareDraw).InPlace(0, 0);
}

}  // namespace weir
