// Kernels that put elements into another order: Moves over permuted, reversed or blocked strides; ReverseSequence goes
// row by row.
#include <fmt/format.h>

#include <algorithm>

#include "weir/runtime/cpu/moves.h"

namespace weir {

namespace {

using namespace kernels;

// Sets the output's shape.
Result<Move> TransposeMove(PrepareContext& c) {
  const Shape& s = c.input_shape(0);
  std::vector<int64_t> perm = c.ints(1);
  if (static_cast<int>(perm.size()) != s.rank()) {
    return InvalidArgument(fmt::format("cannot transpose {} by a permutation of {} axes", s.ToString(), perm.size()));
  }
  Dims strides = RowMajorStrides(s), dims, in_strides;
  std::vector<bool> seen(perm.size(), false);
  for (int64_t p : perm) {
    auto axis = NormalizeAxis(p, s.rank());
    if (!axis || seen[static_cast<size_t>(*axis)])
      return InvalidArgument(fmt::format("is given axis {} in 'perm', which makes no permutation", p));
    seen[static_cast<size_t>(*axis)] = true;
    dims.push_back(s[*axis]);
    in_strides.push_back(strides[static_cast<size_t>(*axis)]);
  }
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, dims));
  return Move(dims, in_strides, RowMajorStrides(c.output_shape(0)));
}

Status PrepareTranspose(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Move move, TransposeMove(c));
  return SetMove(c, std::move(move));
}

// Why not SetMove for complex numbers: it lets the input be computed inside the output, which is changed here.
Status PrepareConjugateTranspose(PrepareContext& c) {
  if (!IsComplex(c.input_dtype(0))) return PrepareTranspose(c);
  WEIR_ASSIGN_OR_RETURN(Move move, TransposeMove(c));
  return c.ForType(ComplexTypes(), c.input_dtype(0), [&](auto type) {
    using T = decltype(type);
    using Bits = BytesT<sizeof(T)>;
    c.ParallelOver(move.units(), double(move.elements()) / double(std::max<int64_t>(move.units(), 1)) * sizeof(T) / 10);
    c.SetRun([move](RunArgs& a) {
      auto [begin, end] = a.Range();
      move.Execute(a.in<Bits>(0), a.out<Bits>(0), begin, end);
    });
    c.After(c.output_shape(0).num_elements(), 0.5, [](RunArgs& a) {
      for (int64_t i = a.begin; i < a.end; ++i) a.out<T>(0)[i] = std::conj(a.out<T>(0)[i]);
    });
  });
}

Status SetReverse(PrepareContext& c, const std::vector<bool>& reversed) {
  const Shape& s = c.input_shape(0);
  c.set_output_shape(0, s);
  Dims out = RowMajorStrides(s), in = out;
  int64_t offset = 0;
  for (size_t i = 0; i < in.size(); ++i) {
    if (!reversed[i]) continue;
    offset += in[i] * (s[static_cast<int>(i)] - 1);
    in[i] = -in[i];
  }
  return SetMove(c, Move(s.dims(), in, out, offset));
}

Status PrepareReverse(PrepareContext& c) {
  std::vector<int64_t> flags = c.ints(1);
  if (static_cast<int>(flags.size()) != c.input_shape(0).rank()) {
    return InvalidArgument(
        fmt::format("is given {} flags for the axes of {}", flags.size(), c.input_shape(0).ToString()));
  }
  return SetReverse(c, std::vector<bool>(flags.begin(), flags.end()));
}

Status PrepareReverseV2(PrepareContext& c) {
  std::vector<bool> reversed(static_cast<size_t>(c.input_shape(0).rank()), false);
  for (int64_t a : c.ints(1)) {
    WEIR_ASSIGN_OR_RETURN(int axis, CheckedAxis(a, c.input_shape(0).rank()));
    if (reversed[static_cast<size_t>(axis)]) return InvalidArgument(fmt::format("names axis {} twice", axis));
    reversed[static_cast<size_t>(axis)] = true;
  }
  return SetReverse(c, reversed);
}

Status PrepareReverseSequence(PrepareContext& c) {
  const Shape& s = c.input_shape(0);
  int64_t batch = c.attr<int64_t>("batch_dim"), seq = c.attr<int64_t>("seq_dim");
  if (batch < 0 || seq < 0 || batch >= s.rank() || seq >= s.rank() || batch == seq) {
    return InvalidArgument(fmt::format("has batch_dim {} and seq_dim {} for {}", batch, seq, s.ToString()));
  }
  int b = static_cast<int>(batch), q = static_cast<int>(seq);
  if (c.input_shape(1).rank() != 1 || c.input_shape(1)[0] != s[b]) {
    return InvalidArgument(fmt::format("is given lengths {} for a batch of {}", c.input_shape(1).ToString(), s[b]));
  }
  c.set_output_shape(0, s);
  Dims strides = RowMajorStrides(s);
  int64_t inner = strides[static_cast<size_t>(std::max(b, q))], rows = inner == 0 ? 0 : s.num_elements() / inner;
  struct Rows { int64_t batch, batch_stride, seq, seq_stride; } in{s[b], 0, s[q], 0};  // in units of `inner`
  if (inner > 0)
    in.batch_stride = strides[static_cast<size_t>(b)] / inner, in.seq_stride = strides[static_cast<size_t>(q)] / inner;
  c.ParallelOver(rows, double(inner) * (1 + MoveCost(c.input_dtype(0))));
  bool wide = c.input_dtype(1) == kInt64;
  return ForElement(c.input_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([in, inner, wide](RunArgs& a) {
      auto [begin, end] = a.Range();
      for (int64_t row = begin; row < end; ++row) {
        int64_t which = row / in.batch_stride % in.batch, at = row / in.seq_stride % in.seq;
        int64_t length = wide ? a.in<int64_t>(1)[which] : a.in<int32_t>(1)[which];
        if (length < 0 || length > in.seq) {
          return a.Fail(
              InvalidArgument(fmt::format("is given the length {} of a sequence of {} elements", length, in.seq)));
        }
        int64_t from = at < length ? row + (length - 1 - 2 * at) * in.seq_stride : row;
        std::copy_n(a.in<T>(0) + from * inner, inner, a.out<T>(0) + row * inner);
      }
    });
  });
}

// ---- space and batch

// One Move for each position within a block: between the big tensor [batch, s0*block0, …, rest] and the small one.
struct Blocks {
  std::vector<int64_t> block, before, after;
  int64_t volume = 1;
};

// Of the ND forms by input 1; of the old ones, of rank 4, by an attribute for height and width.
Result<Blocks> ReadBlocks(const PrepareContext& c) {
  Blocks b;
  const bool nd = c.num_inputs() == 3;
  b.block = nd ? c.ints(1) : std::vector<int64_t>(2, c.attr<int64_t>("block_size"));
  const int64_t m = static_cast<int64_t>(b.block.size()), rank = c.input_shape(0).rank();
  const Shape& edges = c.input_shape(nd ? 2 : 1);
  const bool fits = nd ? c.input_shape(1).rank() == 1 && rank >= m + 1 : rank == 4;
  if (!fits || edges.rank() != 2 || edges[0] != m || edges[1] != 2) {
    return InvalidArgument(fmt::format("has {} block sizes and edges {} for input {}", m, edges.ToString(),
                                       c.input_shape(0).ToString()));
  }
  std::vector<int64_t> flat = c.ints(nd ? 2 : 1);
  for (size_t i = 0; i < flat.size(); ++i) {
    if (flat[i] < 0) return InvalidArgument(fmt::format("has the negative edge {}", flat[i]));
    (i % 2 == 0 ? b.before : b.after).push_back(flat[i]);
  }
  for (int64_t size : b.block) {
    if (size < 1) return InvalidArgument(fmt::format("has the block size {}", size));
    if (!CheckedMul(b.volume, size, &b.volume)) return ResourceExhausted("has block sizes whose product overflows");
  }
  return b;
}

constexpr int64_t kMaxBlockPositions = int64_t{1} << 20;

// The moves between `big` (blocked axes at 1 …) and `small`, whose batch is big's times the volume. `to_small` says
// which way.
Result<std::vector<OperandMove>> BlockMoves(const Blocks& b, const Shape& big, const Shape& small, bool to_small) {
  std::vector<OperandMove> moves;
  if (small.num_elements() == 0 || big.num_elements() == 0) return moves;
  if (b.volume > kMaxBlockPositions) return ResourceExhausted(fmt::format("has blocks of {} elements", b.volume));
  Dims big_strides = RowMajorStrides(big), small_strides = RowMajorStrides(small);
  for (int64_t position = 0; position < b.volume; ++position) {
    Dims dims = small.dims(), big_step = big_strides;
    dims[0] = big[0];
    int64_t big_at = 0, small_at = position * big[0] * small_strides[0], rest = position;
    bool empty = false;
    for (size_t k = b.block.size(); k-- > 0;) {
      size_t axis = k + 1;
      int64_t within = rest % b.block[k], size = big[static_cast<int>(axis)];
      rest /= b.block[k];
      // Small index i stands for big index i * block + within - before; keep those inside.
      int64_t shift = within - b.before[k];
      int64_t first = shift >= 0 ? 0 : (-shift + b.block[k] - 1) / b.block[k];
      int64_t last = size - 1 - shift < 0 ? -1 : (size - 1 - shift) / b.block[k];
      last = std::min(last, small[static_cast<int>(axis)] - 1);
      if (last < first) { empty = true; break; }
      dims[axis] = last - first + 1;
      big_at += (first * b.block[k] + shift) * big_strides[axis];
      small_at += first * small_strides[axis];
      big_step[axis] = dims[axis] > 1 ? big_strides[axis] * b.block[k] : big_strides[axis];
    }
    if (empty) continue;
    moves.push_back({0, 0,
                     to_small ? Move(dims, big_step, small_strides, big_at, small_at)
                              : Move(dims, small_strides, big_step, small_at, big_at)});
  }
  return moves;
}

Status PrepareSpaceToBatch(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Blocks b, ReadBlocks(c));
  Dims dims = c.input_shape(0).dims();
  bool padded = false;
  if (!CheckedMul(dims[0], b.volume, &dims[0])) return ResourceExhausted("makes a batch whose size overflows");
  for (size_t k = 0; k < b.block.size(); ++k) {
    int64_t& d = dims[k + 1];
    if (!CheckedAdd(d, b.before[k], &d) || !CheckedAdd(d, b.after[k], &d))
      return ResourceExhausted("has paddings whose sum overflows");
    if (d % b.block[k] != 0)
      return InvalidArgument(
          fmt::format("cannot cut axis {} of {} elements, padding included, into blocks of {}", k + 1, d, b.block[k]));
    d /= b.block[k];
    padded |= b.before[k] + b.after[k] > 0;
  }
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, dims));
  WEIR_ASSIGN_OR_RETURN(auto moves, BlockMoves(b, c.input_shape(0), c.output_shape(0), true));
  if (padded) WEIR_RETURN_IF_ERROR(FillBefore(c, 0));
  return SetMoves(c, c.output_dtype(0), std::move(moves));
}

Status PrepareBatchToSpace(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Blocks b, ReadBlocks(c));
  Dims dims = c.input_shape(0).dims();
  if (dims[0] % b.volume != 0)
    return InvalidArgument(fmt::format("cannot spread a batch of {} over blocks of {} elements", dims[0], b.volume));
  dims[0] /= b.volume;
  for (size_t k = 0; k < b.block.size(); ++k) {
    int64_t& d = dims[k + 1];
    if (!CheckedMul(d, b.block[k], &d)) return ResourceExhausted("makes an axis whose size overflows");
    if (b.before[k] > d || b.after[k] > d - b.before[k])
      return InvalidArgument(fmt::format("cannot crop {} and {} elements off {}", b.before[k], b.after[k], d));
    d -= b.before[k] + b.after[k];
  }
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, dims));
  WEIR_ASSIGN_OR_RETURN(auto moves, BlockMoves(b, c.output_shape(0), c.input_shape(0), false));
  return SetMoves(c, c.output_dtype(0), std::move(moves));
}

// ---- space and depth: a transposition of the tensor seen with its blocks as axes

// `space` is the tensor with the larger height and width, `deep` the other one.
Move SpaceDepthMove(const Shape& space, const Shape& deep, int64_t block, bool channels_first, bool to_depth) {
  Dims s = RowMajorStrides(space), d = RowMajorStrides(deep);
  int h = channels_first ? 2 : 1, w = h + 1, depth = channels_first ? 1 : 3;
  int64_t channels = space[depth];
  // Axes: batch, row, row in block, column, column in block, channel.
  Dims dims = {space[0], deep[h], block, deep[w], block, channels};
  Dims in_space = {s[0], s[size_t(h)] * block, s[size_t(h)], s[size_t(w)] * block, s[size_t(w)], s[size_t(depth)]};
  Dims in_deep = {d[0],
                  d[size_t(h)],
                  d[size_t(depth)] * channels * block,
                  d[size_t(w)],
                  d[size_t(depth)] * channels,
                  d[size_t(depth)]};
  // Output order, so that the innermost axis is the output's.
  std::vector<size_t> order = {0, 1, 2, 3, 4, 5};
  if (channels_first) order = to_depth ? std::vector<size_t>{0, 2, 4, 5, 1, 3} : std::vector<size_t>{0, 5, 1, 2, 3, 4};
  else if (to_depth) order = {0, 1, 3, 2, 4, 5};
  Dims sizes, from, to;
  for (size_t i : order) {
    sizes.push_back(dims[i]);
    from.push_back(to_depth ? in_space[i] : in_deep[i]);
    to.push_back(to_depth ? in_deep[i] : in_space[i]);
  }
  return Move(sizes, from, to);
}

template <bool to_depth>
Status PrepareSpaceDepth(PrepareContext& c) {
  const Shape& s = c.input_shape(0);
  std::string format = c.attr<std::string>("data_format");
  if (format == "NCHW_VECT_C") return Unimplemented("has no kernel for data_format NCHW_VECT_C");
  bool channels_first = format == "NCHW";
  int64_t block = c.attr<int64_t>("block_size"), area = 0;
  if (block < 2 || !CheckedMul(block, block, &area) || s.rank() != 4) {
    return InvalidArgument(fmt::format("has block size {} for input {}", block, s.ToString()))
        .Detail("the input has four axes, a block at least two elements a side");
  }
  size_t h = channels_first ? 2 : 1, w = h + 1, depth = channels_first ? 1 : 3;
  Dims dims = s.dims();
  for (auto [axis, factor, grows] :
       {std::tuple(h, block, !to_depth), std::tuple(w, block, !to_depth), std::tuple(depth, area, to_depth)}) {
    if (grows ? !CheckedMul(dims[axis], factor, &dims[axis]) : dims[axis] % factor != 0) {
      return InvalidArgument(fmt::format("cannot regroup axis {} of {} by {}", axis, s.ToString(), factor));
    }
    if (!grows) dims[axis] /= factor;
  }
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, dims));
  if (s.num_elements() == 0) return SetMoves(c, c.output_dtype(0), {});
  const Shape &out = c.output_shape(0), &space = to_depth ? s : out, &deep = to_depth ? out : s;
  return SetMove(c, SpaceDepthMove(space, deep, block, channels_first, to_depth));
}

}  // namespace

void RegisterArrayLayoutKernels(KernelRegistry& r) {
  r.Add("Transpose", PrepareTranspose).NeedsValue({1});
  r.Add("ConjugateTranspose", PrepareConjugateTranspose).NeedsValue({1});
  r.Add("Reverse", PrepareReverse).NeedsValue({1});
  r.Add("ReverseV2", PrepareReverseV2).NeedsValue({1});
  r.Add("ReverseSequence", PrepareReverseSequence);
  r.Add("SpaceToBatchND", PrepareSpaceToBatch).NeedsValue({1, 2});
  r.Add("BatchToSpaceND", PrepareBatchToSpace).NeedsValue({1, 2});
  r.Add("SpaceToBatch", PrepareSpaceToBatch).NeedsValue({1});
  r.Add("BatchToSpace", PrepareBatchToSpace).NeedsValue({1});
  r.Add("SpaceToDepth", PrepareSpaceDepth<true>);
  r.Add("DepthToSpace", PrepareSpaceDepth<false>);
}

}  // namespace weir
