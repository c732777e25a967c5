// From images to patches and back (im2col and col2im), bounded blocks of them at a time. See patches.h for the
// layouts.
#include <fmt/format.h>

#include <cstring>

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

// One patch of NHWC: the windows' rows are runs of the input, clipped at its border.
template <class T, class A>
void GatherPatch(const ConvProblem& p, const T* image, int64_t oy, int64_t ox, int64_t group, A* out) {
  const int64_t c = p.in_channels, gc = p.group_in(), row = p.x.window * gc;
  const int64_t iy0 = oy * p.y.stride - p.y.before, ix0 = ox * p.x.stride - p.x.before;
  const Span kx = TapsInside(p.x, ox);
  const bool runs = p.groups == 1 && p.x.dilation == 1;
  for (int64_t ky = 0; ky < p.y.window; ++ky, out += row) {
    int64_t iy = iy0 + ky * p.y.dilation;
    if (iy < 0 || iy >= p.y.input || kx.size() == 0) {
      std::fill_n(out, row, A(0));
      continue;
    }
    const T* in = image + (iy * p.x.input + ix0) * c + group * gc;  // of tap 0, which may lie outside
    std::fill_n(out, kx.begin * gc, A(0));
    if (runs) {
      CopyRun(in + kx.begin * c, out + kx.begin * c, kx.size() * c);
    } else {
      for (int64_t k = kx.begin; k < kx.end; ++k) CopyRun(in + k * p.x.dilation * c, out + k * gc, gc);
    }
    std::fill_n(out + kx.end * gc, (p.x.window - kx.end) * gc, A(0));
  }
}

// f(tile offset, oy, ox span) for the parts of [begin, end) pixels that lie in one output row.
template <class F>
void ForOutputRows(const ConvProblem& p, Span pixels, F&& f) {
  for (int64_t at = pixels.begin; at < pixels.end;) {
    int64_t oy = at / p.x.output, ox = at % p.x.output;
    int64_t n = std::min(p.x.output - ox, pixels.end - at);
    f(at - pixels.begin, oy, Span{ox, ox + n});
    at += n;
  }
}

// One row of a tile by taps: tap (ky, kx) of one channel, over the pixels.
template <class T, class A>
void GatherTap(const ConvProblem& p, const T* plane, Span pixels, int64_t ky, int64_t kx, A* out) {
  const Span inside = OutputsOfTap(p.x, kx);
  ForOutputRows(p, pixels, [&](int64_t offset, int64_t oy, Span ox) {
    int64_t iy = oy * p.y.stride - p.y.before + ky * p.y.dilation;
    A* to = out + offset - ox.begin;
    Span valid{std::clamp(inside.begin, ox.begin, ox.end), std::clamp(inside.end, ox.begin, ox.end)};
    if (iy < 0 || iy >= p.y.input) valid = {ox.begin, ox.begin};
    std::fill(to + ox.begin, to + valid.begin, A(0));
    const T* in = plane + iy * p.x.input - p.x.before + kx * p.x.dilation;
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
    const int64_t oy = patch / p.x.output, ox = patch % p.x.output;
    const int64_t iy0 = oy * p.y.stride - p.y.before, ix0 = ox * p.x.stride - p.x.before;
    const Span kx = TapsInside(p.x, ox);
    for (int64_t ky = 0; ky < p.y.window && kx.size() > 0; ++ky) {
      int64_t iy = iy0 + ky * p.y.dilation;
      if (iy < rows.begin || iy >= rows.end) continue;
      const A* from = tile + ky * row;
      A* to = out + ((iy - rows.begin) * p.x.input + ix0) * c + group * gc;
      if (runs) {
        for (int64_t i = kx.begin * c; i < kx.end * c; ++i) to[i] += from[i];
      } else {
        for (int64_t k = kx.begin; k < kx.end; ++k) {
          for (int64_t i = 0; i < gc; ++i) to[k * p.x.dilation * c + i] += from[k * gc + i];
        }
      }
    }
  }
}

// One row of a tile by taps added to the input rows of its channel.
template <class A>
void ScatterTap(const ConvProblem& p, const A* tile, Span pixels, int64_t ky, int64_t kx, Span rows, A* plane) {
  const Span inside = OutputsOfTap(p.x, kx);
  ForOutputRows(p, pixels, [&](int64_t offset, int64_t oy, Span ox) {
    int64_t iy = oy * p.y.stride - p.y.before + ky * p.y.dilation;
    if (iy < rows.begin || iy >= rows.end) return;
    const A* from = tile + offset - ox.begin;
    A* to = plane + (iy - rows.begin) * p.x.input - p.x.before + kx * p.x.dilation;
    int64_t end = std::min(inside.end, ox.end);
    for (int64_t x = std::max(inside.begin, ox.begin); x < end; ++x) to[x * p.x.stride] += from[x];
  });
}

}  // namespace

bool ConvProblem::pointwise() const {
  for (const WindowAxis* a : {&x, &y}) {
    if (a->window != 1 || a->stride != 1 || a->before != 0 || a->after != 0) return false;
  }
  return true;
}

template <class T>
void GatherPatches(const ConvProblem& p, const T* input, int64_t plane, Span patches, int64_t group, Wide<T>* tile) {
  const int64_t image = p.y.input * p.x.input * p.in_channels;
  if (!p.by_taps()) {
    for (int64_t i = patches.begin; i < patches.end; ++i, tile += p.depth()) {
      int64_t pixel = i % p.pixels();
      GatherPatch(p, input + i / p.pixels() * image, pixel / p.x.output, pixel % p.x.output, group, tile);
    }
    return;
  }
  const int64_t channel = p.y.input * p.x.input;
  const T* in = input + plane * image + group * p.group_in() * channel;
  for (int64_t ky = 0; ky < p.y.window; ++ky) {
    for (int64_t kx = 0; kx < p.x.window; ++kx) {
      for (int64_t c = 0; c < p.group_in(); ++c, tile += patches.size())
        GatherTap(p, in + c * channel, patches, ky, kx, tile);
    }
  }
}

template <class A>
void ScatterPatches(const ConvProblem& p, const A* tile, Span patches, int64_t group, Span rows, A* out,
                    int64_t channel_stride) {
  if (!p.by_taps()) return ScatterNhwc(p, tile, patches, group, rows, out);
  A* planes = out + group * p.group_in() * channel_stride;
  for (int64_t ky = 0; ky < p.y.window; ++ky) {
    for (int64_t kx = 0; kx < p.x.window; ++kx) {
      for (int64_t c = 0; c < p.group_in(); ++c, tile += patches.size()) {
        ScatterTap(p, tile, patches, ky, kx, rows, planes + c * channel_stride);
      }
    }
  }
}

Result<ConvProblem> MakeConvProblem(PrepareContext& c, const Dims& input, const Dims& filter, const Shape& output) {
  WEIR_ASSIGN_OR_RETURN(Window2D w, ConvWindow(ReadWindowAttrs(c)));
  auto differ = [&](const char* why) {
    return InvalidArgument(fmt::format("cannot relate input {}, filter {} and output {}: {}", ListText(input),
                                       ListText(filter), output.ToString(), why));
  };
  if (input.size() != 4 || filter.size() != 4 || output.rank() != 4) return differ("all need 4 axes");
  ConvProblem p;
  p.nchw = w.nchw, p.n = input[0], p.in_channels = input[w.channel_axis()], p.out_channels = filter[3];
  for (int64_t size : filter) {
    if (size <= 0) return differ("the filter is empty");
  }
  if (p.in_channels <= 0 || p.in_channels % filter[2] != 0) return differ("channels do not match");
  p.groups = p.in_channels / filter[2];
  if (p.out_channels % p.groups != 0) return differ("out channels do not divide into the groups");
  p.y = w.y, p.x = w.x;
  p.y.window = filter[0], p.x.window = filter[1];
  WEIR_RETURN_IF_ERROR(p.y.Place(input[w.y_axis()]));
  WEIR_RETURN_IF_ERROR(p.x.Place(input[w.x_axis()]));
  if (output.dims() != w.Arrange(p.n, p.y.output, p.x.output, p.out_channels)) return differ("the sizes do not follow");
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
template void ScatterPatches<float>(const ConvProblem&, const float*, Span, int64_t, Span, float*, int64_t);
template void ScatterPatches<double>(const ConvProblem&, const double*, Span, int64_t, Span, double*, int64_t);
template void ScatterPatches<uint32_t>(const ConvProblem&, const uint32_t*, Span, int64_t, Span, uint32_t*, int64_t);

}  // namespace weir::kernels
