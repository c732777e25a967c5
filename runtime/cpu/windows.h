// Windows over images and volumes, for the kernels of convolution and pooling: which taps of a window lie inside, which
// outputs see a band of input rows. Arithmetic only; sizes are placed (graph/base/window.h).
#pragma once

#include <algorithm>
#include <cstdint>

#include "weir/graph/base/window.h"
#include "weir/runtime/cpu/wide.h"

namespace weir::kernels {

// [begin, end)
struct Span {
  int64_t begin = 0, end = 0;
  int64_t size() const { return end - begin; }
};

inline int64_t CeilDiv(int64_t a, int64_t b) { return a >= 0 ? (a + b - 1) / b : -(-a / b); }  // b > 0

// The taps of output `o`'s window that lie in the input. Tap t is at o·stride − before + t·dilation.
inline Span TapsInside(const WindowAxis& a, int64_t o) {
  int64_t start = o * a.stride - a.before;
  if (a.dilation == 1) {  // no division
    int64_t begin = std::clamp<int64_t>(-start, 0, a.window);
    return {begin, std::clamp(a.input - start, begin, a.window)};
  }
  int64_t begin = start >= 0 ? 0 : CeilDiv(-start, a.dilation);
  int64_t end = std::min(a.window, CeilDiv(a.input - start, a.dilation));
  return {std::min(begin, a.window), std::max(end, std::min(begin, a.window))};
}

// The outputs whose windows (padding included) overlap the inputs [band.begin, band.end).
inline Span OutputsOver(const WindowAxis& a, Span band) {
  int64_t begin = std::max<int64_t>(CeilDiv(band.begin + a.before - (a.extent() - 1), a.stride), 0);
  int64_t end = std::min(CeilDiv(band.end + a.before, a.stride), a.output);
  return {std::min(begin, a.output), std::max(end, std::min(begin, a.output))};
}

// The same of rows of volumes, counted from plane to plane.
inline Span OutputRowsOver(const WindowAxis& z, const WindowAxis& y, Span rows) {
  if (z.input == 1 && z.output == 1) return OutputsOver(y, rows);
  const Span planes = OutputsOver(z, {rows.begin / y.input, CeilDiv(rows.end, y.input)});
  return {planes.begin * y.output, planes.end * y.output};
}
// The rows that neighbouring bands both look at.
inline int64_t HaloOf(const WindowAxis& z, const WindowAxis& y) {
  return z.input == 1 ? y.extent() : std::min(z.extent(), z.input) * y.input;
}

// The outputs whose windows have tap `t` in the input.
inline Span OutputsOfTap(const WindowAxis& a, int64_t t) {
  int64_t at = t * a.dilation - a.before;  // where output 0 has it
  int64_t begin = std::clamp<int64_t>(CeilDiv(-at, a.stride), 0, a.output);
  return {begin, std::clamp(CeilDiv(a.input - at, a.stride), begin, a.output)};
}

// Cuts the rows of `images` images of `rows` rows into bands for work that gathers into disjoint bands of the input:
// whole images, or several bands an image when there are few images. Bands are `halo` rows high at least, since
// neighbours repeat about that much of each other's work.
struct Bands {
  int64_t images = 0, rows = 0, per_image = 1;

  Bands(int64_t images, int64_t rows, int64_t halo, int64_t wanted) : images(images), rows(rows) {
    if (images <= 0 || rows <= 0) return;
    per_image =
        std::clamp<int64_t>(CeilDiv(wanted, images), 1, std::max<int64_t>(rows / std::max<int64_t>(halo, 4), 1));
  }
  int64_t count() const { return images * per_image; }
  int64_t max_rows() const { return CeilDiv(rows, per_image); }
  int64_t image(int64_t band) const { return band / per_image; }
  Span Rows(int64_t band) const {
    int64_t i = band % per_image, per = rows / per_image, rest = rows % per_image;
    int64_t begin = i * per + std::min(i, rest);
    return {begin, begin + per + (i < rest)};
  }
};

// Windows over a batch of images [n, height, width, c] or volumes [n, depth, height, width, c], as which every case is
// seen: NCHW as n·c images of one channel, pooling over channels as pooling over an axis of an image. Rows are counted
// from plane to plane.
struct PoolProblem {
  int64_t n = 0, c = 0;
  WindowAxis y, x, z = kOnePlane;

  int64_t in_rows() const { return z.input * y.input; }  // of one image
  int64_t in_pixels() const { return in_rows() * x.input; }
  int64_t in_image() const { return in_pixels() * c; }
  int64_t out_row() const { return x.output * c; }
  int64_t image_rows() const { return z.output * y.output; }  // of outputs
  int64_t out_rows() const { return n * image_rows(); }
};

// f(pixel, outputs, tap) for every tap ((kz · window + ky) · window + kx) of the windows of output row `row` that lies
// in the input: output ox of `outputs` has it at pixel + ox · stride of its image. Taps come in row-major order (kx
// falling when `Reverse`).
template <bool Reverse = false, class F>
void ForRowTaps(const PoolProblem& p, int64_t row, F&& f) {
  const WindowAxis &za = p.z, &ya = p.y, &xa = p.x;
  const int64_t oz = za.output == 1 ? 0 : row / ya.output, oy = row - oz * ya.output;
  const Span kz = TapsInside(za, oz), ky = TapsInside(ya, oy);
  const Span kx{std::max<int64_t>(CeilDiv(xa.before - (xa.output - 1) * xa.stride, xa.dilation), 0),
                std::min(xa.window, CeilDiv(xa.input + xa.before, xa.dilation))};
  for (int64_t z = kz.begin; z < kz.end; ++z) {
    const int64_t plane = (oz * za.stride - za.before + z * za.dilation) * ya.input;
    for (int64_t y = ky.begin; y < ky.end; ++y) {
      const int64_t first = (plane + oy * ya.stride - ya.before + y * ya.dilation) * xa.input - xa.before;
      for (int64_t i = kx.begin; i < kx.end; ++i) {
        const int64_t t = Reverse ? kx.begin + kx.end - 1 - i : i;
        const Span ox = OutputsOfTap(xa, t);
        if (ox.size() > 0) f(first + t * xa.dilation, ox, (z * ya.window + y) * xa.window + t);
      }
    }
  }
}

// f(input element, output element, output's ox) for all channels of the outputs `ox` of a row: what ForRowTaps gave.
template <class F>
inline void ForLanes(const PoolProblem& p, int64_t pixel, Span ox, F&& f) {
  const int64_t c = p.c, stride = p.x.stride;
  if (c == 1) {
    for (int64_t o = ox.begin; o < ox.end; ++o) f(pixel + o * stride, o, o);
    return;
  }
  for (int64_t o = ox.begin; o < ox.end; ++o) {
    const int64_t in = (pixel + o * stride) * c, out = o * c;
    for (int64_t i = 0; i < c; ++i) f(in + i, out + i, o);
  }
}

}  // namespace weir::kernels
