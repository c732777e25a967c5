// Conv2D, Conv3D, their BackpropInput and BackpropFilter as blocks of matrix products over patches
// (runtime/cpu/patches.h).
//
// Items: of the forward op and of BackpropFilter, cuts of patches and of output channels; of BackpropInput, bands of
// input rows, which gather all contributions to them. BackpropFilter's cuts of patches have partial sums of their own,
// which a second phase adds in order.
#include <fmt/format.h>

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

constexpr double kItemNs = 60e3;           // of work that is worth an item
constexpr int64_t kLeastPatches = 96;      // of a tile, where there are as many: each tile meets a newly packed filter
constexpr int64_t kTilesBytes = 64 << 20;  // of all items' tiles
constexpr int64_t kPartialsBytes = 8 << 20;

// As many items as the work is worth.
int64_t WantedItems(const ConvProblem& p) {
  return std::clamp<int64_t>(int64_t(std::min(p.ns() / kItemNs, 1e6)), 1, kMaxConvItems);
}

// How patches are cut into tiles, and tiles and output channels into items. By the problem only.
struct ConvCut {
  int64_t block = 1, blocks = 0;  // patches a tile; tiles in all
  int64_t row_parts = 1, column_parts = 1;

  ConvCut(const ConvProblem& p, int64_t element_bytes, int64_t max_row_parts) {
    const int64_t want = WantedItems(p);
    const int64_t total = p.planes() * p.plane_pixels(), row_bytes = p.depth() * element_bytes;
    const int64_t most_parts = p.groups == 1 ? CeilDiv(p.out_channels, 2 * kGemmColumns) : 1;
    // Parts of the rows each pack the filter, parts of the columns each gather the patches and pack them: as many of
    // either as make the sum of that least.
    const double rows = std::sqrt(3.0 * double(want) * double(total) / double(p.group_out()));
    column_parts = std::clamp<int64_t>(int64_t(double(want) / std::max(rows, 1.0)), 1, most_parts);
    row_parts = std::clamp<int64_t>(want / column_parts, 1, std::max<int64_t>(max_row_parts, 1));
    const int64_t least = std::clamp<int64_t>(4 * kTileBytes / row_bytes, 16, kLeastPatches);
    block = std::clamp<int64_t>(kTileBytes / row_bytes, least, 4096);
    block = std::min(
        {block, std::max(CeilDiv(CeilDiv(total, row_parts), kGemmRows) * kGemmRows, least), p.plane_pixels()});
    blocks = p.planes() * CeilDiv(p.plane_pixels(), block);
    row_parts = std::min(row_parts, blocks);
    // What rows cannot give, columns may; all items' tiles stay bounded.
    const int64_t tiles = std::max<int64_t>(kTilesBytes / (block * row_bytes), 1);
    column_parts = std::min(std::clamp(want / row_parts, column_parts, std::max(column_parts, most_parts)), tiles);
    row_parts = std::min(row_parts, std::max<int64_t>(tiles / column_parts, 1));
  }
  int64_t items() const { return row_parts * column_parts; }

  // Items that stand side by side: the tiles of one part of the rows, a span of the group's output channels.
  struct Piece {
    int64_t row_part;
    Span blocks, columns;
  };
  // f(piece) of all that items [begin, end) are. Why together: the patches of a row part are gathered once.
  template <class F>
  void ForPieces(const ConvProblem& p, int64_t begin, int64_t end, F&& f) const {
    while (begin < end) {
      const int64_t row = begin / column_parts, first = begin % column_parts;
      const int64_t last = std::min(column_parts, first + end - begin);
      f(Piece{row, Share(blocks, row_parts, row), {Column(p, first), Column(p, last)}});
      begin += last - first;
    }
  }

 private:
  // Where part `part` of the columns begins. The last has what is left beyond whole tiles: a product by one column has
  // bits of its own.
  int64_t Column(const ConvProblem& p, int64_t part) const {
    if (part == column_parts) return p.group_out();
    return Share(p.group_out() / kGemmColumns, column_parts, part).begin * kGemmColumns;
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

// Whether the filter is there packed, as the right operand of the products by patches.
template <class A>
bool KeepPacked(PrepareContext& c, const ConvProblem& p) {
  if constexpr (std::is_floating_point_v<A>) {
    const int64_t n = p.out_channels, k = p.depth();
    if (p.nchw || p.groups != 1 || n < kGemmColumns) return false;
    return c.Keep(1, {.kind = fmt::format("packed {} {}x{}", DTypeShortName(DTypeOf<A>), k, n),
                      .bytes = PackedBytes<A>(n, k),
                      .make = [n, k](const void* filter, void* packed) {
                        PackRight(false, n, k, static_cast<const A*>(filter), n, static_cast<A*>(packed));
                      }});
  }
  return false;
}

// `result` is room for what is computed in another type than the output's.
template <class T>
void ForwardBlock(const ConvProblem& p, const Block& b, int64_t group, Span columns, Tile<Wide<T>> tile,
                  const Wide<T>* filter, bool packed, T* output, Wide<T>* result) {
  using A = Wide<T>;
  const int64_t pixels = b.pixels.size(), channels = columns.size(), channel = group * p.group_out() + columns.begin;
  T* out = output + OutputOffset(p, b, channel);
  A* to = result;
  int64_t ld = p.nchw ? pixels : channels;
  if constexpr (std::is_same_v<T, A>) to = out, ld = OutputStride(p);
  if (p.nchw) {
    PatchProduct(true, false, channels, pixels, p.depth(), filter + channel, p.out_channels, tile.data, tile.ld, false,
                 to, ld);
  } else if (packed) {
    if constexpr (std::is_floating_point_v<A>) {
      GemmPacked(p.by_taps(), pixels, p.depth(), tile.data, tile.ld, filter, {p.out_channels, columns.begin, channels},
                 false, to, ld);
    }
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
  const ConvCut cut(p, sizeof(A), kMaxConvItems);
  // A single tile that several items read is gathered once, before them.
  const bool as_is = same && p.pointwise(), shared = cut.blocks == 1 && p.groups == 1 && !as_is;
  WorkspaceLayout layout;
  const bool packed = same && KeepPacked<A>(c, p);
  const WideFilter<T> filter(c, 1, p.filter_size(), &layout);
  const int64_t tile = as_is ? 0 : CeilDiv(cut.block * p.depth(), 16) * 16,
                result = same ? 0 : cut.block * p.out_channels;
  const int64_t shared_at = layout.Add(shared ? tile : 0, sizeof(A));
  WEIR_RETURN_IF_ERROR(layout.Set(c));
  WorkspaceLayout own;
  own.Add((shared ? 0 : tile) + result, sizeof(A));
  WEIR_RETURN_IF_ERROR(own.SetOwn(c));
  if (shared) {
    c.Before(1, double(tile), [=](RunArgs& a) {
      GatherPatches(p, a.in<T>(0), 0, Block(p, cut, 0).pixels, 0,
                    reinterpret_cast<A*>(a.workspace<char>() + shared_at));
    });
  }
  auto run_piece = [=](RunArgs& a, const ConvCut::Piece& piece) {
    A* patches = shared ? reinterpret_cast<A*>(a.workspace<char>() + shared_at) : a.own<A>();
    for (int64_t i = piece.blocks.begin; i < piece.blocks.end; ++i) {
      const Block b(p, cut, i);
      for (int64_t g = 0; g < p.groups; ++g) {
        const Tile<A> tile_of = shared ? Tile<A>{patches, PatchStride(p, b)} : GetTile(p, a.in<T>(0), b, g, patches);
        ForwardBlock<T>(p, b, g, piece.columns, tile_of, filter.Of(a), packed, a.out<T>(0),
                        a.own<A>() + (shared ? 0 : tile));
      }
    }
  };
  c.ParallelOver(cut.items(), p.ns() / double(cut.items()));
  c.SetRun([=](RunArgs& a) { cut.ForPieces(p, a.begin, a.end, [&](const auto& piece) { run_piece(a, piece); }); });
  return {};
}

Status PrepareConv(PrepareContext& c, Spatial spatial) {
  if (c.output_shape(0).num_elements() == 0) return c.Nothing();
  WEIR_ASSIGN_OR_RETURN(ConvProblem p, MakeConvProblem(c, spatial, c.input_shape(0).dims(), c.input_shape(1).dims(),
                                                       c.output_shape(0)));
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
  int64_t grad_size, sum_size;  // where they are widened copies: a block of the gradient, a band of the result
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
  const Span rows = f.bands.Rows(band), outputs = OutputRowsOver(p.z, p.y, rows);
  // The band as runs: c planes of rows · width elements in NCHW, one run in NHWC.
  const int64_t planes = p.nchw ? c : 1, run = rows.size() * width * (p.nchw ? 1 : c), plane = p.in_rows() * width;
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
  BackpropInputPlan f{.p = p, .bands = Bands(p.n, p.in_rows(), HaloOf(p.z, p.y), WantedItems(p))};
  f.block = std::clamp<int64_t>(kTileBytes / (p.depth() * int64_t(sizeof(A))), 16, 4096);
  f.block = std::max<int64_t>(std::min(f.block, p.pixels()), 1);
  f.grad_size = same ? 0 : f.block * p.group_out();
  f.sum_size = same ? 0 : f.bands.max_rows() * p.x.input * p.in_channels;
  WorkspaceLayout layout, own;
  const WideFilter<T> filter(c, 1, p.filter_size(), &layout);
  own.Add(f.block * p.depth() + f.grad_size + f.sum_size, sizeof(A));
  WEIR_RETURN_IF_ERROR(layout.Set(c));
  WEIR_RETURN_IF_ERROR(own.SetOwn(c));
  c.ParallelOver(f.bands.count(), p.ns() / double(f.bands.count()));
  c.SetRun([f, filter](RunArgs& a) {
    for (int64_t band = a.begin; band < a.end; ++band) {
      BackpropBand<T>(f, band, filter.Of(a), a.in<T>(2), a.out<T>(0), a.own<A>());
    }
  });
  return {};
}

Status PrepareConvBackpropInput(PrepareContext& c, Spatial spatial) {
  if (c.output_shape(0).num_elements() == 0) return c.Nothing();
  WEIR_ASSIGN_OR_RETURN(ConvProblem p, MakeConvProblem(c, spatial, c.output_shape(0).dims(), c.input_shape(1).dims(),
                                                       c.input_shape(2)));
  Status status;
  WEIR_RETURN_IF_ERROR(c.ForType(ConvTypes{}, c.input_dtype(1),
                                 [&](auto t) { status = SetBackpropInput<Computed<decltype(t)>>(c, p); }));
  return status;
}

// ---- by the filter

struct BackpropFilterPlan {
  ConvProblem p;
  ConvCut cut;
  int64_t tile_size, grad_size;  // of a part
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

// A piece's partial sum of the filter's gradient, in the workspace: [row part][filter].
template <class T>
void BackpropFilterPiece(const BackpropFilterPlan& f, const ConvCut::Piece& piece, RunArgs& a) {
  using A = Wide<T>;
  A* sum = a.workspace<A>() + piece.row_part * f.p.filter_size();
  if constexpr (std::is_same_v<T, A>) {
    if (f.direct) sum = a.out<T>(0);
  }
  for (int64_t i = piece.blocks.begin; i < piece.blocks.end; ++i) {
    BackpropFilterBlock<T>(f, Block(f.p, f.cut, i), piece.columns, i > piece.blocks.begin, a.in<T>(0), a.in<T>(2), sum,
                           a.own<A>());
  }
}

template <class T>
Status SetBackpropFilter(PrepareContext& c, const ConvProblem& p) {
  using A = Wide<T>;
  constexpr bool same = std::is_same_v<T, A>;
  BackpropFilterPlan f{.p = p, .cut = ConvCut(p, sizeof(A), kPartialsBytes / (p.filter_size() * int64_t(sizeof(A))))};
  const ConvCut& cut = f.cut;
  f.direct = same && cut.row_parts == 1;
  f.tile_size = same && p.pointwise() ? 0 : cut.block * p.depth();
  f.grad_size = same ? 0 : cut.block * p.group_out();
  WorkspaceLayout layout, own;
  layout.Add(f.direct ? 0 : cut.row_parts * p.filter_size(), sizeof(A));
  own.Add(f.tile_size + f.grad_size, sizeof(A));
  WEIR_RETURN_IF_ERROR(layout.Set(c));
  WEIR_RETURN_IF_ERROR(own.SetOwn(c));
  c.ParallelOver(cut.items(), p.ns() / double(cut.items()));
  c.SetRun([f](RunArgs& a) {
    f.cut.ForPieces(f.p, a.begin, a.end, [&](const auto& piece) { BackpropFilterPiece<T>(f, piece, a); });
  });
  if (!f.direct) SumPartialsAfter<T>(c, p.filter_size(), cut.row_parts);
  return {};
}

Status PrepareConvBackpropFilter(PrepareContext& c, Spatial spatial) {
  Status status;
  if (c.input_shape(0).num_elements() == 0 || c.input_shape(2).num_elements() == 0) {  // a sum of nothing
    int64_t n = c.output_shape(0).num_elements();
    return c.ForType(ConvFilterTypes{}, c.input_dtype(0), [&](auto t) {
      c.SetRun([n](RunArgs& a) { std::fill_n(a.out<decltype(t)>(0), n, decltype(t)(0.0f)); });
    });
  }
  WEIR_ASSIGN_OR_RETURN(ConvProblem p, MakeConvProblem(c, spatial, c.input_shape(0).dims(), c.output_shape(0).dims(),
                                                       c.input_shape(2)));
  WEIR_RETURN_IF_ERROR(
      c.ForType(ConvFilterTypes{}, c.input_dtype(0), [&](auto t) { status = SetBackpropFilter<decltype(t)>(c, p); }));
  return status;
}

}  // namespace
}  // namespace kernels

void RegisterConvolutionKernels(KernelRegistry& r) {
  using namespace kernels;
  auto over = [](Status (*prepare)(PrepareContext&, Spatial), Spatial spatial) {
    return [=](PrepareContext& c) { return prepare(c, spatial); };
  };
  r.Add("Conv2D", over(PrepareConv, Spatial::k2D));
  r.Add("Conv2DBackpropInput", over(PrepareConvBackpropInput, Spatial::k2D)).NeedsValue({0});
  r.Add("Conv2DBackpropFilter", over(PrepareConvBackpropFilter, Spatial::k2D)).NeedsValue({1});
  r.Add("Conv3D", over(PrepareConv, Spatial::k3D));
  r.Add("Conv3DBackpropInput", over(PrepareConvBackpropInput, Spatial::k3D));
  r.Add("Conv3DBackpropInputV2", over(PrepareConvBackpropInput, Spatial::k3D)).NeedsValue({0});
  r.Add("Conv3DBackpropFilter", over(PrepareConvBackpropFilter, Spatial::k3D));
  r.Add("Conv3DBackpropFilterV2", over(PrepareConvBackpropFilter, Spatial::k3D)).NeedsValue({1});
}

}  // namespace weir
