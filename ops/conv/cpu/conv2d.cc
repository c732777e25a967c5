// Conv2D, Conv2DBackpropInput, Conv2DBackpropFilter as blocks of matrix products over patches (runtime/cpu/patches.h).
//
// Chunks: the forward op and BackpropFilter cut patches and output channels, BackpropInput cuts bands of input rows,
// which it gathers all contributions to. BackpropFilter's chunks over patches have partial sums of their own, which the
// last chunk to finish adds up in chunk order; so the bits do not depend on who comes last.
#include <algorithm>
#include <cmath>
#include <type_traits>

#include "weir/runtime/cpu/patches.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace kernels {
namespace {

using ConvTypes = Types<float, double, Half, BFloat16, int32_t>;
using ConvFilterTypes = FloatTypes;
// int32 is computed modulo 2^32: no undefined overflow.
template <class T>
using Computed = std::conditional_t<std::is_same_v<T, int32_t>, uint32_t, T>;

constexpr double kChunkNs = 60e3;          // of work that is worth a chunk
constexpr int64_t kLeastPatches = 96;      // of a tile, where there are as many: each tile meets a newly packed filter
constexpr int64_t kTilesBytes = 64 << 20;  // of all chunks' tiles
constexpr int64_t kPartialsBytes = 8 << 20;

// Part i of n items in `parts` parts.
Span Part(int64_t n, int64_t parts, int64_t i) {
  int64_t per = n / parts, rest = n % parts, begin = i * per + std::min(i, rest);
  return {begin, begin + per + (i < rest)};
}

// As many chunks as the work is worth.
int64_t WantedChunks(const ConvProblem& p) {
  return std::clamp<int64_t>(int64_t(std::min(p.ns() / kChunkNs, 1e6)), 1, kMaxConvChunks);
}

// How patches are cut into tiles, and tiles and output channels into chunks. By the problem only.
struct ConvCut {
  int64_t block = 1, blocks = 0;  // patches a tile; tiles in all
  int64_t row_chunks = 1, column_parts = 1;

  ConvCut(const ConvProblem& p, int64_t element_bytes, int64_t max_row_chunks) {
    const int64_t want = WantedChunks(p);
    const int64_t total = p.planes() * p.plane_pixels(), row_bytes = p.depth() * element_bytes;
    const int64_t most_parts = p.groups == 1 ? CeilDiv(p.out_channels, 2 * kGemmColumns) : 1;
    // Chunks of rows each pack the filter, parts of the columns each gather the patches and pack them: as many of
    // either as make the sum of that least.
    const double rows = std::sqrt(3.0 * double(want) * double(total) / double(p.group_out()));
    column_parts = std::clamp<int64_t>(int64_t(double(want) / std::max(rows, 1.0)), 1, most_parts);
    row_chunks = std::clamp<int64_t>(want / column_parts, 1, std::max<int64_t>(max_row_chunks, 1));
    const int64_t least = std::clamp<int64_t>(4 * kTileBytes / row_bytes, 16, kLeastPatches);
    block = std::clamp<int64_t>(kTileBytes / row_bytes, least, 4096);
    block = std::min(
        {block, std::max(CeilDiv(CeilDiv(total, row_chunks), kGemmRows) * kGemmRows, least), p.plane_pixels()});
    blocks = p.planes() * CeilDiv(p.plane_pixels(), block);
    row_chunks = std::min(row_chunks, blocks);
    // What rows cannot give, columns may; all chunks' tiles stay bounded.
    const int64_t tiles = std::max<int64_t>(kTilesBytes / (block * row_bytes), 1);
    column_parts = std::min(std::clamp(want / row_chunks, column_parts, std::max(column_parts, most_parts)), tiles);
    row_chunks = std::min(row_chunks, std::max<int64_t>(tiles / column_parts, 1));
  }
  int64_t chunks() const { return row_chunks * column_parts; }
  Span Blocks(int64_t chunk) const { return Part(blocks, row_chunks, chunk % row_chunks); }
  // Of the group's output channels. The last part has what is left beyond whole tiles: a product by one column has bits
  // of its own.
  Span Columns(const ConvProblem& p, int64_t chunk) const {
    const int64_t part = chunk / row_chunks;
    const Span tiles = Part(p.group_out() / kGemmColumns, column_parts, part);
    return {tiles.begin * kGemmColumns, part + 1 == column_parts ? p.group_out() : tiles.end * kGemmColumns};
  }
};

// A block of patches: of which plane, which of its pixels.
struct Block {
  int64_t plane;
  Span pixels;
  Block(const ConvProblem& p, const ConvCut& cut, int64_t i) {
    int64_t per_plane = cut.blocks / p.planes(), at = i % per_plane * cut.block;
    plane = i / per_plane;
    pixels = {at, std::min(at + cut.block, p.plane_pixels())};
  }
};

// A block's patches as a matrix, [patches, K] or [K, patches], of rows `ld` apart.
template <class A>
struct Tile {
  const A* data;
  int64_t ld;
};

// Between the rows of gathered patches.
int64_t PatchStride(const ConvProblem& p, const Block& b) { return p.by_taps() ? b.pixels.size() : p.depth(); }

template <class T>
Tile<Wide<T>> GetTile(const ConvProblem& p, const T* input, const Block& b, int64_t group, Wide<T>* buffer) {
  if constexpr (std::is_same_v<T, Wide<T>>) {
    if (p.pointwise()) {
      int64_t ld = p.nchw ? p.pixels() : p.in_channels, c = group * p.group_in();
      return {p.nchw ? input + (b.plane * p.in_channels + c) * ld + b.pixels.begin : input + b.pixels.begin * ld + c,
              ld};
    }
  }
  GatherPatches(p, input, b.plane, b.pixels, group, buffer);
  return {buffer, PatchStride(p, b)};
}

// Where the block's output channel `channel` lies in an output-like tensor: rows of pixels in NHWC, of channels in
// NCHW.
int64_t OutputOffset(const ConvProblem& p, const Block& b, int64_t channel) {
  return p.nchw ? (b.plane * p.out_channels + channel) * p.pixels() + b.pixels.begin
                : (b.plane * p.plane_pixels() + b.pixels.begin) * p.out_channels + channel;
}
int64_t OutputStride(const ConvProblem& p) { return p.nchw ? p.pixels() : p.out_channels; }

// ---- forward

// `result` is room for what is computed in another type than the output's.
template <class T>
void ForwardBlock(const ConvProblem& p, const Block& b, int64_t group, Span columns, Tile<Wide<T>> tile,
                  const Wide<T>* filter, T* output, Wide<T>* result) {
  using A = Wide<T>;
  const int64_t pixels = b.pixels.size(), channels = columns.size(), channel = group * p.group_out() + columns.begin;
  T* out = output + OutputOffset(p, b, channel);
  A* to = result;
  int64_t ld = p.nchw ? pixels : channels;
  if constexpr (std::is_same_v<T, A>) to = out, ld = OutputStride(p);
  if (p.nchw) {
    PatchProduct(true, false, channels, pixels, p.depth(), filter + channel, p.out_channels, tile.data, tile.ld, false,
                 to, ld);
  } else {
    PatchProduct(p.by_taps(), false, pixels, channels, p.depth(), tile.data, tile.ld, filter + channel, p.out_channels,
                 false, to, ld);
  }
  if constexpr (!std::is_same_v<T, A>) {
    ConvertRows(to, ld, out, OutputStride(p), p.nchw ? channels : pixels, p.nchw ? pixels : channels);
  }
}

template <class T>
Status SetForward(PrepareContext& c, const ConvProblem& p) {
  using A = Wide<T>;
  constexpr bool same = std::is_same_v<T, A>;
  const ConvCut cut(p, sizeof(A), kMaxConvChunks);
  // A single tile that several chunks read is gathered once, before them.
  const bool as_is = same && p.pointwise(), shared = cut.blocks == 1 && p.groups == 1 && !as_is;
  WorkspaceLayout layout;
  const int64_t filter_at = layout.Add(same ? 0 : p.filter_size(), sizeof(A));
  const int64_t tile = as_is ? 0 : CeilDiv(cut.block * p.depth(), 16) * 16,
                result = same ? 0 : cut.block * p.out_channels;
  const int64_t per_chunk = CeilDiv((shared ? 0 : tile) + result, 16) * 16;
  const int64_t shared_at = layout.Add(shared ? tile : 0, sizeof(A)),
                tiles_at = layout.Add(cut.chunks() * per_chunk, sizeof(A));
  WEIR_RETURN_IF_ERROR(layout.Set(c));
  c.set_chunks(cut.chunks());
  if (shared) {
    c.SetBegin([=](RunArgs& a) {
      WidenFilter<T>(a, 1, filter_at, p.filter_size());
      GatherPatches(p, a.in<T>(0), 0, Block(p, cut, 0).pixels, 0,
                    reinterpret_cast<A*>(a.workspace<char>() + shared_at));
    });
  } else {
    SetBeginWidenFilter<T>(c, 1, filter_at, p.filter_size());
  }
  c.SetRun([=](RunArgs& a) {
    A* own = reinterpret_cast<A*>(a.workspace<char>() + tiles_at) + a.chunk * per_chunk;
    A* patches = shared ? reinterpret_cast<A*>(a.workspace<char>() + shared_at) : own;
    Span blocks = cut.Blocks(a.chunk), columns = cut.Columns(p, a.chunk);
    for (int64_t i = blocks.begin; i < blocks.end; ++i) {
      const Block b(p, cut, i);
      for (int64_t g = 0; g < p.groups; ++g) {
        const Tile<A> tile_of = shared ? Tile<A>{patches, PatchStride(p, b)} : GetTile(p, a.in<T>(0), b, g, patches);
        ForwardBlock<T>(p, b, g, columns, tile_of, WideFilter<T>(a, 1, filter_at), a.out<T>(0),
                        own + (shared ? 0 : tile));
      }
    }
  });
  return {};
}

Status PrepareConv2D(PrepareContext& c) {
  if (c.output_shape(0).num_elements() == 0) return c.Nothing();
  WEIR_ASSIGN_OR_RETURN(ConvProblem p,
                        MakeConvProblem(c, c.input_shape(0).dims(), c.input_shape(1).dims(), c.output_shape(0)));
  Status status;
  WEIR_RETURN_IF_ERROR(
      c.ForType(ConvTypes{}, c.input_dtype(0), [&](auto t) { status = SetForward<Computed<decltype(t)>>(c, p); }));
  return status;
}

// ---- by the input

struct BackpropInputPlan {
  ConvProblem p;
  Bands bands;
  int64_t block;  // patches a tile
  int64_t grad_size,
      sum_size;  // per chunk, where they are widened copies: a block of the gradient, a band of the result
  int64_t filter_at, tiles_at, per_chunk;
};

// The gradients of block `b` (of one image) by its patches, scattered into the band.
template <class A>
void BackpropBlock(const BackpropInputPlan& f, Span pixels, Span rows, const A* grad, int64_t grad_ld, int64_t group,
                   const A* filter, A* tile, A* sum, int64_t channel_stride) {
  const ConvProblem& p = f.p;
  const A* w = filter + group * p.group_out();
  int64_t ld = p.by_taps() ? pixels.size() : p.depth();
  if (p.pointwise()) {  // the patches are the result
    const int64_t pixel = pixels.begin - rows.begin * p.x.input, channel = group * p.group_in();
    tile = sum + (p.nchw ? channel * channel_stride + pixel : pixel * p.in_channels + channel);
    ld = p.nchw ? channel_stride : p.in_channels;
  }
  if (p.by_taps()) {
    PatchProduct(false, !p.nchw, p.depth(), pixels.size(), p.group_out(), w, p.out_channels, grad, grad_ld, false, tile,
                 ld);
  } else {
    PatchProduct(false, true, pixels.size(), p.depth(), p.group_out(), grad, grad_ld, w, p.out_channels, false, tile,
                 ld);
  }
  if (!p.pointwise()) ScatterPatches(p, tile, pixels, group, rows, sum, channel_stride);
}

template <class T>
void BackpropBand(const BackpropInputPlan& f, int64_t band, const Wide<T>* filter, const T* grad, T* output,
                  Wide<T>* buffer) {
  using A = Wide<T>;
  constexpr bool same = std::is_same_v<T, A>;
  const ConvProblem& p = f.p;
  const int64_t image = f.bands.image(band), width = p.x.input, c = p.in_channels;
  const Span rows = f.bands.Rows(band), outputs = OutputsOver(p.y, rows);
  // The band as runs: c planes of rows · width elements in NCHW, one run in NHWC.
  const int64_t planes = p.nchw ? c : 1, run = rows.size() * width * (p.nchw ? 1 : c), plane = p.y.input * width;
  T* out = output + image * plane * c + rows.begin * width * (p.nchw ? 1 : c);
  A *tile = buffer, *wide_grad = buffer + f.block * p.depth(), *sum = wide_grad + f.grad_size;
  int64_t stride = run;
  if constexpr (same) sum = out, stride = plane;
  const Span all{outputs.begin * p.x.output, outputs.end * p.x.output};
  if (!p.pointwise()) {
    for (int64_t i = 0; i < planes; ++i) std::fill_n(sum + i * stride, run, A(0));
  }
  for (int64_t at = all.begin; at < all.end; at += f.block) {
    const Span pixels{at, std::min(at + f.block, all.end)};
    for (int64_t g = 0; g < p.groups; ++g) {
      const int64_t channel = g * p.group_out();
      const T* dy = grad + image * p.pixels() * p.out_channels +
                    (p.nchw ? channel * p.pixels() + at : at * p.out_channels + channel);
      int64_t ld = OutputStride(p);
      if constexpr (same) {
        BackpropBlock<A>(f, pixels, rows, dy, ld, g, filter, tile, sum, stride);
      } else {
        const int64_t n = p.nchw ? pixels.size() : p.group_out();
        ConvertRows(dy, ld, wide_grad, n, p.nchw ? p.group_out() : pixels.size(), n);
        BackpropBlock<A>(f, pixels, rows, wide_grad, n, g, filter, tile, sum, stride);
      }
    }
  }
  if constexpr (!same) ConvertRows(sum, run, out, plane, planes, run);
}

template <class T>
Status SetBackpropInput(PrepareContext& c, const ConvProblem& p) {
  using A = Wide<T>;
  constexpr bool same = std::is_same_v<T, A>;
  int64_t want = WantedChunks(p);
  BackpropInputPlan f{.p = p, .bands = Bands(p.n, p.y.input, p.y.extent(), want)};
  f.block = std::clamp<int64_t>(kTileBytes / (p.depth() * int64_t(sizeof(A))), 16, 4096);
  f.block = std::max<int64_t>(std::min(f.block, p.pixels()), 1);
  f.grad_size = same ? 0 : f.block * p.group_out();
  f.sum_size = same ? 0 : f.bands.max_rows() * p.x.input * p.in_channels;
  f.per_chunk = CeilDiv(f.block * p.depth() + f.grad_size + f.sum_size, 16) * 16;
  want = std::clamp<int64_t>(kTilesBytes / (f.per_chunk * int64_t(sizeof(A))), 1, std::min(want, f.bands.count()));
  WorkspaceLayout layout;
  f.filter_at = layout.Add(same ? 0 : p.filter_size(), sizeof(A));
  f.tiles_at = layout.Add(want * f.per_chunk, sizeof(A));
  WEIR_RETURN_IF_ERROR(layout.Set(c));
  c.set_chunks(want);
  SetBeginWidenFilter<T>(c, 1, f.filter_at, p.filter_size());
  c.SetRun([f](RunArgs& a) {
    A* buffer = reinterpret_cast<A*>(a.workspace<char>() + f.tiles_at) + a.chunk * f.per_chunk;
    auto [begin, end] = a.Range(f.bands.count());
    for (int64_t band = begin; band < end; ++band) {
      BackpropBand<T>(f, band, WideFilter<T>(a, 1, f.filter_at), a.in<T>(2), a.out<T>(0), buffer);
    }
  });
  return {};
}

Status PrepareConv2DBackpropInput(PrepareContext& c) {
  if (c.output_shape(0).num_elements() == 0) return c.Nothing();
  WEIR_ASSIGN_OR_RETURN(ConvProblem p,
                        MakeConvProblem(c, c.output_shape(0).dims(), c.input_shape(1).dims(), c.input_shape(2)));
  Status status;
  WEIR_RETURN_IF_ERROR(c.ForType(ConvTypes{}, c.input_dtype(1),
                                 [&](auto t) { status = SetBackpropInput<Computed<decltype(t)>>(c, p); }));
  return status;
}

// ---- by the filter

struct BackpropFilterPlan {
  ConvProblem p;
  ConvCut cut;
  int64_t tile_size, grad_size;  // per chunk
  int64_t counters_at, partials_at, tiles_at, per_chunk;
  bool direct;  // one partial sum: the output itself
};

template <class T>
void BackpropFilterBlock(const BackpropFilterPlan& f, const Block& b, Span columns, bool add, const T* input,
                         const T* grad, Wide<T>* sum, Wide<T>* buffer) {
  using A = Wide<T>;
  const ConvProblem& p = f.p;
  const int64_t pixels = b.pixels.size(), channels = columns.size();
  for (int64_t g = 0; g < p.groups; ++g) {
    Tile<A> tile = GetTile(p, input, b, g, buffer);
    const int64_t channel = g * p.group_out() + columns.begin;
    const A* dy;
    int64_t ld = OutputStride(p);
    if constexpr (std::is_same_v<T, A>) {
      dy = grad + OutputOffset(p, b, channel);
    } else {
      A* wide = buffer + f.tile_size;
      const int64_t n = p.nchw ? pixels : channels;
      ConvertRows(grad + OutputOffset(p, b, channel), ld, wide, n, p.nchw ? channels : pixels, n);
      dy = wide, ld = n;
    }
    PatchProduct(!p.by_taps(), p.nchw, p.depth(), channels, pixels, tile.data, tile.ld, dy, ld, add, sum + channel,
                 p.out_channels);
  }
}

// Adds up the chunks' partial sums of these columns, in chunk order, into the output.
template <class T>
void SumPartials(const BackpropFilterPlan& f, Span columns, Wide<T>* partials, T* output) {
  const ConvProblem& p = f.p;
  for (int64_t row = 0; row < p.depth(); ++row) {
    for (int64_t g = 0; g < p.groups; ++g) {
      const int64_t at = row * p.out_channels + g * p.group_out() + columns.begin;
      Wide<T>* sum = partials + at;
      for (int64_t r = 1; r < f.cut.row_chunks; ++r) {
        const Wide<T>* part = sum + r * p.filter_size();
        for (int64_t i = 0; i < columns.size(); ++i) sum[i] += part[i];
      }
      for (int64_t i = 0; i < columns.size(); ++i) output[at + i] = T(sum[i]);
    }
  }
}

template <class T>
void BackpropFilterChunk(const BackpropFilterPlan& f, RunArgs& a) {
  using A = Wide<T>;
  const Span blocks = f.cut.Blocks(a.chunk), columns = f.cut.Columns(f.p, a.chunk);
  A* buffer = reinterpret_cast<A*>(a.workspace<char>() + f.tiles_at) + a.chunk * f.per_chunk;
  A* partials = reinterpret_cast<A*>(a.workspace<char>() + f.partials_at);
  A* sum = partials + a.chunk % f.cut.row_chunks * f.p.filter_size();
  if constexpr (std::is_same_v<T, A>) {
    if (f.direct) sum = a.out<T>(0);
  }
  for (int64_t i = blocks.begin; i < blocks.end; ++i) {
    BackpropFilterBlock<T>(f, Block(f.p, f.cut, i), columns, i > blocks.begin, a.in<T>(0), a.in<T>(2), sum, buffer);
  }
  if (f.direct) return;
  if (FinishesLast(a.workspace<char>() + f.counters_at, a.chunk / f.cut.row_chunks, f.cut.row_chunks)) {
    SumPartials<T>(f, columns, partials, a.out<T>(0));
  }
}

template <class T>
Status SetBackpropFilter(PrepareContext& c, const ConvProblem& p) {
  using A = Wide<T>;
  constexpr bool same = std::is_same_v<T, A>;
  BackpropFilterPlan f{.p = p, .cut = ConvCut(p, sizeof(A), kPartialsBytes / (p.filter_size() * int64_t(sizeof(A))))};
  const ConvCut& cut = f.cut;
  f.direct = same && cut.row_chunks == 1;
  f.tile_size = same && p.pointwise() ? 0 : cut.block * p.depth();
  f.grad_size = same ? 0 : cut.block * p.group_out();
  f.per_chunk = CeilDiv(f.tile_size + f.grad_size, 16) * 16;
  WorkspaceLayout layout;
  f.counters_at = layout.Add(cut.column_parts, sizeof(int32_t));
  f.partials_at = layout.Add(f.direct ? 0 : cut.row_chunks * p.filter_size(), sizeof(A));
  f.tiles_at = layout.Add(cut.chunks() * f.per_chunk, sizeof(A));
  WEIR_RETURN_IF_ERROR(layout.Set(c));
  c.set_chunks(cut.chunks());
  c.SetBegin([at = f.counters_at, n = cut.column_parts](RunArgs& a) {
    std::fill_n(reinterpret_cast<int32_t*>(a.workspace<char>() + at), n, 0);
  });
  c.SetRun([f](RunArgs& a) { BackpropFilterChunk<T>(f, a); });
  return {};
}

Status PrepareConv2DBackpropFilter(PrepareContext& c) {
  Status status;
  if (c.input_shape(0).num_elements() == 0 || c.input_shape(2).num_elements() == 0) {  // a sum of nothing
    int64_t n = c.output_shape(0).num_elements();
    return c.ForType(ConvFilterTypes{}, c.input_dtype(0), [&](auto t) {
      c.SetRun([n](RunArgs& a) { std::fill_n(a.out<decltype(t)>(0), n, decltype(t)(0.0f)); });
    });
  }
  WEIR_ASSIGN_OR_RETURN(ConvProblem p,
                        MakeConvProblem(c, c.input_shape(0).dims(), c.output_shape(0).dims(), c.input_shape(2)));
  WEIR_RETURN_IF_ERROR(
      c.ForType(ConvFilterTypes{}, c.input_dtype(0), [&](auto t) { status = SetBackpropFilter<decltype(t)>(c, p); }));
  return status;
}

}  // namespace
}  // namespace kernels

void RegisterConv2DKernels(KernelRegistry& r) {
  r.Add("Conv2D", kernels::PrepareConv2D);
  r.Add("Conv2DBackpropInput", kernels::PrepareConv2DBackpropInput).NeedsValue({0});
  r.Add("Conv2DBackpropFilter", kernels::PrepareConv2DBackpropFilter).NeedsValue({1});
}

}  // namespace weir
