// Ops that put a tensor's elements into another order: Transpose, ConjugateTranspose, Reverse, ReverseSequence; and
// those that trade space for batch or depth.
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/ops/array/array.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

Status TransposeShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape count, c.WithRank(1, 1));
  const PartialShape& s = c.input(0);
  int rank = s.known_rank() ? s.rank() : Known(count[0]) && count[0] <= kMaxRank ? static_cast<int>(count[0]) : -1;
  if (rank < 0) return {};
  if (Known(count[0]) && count[0] != rank) {
    return InvalidArgument(fmt::format("cannot transpose {} by a permutation of {} axes", c.Describe(0), count[0]));
  }
  PartialShape out = PartialShape::UnknownOfRank(rank);
  auto perm = Elements(c, 1);
  std::vector<bool> seen(static_cast<size_t>(rank), false);
  for (int i = 0; perm && i < rank; ++i) {
    auto p = (*perm)[static_cast<size_t>(i)];
    if (!p) continue;
    auto axis = NormalizeAxis(*p, rank);
    if (!axis || seen[static_cast<size_t>(*axis)]) {
      return InvalidArgument(
          fmt::format("is given axis {} at position {} of 'perm', which makes no permutation of {} axes", *p, i, rank));
    }
    seen[static_cast<size_t>(*axis)] = true;
    if (s.known_rank()) out[i] = s[*axis];
  }
  c.set_output(0, std::move(out));
  return {};
}

Status ReverseShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape flags, c.WithRank(1, 1));
  const PartialShape& s = c.input(0);
  if (s.known_rank() && Known(flags[0]) && flags[0] != s.rank()) {
    return InvalidArgument(fmt::format("is given {} flags for the axes of {}", flags[0], c.Describe(0)));
  }
  bool rank_from_flags = !s.known_rank() && Known(flags[0]) && flags[0] <= kMaxRank;
  c.set_output(0, rank_from_flags ? PartialShape::UnknownOfRank(static_cast<int>(flags[0])) : s);
  return {};
}

Status ReverseV2Shape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireVector(c, 1));
  const PartialShape& s = c.input(0);
  auto axes = Elements(c, 1);
  if (axes && s.known_rank()) {
    std::vector<bool> seen(static_cast<size_t>(s.rank()), false);
    for (const auto& a : *axes) {
      if (!a) continue;
      WEIR_ASSIGN_OR_RETURN(int axis, AxisWithin(*a, s.rank()));
      if (seen[static_cast<size_t>(axis)]) return InvalidArgument(fmt::format("names axis {} twice", axis));
      seen[static_cast<size_t>(axis)] = true;
    }
  }
  c.set_output(0, s);
  return {};
}

Status ReverseSequenceShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape lengths, c.WithRank(1, 1));
  PartialShape s = c.input(0);
  int64_t batch = c.attr<int64_t>("batch_dim"), seq = c.attr<int64_t>("seq_dim");
  if (batch < 0 || seq < 0 || batch == seq) {
    return InvalidArgument(fmt::format("has batch_dim {} and seq_dim {}", batch, seq))
        .Detail("they are two different axes, not negative");
  }
  if (s.known_rank()) {
    if (batch >= s.rank() || seq >= s.rank()) {
      return InvalidArgument(fmt::format("has batch_dim {} and seq_dim {}, but input {}", batch, seq, c.Describe(0)));
    }
    auto d = MergeDims(s[static_cast<int>(batch)], lengths[0]);
    if (!d.ok())
      return InvalidArgument(
          fmt::format("is given {} lengths for a batch of {}", lengths[0], s[static_cast<int>(batch)]));
    s[static_cast<int>(batch)] = *d;
    if (auto known = KnownElements(c, 1)) {
      for (int64_t n : *known) {
        if (n < 0 || (Known(s[static_cast<int>(seq)]) && n > s[static_cast<int>(seq)])) {
          return InvalidArgument(
              fmt::format("is given the length {} of a sequence of {} elements", n, s[static_cast<int>(seq)]));
        }
      }
    }
  }
  c.set_output(0, std::move(s));
  return {};
}

// ---- space and batch

// The blocks and what is added to or cut from the M spatial axes, as far as known, checked against the input.
struct Blocks {
  int count = -1;  // M; -1 when unknown
  SliceEntries block, edges;
};

// What is known of the block sizes and of the edges, input `edges`.
Status CheckBlocks(const ShapeContext& c, int edges, const Blocks& b) {
  for (const auto& e : b.block) {
    if (e && *e < 1)
      return InvalidArgument(fmt::format("has the block size {}", *e)).Detail("block sizes are positive");
  }
  for (const auto& e : b.edges) {
    if (e && *e < 0) return InvalidArgument(fmt::format("has {} in {}, which is negative", *e, c.InputName(edges)));
  }
  return {};
}

// Of the old forms, which have one block size for height and width, an attribute.
Result<Blocks> ReadSquareBlocks(const ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(c.WithRank(0, 4).status());
  WEIR_ASSIGN_OR_RETURN(PartialShape edges, c.WithRank(1, 2));
  if (!MergeDims(edges[0], 2).ok() || !MergeDims(edges[1], 2).ok())
    return InvalidArgument(fmt::format("wants {} of shape [2,2], not {}", c.InputName(1), c.Describe(1)));
  Blocks b{.count = 2,
           .block = SliceEntries(2, c.attr<int64_t>("block_size")),
           .edges = Elements(c, 1).value_or(SliceEntries(4))};
  WEIR_RETURN_IF_ERROR(CheckBlocks(c, 1, b));
  return b;
}

Result<Blocks> ReadBlocks(const ShapeContext& c) {
  if (c.num_inputs() == 2) return ReadSquareBlocks(c);
  WEIR_ASSIGN_OR_RETURN(PartialShape block, c.WithRank(1, 1));
  WEIR_ASSIGN_OR_RETURN(PartialShape edges, c.WithRank(2, 2));
  auto m = MergeDims(block[0], edges[0]);
  if (!m.ok() || (Known(edges[1]) && edges[1] != 2)) {
    return InvalidArgument(fmt::format("wants {} of shape [{},2], not {}", c.InputName(2), block[0], c.Describe(2)));
  }
  Blocks b;
  if (!Known(*m)) return b;
  if (*m > kMaxRank || (c.input(0).known_rank() && c.input(0).rank() < *m + 1)) {
    return InvalidArgument(fmt::format("has {} block sizes for input {}", *m, c.Describe(0)))
        .Detail("the input has a batch axis and then one an entry");
  }
  b.count = static_cast<int>(*m);
  b.block = Elements(c, 1).value_or(SliceEntries(static_cast<size_t>(*m)));
  b.edges = Elements(c, 2).value_or(SliceEntries(static_cast<size_t>(2 * *m)));
  WEIR_RETURN_IF_ERROR(CheckBlocks(c, 2, b));
  return b;
}

// The product of the block sizes; kUnknownDim when not known.
Result<Dim> BlockVolume(const Blocks& b) {
  int64_t volume = 1;
  for (const auto& e : b.block) {
    if (!e) return kUnknownDim;
    if (!CheckedMul(volume, *e, &volume)) return ResourceExhausted("has block sizes whose product overflows");
  }
  return volume;
}

// The size of spatial axis i after padding (sign 1) or before cropping (-1) when all is known.
Result<Dim> EdgedSize(const Blocks& b, int i, Dim size, int sign) {
  auto e0 = b.edges[static_cast<size_t>(2 * i)], e1 = b.edges[static_cast<size_t>(2 * i + 1)];
  int64_t both = 0, out = 0;
  if (!e0 || !e1 || !Known(size)) return kUnknownDim;
  if (!CheckedAdd(*e0, *e1, &both) || !CheckedAdd(size, sign * both, &out))
    return ResourceExhausted("has edges whose sum overflows");
  if (out < 0) return InvalidArgument(fmt::format("cannot crop {} elements off {}", both, size));
  return out;
}

Status SpaceToBatchShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(Blocks b, ReadBlocks(c));
  if (b.count < 0 || !c.input(0).known_rank()) return {};
  PartialShape out = c.input(0);
  WEIR_ASSIGN_OR_RETURN(Dim volume, BlockVolume(b));
  int64_t product = 0;
  if (Known(volume) && Known(out[0]) && !CheckedMul(out[0], volume, &product))
    return ResourceExhausted("makes a batch whose size overflows");
  out[0] = MulDims(out[0], volume);
  for (int i = 0; i < b.count; ++i) {
    WEIR_ASSIGN_OR_RETURN(Dim padded, EdgedSize(b, i, out[1 + i], 1));
    auto block = b.block[static_cast<size_t>(i)];
    if (Known(padded) && block && padded % *block != 0) {
      return InvalidArgument(
          fmt::format("cannot cut axis {} of {} elements, padding included, into blocks of {}", i + 1, padded, *block));
    }
    out[1 + i] = Known(padded) && block ? padded / *block : kUnknownDim;
  }
  c.set_output(0, std::move(out));
  return {};
}

Status BatchToSpaceShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(Blocks b, ReadBlocks(c));
  if (b.count < 0 || !c.input(0).known_rank()) return {};
  PartialShape out = c.input(0);
  WEIR_ASSIGN_OR_RETURN(Dim volume, BlockVolume(b));
  if (Known(out[0]) && Known(volume) && out[0] % volume != 0) {
    return InvalidArgument(fmt::format("cannot spread a batch of {} over blocks of {} elements", out[0], volume));
  }
  out[0] = volume == 1 ? out[0] : Known(out[0]) && Known(volume) ? out[0] / volume : kUnknownDim;
  for (int i = 0; i < b.count; ++i) {
    auto block = b.block[static_cast<size_t>(i)];
    int64_t spread = kUnknownDim;
    if (block && Known(out[1 + i]) && !CheckedMul(out[1 + i], *block, &spread))
      return ResourceExhausted("makes an axis whose size overflows");
    WEIR_ASSIGN_OR_RETURN(out[1 + i], EdgedSize(b, i, spread, -1));
  }
  c.set_output(0, std::move(out));
  return {};
}

// ---- space and depth

// Axes of height, width and depth by data_format.
struct ImageAxes {
  int rank, height, width, depth;
};
ImageAxes AxesOf(const std::string& format) {
  if (format == "NCHW") return {4, 2, 3, 1};
  if (format == "NCHW_VECT_C") return {5, 2, 3, 1};
  return {4, 1, 2, 3};
}

ShapeFn SpaceDepthShape(bool to_depth) {
  return [to_depth](ShapeContext& c) -> Status {
    ImageAxes axes = AxesOf(c.attr<std::string>("data_format"));
    WEIR_ASSIGN_OR_RETURN(PartialShape s, c.WithRank(0, axes.rank));
    int64_t block = c.attr<int64_t>("block_size"), area = 0;
    if (block < 2 || !CheckedMul(block, block, &area))
      return InvalidArgument(fmt::format("has the block size {}", block));
    auto scale = [&](int axis, int64_t factor, bool up) -> Status {
      if (!Known(s[axis])) return {};
      if (up)
        return CheckedMul(s[axis], factor, &s[axis]) ? Status()
                                                     : ResourceExhausted("makes an axis whose size overflows");
      if (s[axis] % factor != 0) {
        return InvalidArgument(fmt::format("cannot cut axis {} of {} into pieces of {}", axis, c.Describe(0), factor));
      }
      s[axis] /= factor;
      return {};
    };
    WEIR_RETURN_IF_ERROR(scale(axes.height, block, !to_depth));
    WEIR_RETURN_IF_ERROR(scale(axes.width, block, !to_depth));
    WEIR_RETURN_IF_ERROR(scale(axes.depth, area, to_depth));
    for (int axis : {axes.height, axes.width, axes.depth}) s[axis] = std::max(s[axis], kUnknownDim);
    c.set_output(0, std::move(s));
    return {};
  };
}

// ---- gradients

Status TransposeGrad(GradContext& c) {
  c.set(0, Make(c.op(), {c.grad(), Make("InvertPermutation", {c.input(1)})}));
  return {};
}

// The gradient is `op` of it, with the node's further inputs and the named attributes.
GradFn SameInputs(const char* op, std::initializer_list<const char*> attrs = {}) {
  std::vector<const char*> names(attrs);
  return [op, names](GradContext& c) -> Status {
    std::vector<Input> inputs = {c.grad()};
    for (int i = 1; i < c.num_inputs(); ++i) inputs.push_back(c.input(i));
    AttrMap kept;
    for (const char* n : names) {
      if (const AttrValue* v = c.node().FindAttr(n)) kept.emplace(n, *v);
    }
    c.set(0, Make(op, inputs, kept));
    return {};
  };
}

void AddReverses(OpRegistry& r) {
  r.Add("Reverse")
      .Input("tensor: T")
      .Input("dims: bool")
      .Output("output: T")
      .Attr("T: {uint8, int8, uint16, int16, uint32, int32, uint64, int64, bool, bfloat16, half, float, double, "
            "complex64, complex128, string}")
      .Doc("The input with the axes reversed whose flag in `dims` is true. An older form of ReverseV2.")
      .Shape(ReverseShape)
      .Gradient(SameInputs("Reverse"));
  r.Add("ReverseV2")
      .Input("tensor: T")
      .Input("axis: Tidx")
      .Output("output: T")
      .Attr("Tidx: {int32, int64} = int32")
      .Attr("T: {uint8, int8, uint16, int16, int32, uint32, int64, uint64, bool, bfloat16, half, float, double, "
            "complex64, complex128, string}")
      .Doc("The input with the axes listed in `axis` reversed.")
      .Shape(ReverseV2Shape)
      .Gradient(SameInputs("ReverseV2"));
  r.Add("ReverseSequence")
      .Input("input: T")
      .Input("seq_lengths: Tlen")
      .Output("output: T")
      .Attr("seq_dim: int")
      .Attr("batch_dim: int = 0")
      .Attr("T: type")
      .Attr("Tlen: {int32, int64} = int64")
      .Doc("For each i along axis `batch_dim`, the first seq_lengths[i] elements along axis `seq_dim` reversed, the "
           "others in place.")
      .Shape(ReverseSequenceShape)
      .Gradient(SameInputs("ReverseSequence", {"seq_dim", "batch_dim"}));
}

void AddSpaces(OpRegistry& r) {
  r.Add("SpaceToBatchND")
      .Input("input: T")
      .Input("block_shape: Tblock_shape")
      .Input("paddings: Tpaddings")
      .Output("output: T")
      .Attr("T: type")
      .Attr("Tblock_shape: {int32, int64} = int32")
      .Attr("Tpaddings: {int32, int64} = int32")
      .Doc("Pads the spatial axes (those after the batch) with zeros, cuts them into blocks, and moves the position "
           "within the block into the batch.")
      .Shape(SpaceToBatchShape)
      .Gradient(SameInputs("BatchToSpaceND"));
  r.Add("BatchToSpaceND")
      .Input("input: T")
      .Input("block_shape: Tblock_shape")
      .Input("crops: Tcrops")
      .Output("output: T")
      .Attr("T: type")
      .Attr("Tblock_shape: {int32, int64} = int32")
      .Attr("Tcrops: {int32, int64} = int32")
      .Doc(
          "Undoes SpaceToBatchND: moves the block position from the batch back into the spatial axes, then crops them.")
      .Shape(BatchToSpaceShape)
      .Gradient(SameInputs("SpaceToBatchND"));
  r.Add("SpaceToBatch")
      .Input("input: T").Input("paddings: Tpaddings").Output("output: T")
      .Attr("T: type").Attr("Tpaddings: {int32, int64} = int32").Attr("block_size: int >= 2")
      .Doc("SpaceToBatchND of images [batch, height, width, depth] with square blocks. An older form of it.")
      .Shape(SpaceToBatchShape)
      .Gradient(SameInputs("BatchToSpace", {"block_size"}));
  r.Add("BatchToSpace")
      .Input("input: T").Input("crops: Tidx").Output("output: T")
      .Attr("T: type").Attr("block_size: int >= 2").Attr("Tidx: {int32, int64} = int32")
      .Doc("BatchToSpaceND of images [batch, height, width, depth] with square blocks. An older form of it.")
      .Shape(BatchToSpaceShape)
      .Gradient(SameInputs("SpaceToBatch", {"block_size"}));
  for (bool to_depth : {false, true}) {
    r.Add(to_depth ? "SpaceToDepth" : "DepthToSpace")
        .Input("input: T").Output("output: T")
        .Attr("T: type").Attr("block_size: int >= 2").Attr("data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'")
        .Doc(to_depth ? "Cuts height and width into blocks and stacks each block's elements along the depth."
                      : "Lays the depth out as blocks of block_size x block_size in height and width.")
        .Shape(SpaceDepthShape(to_depth))
        .Gradient(SameInputs(to_depth ? "DepthToSpace" : "SpaceToDepth", {"block_size", "data_format"}));
  }
}

}  // namespace

void RegisterArrayLayoutOps(OpRegistry& r) {
  r.Add("Transpose")
      .Input("x: T").Input("perm: Tperm").Output("y: T").Attr("T: type").Attr("Tperm: {int32, int64} = int32")
      .Doc("The input with its axes in another order: axis i of the output is axis perm[i] of the input.")
      .Shape(TransposeShape).NoFlops()
      .Gradient(TransposeGrad);
  r.Add("ConjugateTranspose")
      .Input("x: T").Input("perm: Tperm").Output("y: T").Attr("T: type").Attr("Tperm: {int32, int64} = int32")
      .Doc("The conjugate of the input with its axes in another order, as Transpose has it; what is not complex is its "
           "own conjugate.")
      .Shape(TransposeShape)
      .Gradient(TransposeGrad);
  AddReverses(r);
  AddSpaces(r);
}

// ---- building functions

namespace ops {

Output Transpose(Input a) {
  const PartialShape& s = a.output().shape();
  if (s.known_rank()) {
    std::vector<int32_t> perm;
    for (int i = s.rank(); i-- > 0;) perm.push_back(i);
    return Make("Transpose", {a, perm}, {}, {.name = "transpose"});
  }
  Output rank = Make("Rank", {a});
  return Make("Transpose", {a, Make("Sub", {Make("Sub", {rank, 1}), Make("Range", {0, rank, 1})})}, {},
              {.name = "transpose"});
}

}  // namespace ops
}  // namespace weir
