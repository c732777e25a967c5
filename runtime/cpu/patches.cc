// From images to patches and back (im2col and col2im), bounded blocks of them at a time. See patches.h for the
// layouts.
#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "weir/runtime/cpu/patches.h"

namespace weir::kernels {
namespace {

template <class T, class A>
inline void CopyRun(const T* in, A* out, int64_t n) {
  if constexpr (std::is_same_v<T, A>) {
    if (n >= 16) {
      std::memcpy(out, in, n * sizeof(T));
      return;
    }
  }
  for (int64_t i = 0; i < n; ++i) out[i] = A(in[i]);
}

// An output's row: which plane, which row of it.
struct Place {
  int64_t oz, oy;
  Place(const ConvProblem& p, int64_t row) : oz(p.z.output == 1 ? 0 : row / p.y.output), oy(row - oz * p.y.output) {}
  // The row of the input that tap (kz, ky) sees, from plane to plane; -1 where that lies outside.
  int64_t InputRow(const ConvProblem& p, int64_t kz, int64_t ky) const {
    const int64_t iz = oz * p.z.stride - p.z.before + kz * p.z.dilation;
    const int64_t iy = oy * p.y.stride - p.y.before + ky * p.y.dilation;
    return iz >= 0 && iz < p.z.input && iy >= 0 && iy < p.y.input ? iz * p.y.input + iy : -1;
  }
};

// f(tile offset, output row, ox span) for the parts of [begin, end) pixels that lie in one output row.
template <class F>
void ForOutputRows(const ConvProblem& p, Span pixels, F&& f) {
  for (int64_t at = pixels.begin; at < pixels.end;) {
    int64_t row = at / p.x.output, ox = at % p.x.output;
    int64_t n = std::min(p.x.output - ox, pixels.end - at);
    f(at - pixels.begin, Place(p, row), Span{ox, ox + n});
    at += n;
  }
}

// A tap of a window.
struct Tap {
  int64_t kz, ky, kx;
};
// f(kz, ky) for the rows of a window.
template <class F>
void ForWindowRows(const ConvProblem& p, F&& f) {
  for (int64_t kz = 0; kz < p.z.window; ++kz) {
    for (int64_t ky = 0; ky < p.y.window; ++ky) f(kz, ky);
  }
}
// f(tap, channel of the group) in the order of a patch.
template <class F>
void ForTaps(const ConvProblem& p, F&& f) {
  ForWindowRows(p, [&](int64_t kz, int64_t ky) {
    for (int64_t kx = 0; kx < p.x.window; ++kx) {
      for (int64_t c = 0; c < p.group_in(); ++c) f(Tap{kz, ky, kx}, c);
    }
  });
}

// One row of a tile by taps: a tap of one channel, over the pixels.
template <class T, class A>
void GatherTap(const ConvProblem& p, const T* plane, Span pixels, const Tap& tap, A* out) {
  const Span inside = OutputsOfTap(p.x, tap.kx);
  ForOutputRows(p, pixels, [&](int64_t offset, const Place& at, Span ox) {
    const int64_t row = at.InputRow(p, tap.kz, tap.ky);
    A* to = out + offset - ox.begin;
    Span valid{std::clamp(inside.begin, ox.begin, ox.end), std::clamp(inside.end, ox.begin, ox.end)};
    if (row < 0) valid = {ox.begin, ox.begin};
    std::fill(to + ox.begin, to + valid.begin, A(0));
    const T* in = plane + row * p.x.input - p.x.before + tap.kx * p.x.dilation;
    if (p.x.stride == 1) {
      if (valid.size() > 0) CopyRun(in + valid.begin, to + valid.begin, valid.size());
    } else {
      for (int64_t x = valid.begin; x < valid.end; ++x) to[x] = A(in[x * p.x.stride]);
    }
    std::fill(to + valid.end, to + ox.end, A(0));
  });
}

template <class A>
void ScatterNhwc(const ConvProblem& p, const A* tile, Span patches, int64_t group, Span rows, A* out) {
  const int64_t c = p.in_channels, gc = p.group_in(), row = p.x.window * gc;
  const bool runs = p.groups == 1 && p.x.dilation == 1;
  for (int64_t patch = patches.begin; patch < patches.end; ++patch, tile += p.depth()) {
    const Place at(p, patch / p.x.output);
    const int64_t ox = patch % p.x.output, ix0 = ox * p.x.stride - p.x.before;
    const Span kx = TapsInside(p.x, ox);
    const A* next = tile;
    ForWindowRows(p, [&](int64_t kz, int64_t ky) {
      const A* from = std::exchange(next, next + row);
      const int64_t in_row = at.InputRow(p, kz, ky);
      if (in_row < rows.begin || in_row >= rows.end || kx.size() == 0) return;
      A* to = out + ((in_row - rows.begin) * p.x.input + ix0) * c + group * gc;
      if (runs) {
        for (int64_t i = kx.begin * c; i < kx.end * c; ++i) to[i] += from[i];
      } else {
        for (int64_t t = kx.begin; t < kx.end; ++t) {
          for (int64_t i = 0; i < gc; ++i) to[t * p.x.dilation * c + i] += from[t * gc + i];
        }
      }
    });
  }
}

// One row of a tile by taps added to the input rows of its channel.
template <class A>
void ScatterTap(const ConvProblem& p, const A* tile, Span pixels, const Tap& tap, Span rows, A* plane) {
  const Span inside = OutputsOfTap(p.x, tap.kx);
  ForOutputRows(p, pixels, [&](int64_t offset, const Place& at, Span ox) {
    const int64_t row = at.InputRow(p, tap.kz, tap.ky);
    if (row < rows.begin || row >= rows.end) return;
    const A* from = tile + offset - ox.begin;
    A* to = plane + (row - rows.begin) * p.x.input - p.x.before + tap.kx * p.x.dilation;
    int64_t end = std::min(inside.end, ox.end);
    for (int64_t x = std::max(inside.begin, ox.begin); x < end; ++x) to[x * p.x.stride] += from[x];
  });
}

}  // namespace

// The windows' rows are runs of the input, clipped at its border.
template <class T, class A>
void GatherPatch(const ConvProblem& p, const T* image, int64_t pixel, int64_t group, A* out) {
  const Place at(p, pixel / p.x.output);
  const int64_t ox = pixel % p.x.output, ix0 = ox * p.x.stride - p.x.before;
  const int64_t c = p.in_channels, gc = p.group_in(), row = p.x.window * gc;
  const Span kx = TapsInside(p.x, ox);
  const bool runs = p.groups == 1 && p.x.dilation == 1;
  ForWindowRows(p, [&](int64_t kz, int64_t ky) {
    A* to = std::exchange(out, out + row);
    const int64_t in_row = at.InputRow(p, kz, ky);
    if (in_row < 0 || kx.size() == 0) {
      std::fill_n(to, row, A{});
      return;
    }
    const T* in = image + (in_row * p.x.input + ix0) * c + group * gc;  // of tap 0, which may lie outside
    std::fill_n(to, kx.begin * gc, A{});
    if (runs) {
      CopyRun(in + kx.begin * c, to + kx.begin * c, kx.size() * c);
    } else {
      for (int64_t t = kx.begin; t < kx.end; ++t) CopyRun(in + t * p.x.dilation * c, to + t * gc, gc);
    }
    std::fill_n(to + kx.end * gc, (p.x.window - kx.end) * gc, A{});
  });
}

bool ConvProblem::pointwise() const {
  for (const WindowAxis* a : {&x, &y, &z}) {
    if (a->window != 1 || a->stride != 1 || a->before != 0 || a->after != 0) return false;
  }
  return true;
}

template <class T>
void GatherPatches(const ConvProblem& p, const T* input, int64_t plane, Span patches, int64_t group, Wide<T>* tile) {
  const int64_t channel = p.in_rows() * p.x.input, image = channel * p.in_channels;
  if (!p.by_taps()) {
    for (int64_t i = patches.begin; i < patches.end; ++i, tile += p.depth())
      GatherPatch(p, input + i / p.pixels() * image, i % p.pixels(), group, tile);
    return;
  }
  const T* in = input + plane * image + group * p.group_in() * channel;
  ForTaps(p, [&](const Tap& tap, int64_t c) {
    GatherTap(p, in + c * channel, patches, tap, tile);
    tile += patches.size();
  });
}

template <class A>
void ScatterPatches(const ConvProblem& p, const A* tile, Span patches, int64_t group, Span rows, A* out,
                    int64_t channel_stride) {
  if (!p.by_taps()) return ScatterNhwc(p, tile, patches, group, rows, out);
  A* planes = out + group * p.group_in() * channel_stride;
  ForTaps(p, [&](const Tap& tap, int64_t c) {
    ScatterTap(p, tile, patches, tap, rows, planes + c * channel_stride);
    tile += patches.size();
  });
}

Result<ConvProblem> MakeConvProblem(PrepareContext& c, Spatial spatial, const Dims& input, const Dims& filter,
                                    const Shape& output) {
  WEIR_ASSIGN_OR_RETURN(SlidingWindow w, ConvWindow(ReadWindowAttrs(c), spatial));
  auto differ = [&](const char* why) {
    return InvalidArgument(fmt::format("cannot relate input {}, filter {} and output {}: {}", ListText(input),
                                       ListText(filter), output.ToString(), why));
  };
  const size_t rank = static_cast<size_t>(w.rank());
  if (input.size() != rank || filter.size() != rank || output.rank() != w.rank()) return differ("ranks do not match");
  ConvProblem p;
  p.nchw = w.nchw, p.n = input[0], p.in_channels = input[w.channel_axis()], p.out_channels = filter[rank - 1];
  for (int64_t size : filter) {
    if (size <= 0) return differ("the filter is empty");
  }
  if (p.in_channels <= 0 || p.in_channels % filter[rank - 2] != 0) return differ("channels do not match");
  p.groups = p.in_channels / filter[rank - 2];
  if (p.out_channels % p.groups != 0) return differ("out channels do not divide into the groups");
  for (int i = 0; i < w.axes(); ++i) w.axis(i).window = filter[static_cast<size_t>(i)];
  WEIR_RETURN_IF_ERROR(w.Place(input));
  if (output.dims() != w.Placed(p.n, p.out_channels)) return differ("the sizes do not follow");
  p.y = w.y, p.x = w.x, p.z = w.z;
  return p;
}

int64_t WorkspaceLayout::Add(int64_t count, int64_t element_bytes) {
  int64_t at = bytes_, size;
  overflow_ |= !CheckedMul(count, element_bytes, &size) || !CheckedAdd(size, 63, &size) ||
               !CheckedAdd(bytes_, size / 64 * 64, &bytes_);
  return at;
}

Status WorkspaceLayout::Check() const {
  return overflow_ ? ResourceExhausted("needs too much workspace") : Status();
}

Status WorkspaceLayout::Set(PrepareContext& c) const {
  c.set_workspace(bytes_);
  return Check();
}

Status WorkspaceLayout::SetOwn(PrepareContext& c) const {
  c.set_own_workspace(bytes_);
  return Check();
}

#define WEIR_PATCHES(T) template void GatherPatches<T>(const ConvProblem&, const T*, int64_t, Span, int64_t, Wide<T>*);
WEIR_PATCHES(float)
WEIR_PATCHES(double)
WEIR_PATCHES(Half)
WEIR_PATCHES(BFloat16)
WEIR_PATCHES(uint32_t)
#undef WEIR_PATCHES
#define WEIR_PATCH(T) template void GatherPatch<T, T>(const ConvProblem&, const T*, int64_t, int64_t, T*);
WEIR_PATCH(uint8_t)
WEIR_PATCH(uint16_t)
WEIR_PATCH(uint32_t)
WEIR_PATCH(uint64_t)
WEIR_PATCH(Complex128)
#undef WEIR_PATCH
template void ScatterPatches<float>(const ConvProblem&, const float*, Span, int64_t, Span, float*, int64_t);
template void ScatterPatches<double>(const ConvProblem&, const double*, Span, int64_t, Span, double*, int64_t);
template void ScatterPatches<uint32_t>(const ConvProblem&, const uint32_t*, Span, int64_t, Span, uint32_t*, int64_t);

}  // namespace weir::kernels
