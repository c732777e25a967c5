// Ops that make a tensor larger by repeating or surrounding its elements: Tile, Pad, MirrorPad, BroadcastTo.
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/ops/array/array.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

Status TileShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape count, c.WithRank(1, 1));
  if (!c.input(0).known_rank() && (!Known(count[0]) || count[0] > kMaxRank)) return {};
  const PartialShape s = c.input(0).known_rank() ? c.input(0) : PartialShape::UnknownOfRank(static_cast<int>(count[0]));
  if (Known(count[0]) && count[0] != s.rank()) {
    return InvalidArgument(fmt::format("cannot repeat {} by {} multiples", c.Describe(0), count[0]))
        .Detail("there must be one an axis");
  }
  auto multiples = Elements(c, 1);
  PartialShape out = PartialShape::UnknownOfRank(s.rank());
  for (int i = 0; multiples && i < s.rank(); ++i) {
    auto m = (*multiples)[static_cast<size_t>(i)];
    if (m && *m < 0) return InvalidArgument(fmt::format("cannot repeat axis {} {} times", i, *m));
    if (!m) {
      if (s[i] == 0) out[i] = 0;
      continue;
    }
    int64_t size = 0;
    if (Known(s[i]) && !CheckedMul(s[i], *m, &size))
      return ResourceExhausted(fmt::format("repeats axis {} of {} elements {} times", i, s[i], *m));
    out[i] = MulDims(s[i], *m);
  }
  c.set_output(0, std::move(out));
  return {};
}

// The two paddings of each axis, flat, for padding the tensor of input `i` (whose rank they give when it is unknown).
Result<std::optional<SliceEntries>> Paddings(const ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape p, c.WithRank(1, 2));
  if (Known(p[1]) && p[1] != 2)
    return InvalidArgument(fmt::format("wants paddings of shape [rank,2], not {}", c.Describe(1)));
  if (Known(p[0]) && c.input(0).known_rank() && p[0] != c.input(0).rank()) {
    return InvalidArgument(fmt::format("cannot pad {} by paddings {}", c.Describe(0), c.Describe(1)))
        .Detail("there must be one row an axis");
  }
  return Elements(c, 1);
}

// `sign` is 1 to pad, -1 to take the padding away again.
Status PadShapeOf(ShapeContext& c, int sign) {
  WEIR_ASSIGN_OR_RETURN(auto paddings, Paddings(c));
  const PartialShape& s = c.input(0);
  if (!s.known_rank()) {
    WEIR_ASSIGN_OR_RETURN(PartialShape rows, c.WithRank(1, 2));
    if (Known(rows[0]) && rows[0] <= kMaxRank) c.set_output(0, PartialShape::UnknownOfRank(static_cast<int>(rows[0])));
    return {};
  }
  PartialShape out = PartialShape::UnknownOfRank(s.rank());
  for (int i = 0; paddings && i < s.rank(); ++i) {
    auto before = (*paddings)[static_cast<size_t>(2 * i)], after = (*paddings)[static_cast<size_t>(2 * i + 1)];
    for (const auto& p : {before, after}) {
      if (p && *p < 0) return InvalidArgument(fmt::format("has the negative padding {} at axis {}", *p, i));
    }
    if (!before || !after) continue;
    int64_t both = 0, size = 0;
    if (!CheckedAdd(*before, *after, &both) || (Known(s[i]) && !CheckedAdd(s[i], sign * both, &size))) {
      return ResourceExhausted(fmt::format("pads axis {} by more elements than a 64-bit number can count", i));
    }
    if (size < 0)
      return InvalidArgument(
          fmt::format("cannot take a padding of {} elements off axis {} of {}", both, i, c.Describe(0)));
    out[i] = both == 0 ? s[i] : Known(s[i]) ? size : kUnknownDim;
  }
  c.set_output(0, std::move(out));
  return {};
}

Status PadShape(ShapeContext& c) { return PadShapeOf(c, 1); }

Status PadV2Shape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 2));
  return PadShapeOf(c, 1);
}

// A mirror must not be longer than what it reflects.
Status CheckMirror(const ShapeContext& c, const PartialShape& inner) {
  WEIR_ASSIGN_OR_RETURN(auto paddings, Paddings(c));
  if (!paddings || !inner.known_rank()) return {};
  int64_t edge = c.attr<std::string>("mode") == "REFLECT" ? 1 : 0;
  for (int i = 0; i < inner.rank(); ++i) {
    for (size_t side : {0u, 1u}) {
      auto p = (*paddings)[static_cast<size_t>(2 * i) + side];
      if (p && Known(inner[i]) && *p > inner[i] - edge && *p > 0) {
        return InvalidArgument(fmt::format("cannot mirror {} elements at axis {} of size {} (mode {})", *p, i, inner[i],
                                           c.attr<std::string>("mode")));
      }
    }
  }
  return {};
}

Status MirrorPadShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(PadShapeOf(c, 1));
  return CheckMirror(c, c.input(0));
}

Status MirrorPadGradShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(auto paddings, Paddings(c));
  WEIR_RETURN_IF_ERROR(PadShapeOf(c, -1));
  const PartialShape& s = c.input(0);
  PartialShape inner = PartialShape::UnknownOfRank(s.known_rank() ? s.rank() : 0);
  for (int i = 0; paddings && i < inner.rank(); ++i) {
    auto before = (*paddings)[static_cast<size_t>(2 * i)], after = (*paddings)[static_cast<size_t>(2 * i + 1)];
    if (before && after && Known(s[i])) inner[i] = s[i] - *before - *after;
  }
  return s.known_rank() ? CheckMirror(c, inner) : Status();
}

Status BroadcastToShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireVector(c, 1));
  WEIR_ASSIGN_OR_RETURN(PartialShape to, c.shape_from_input(1));
  if (auto known = KnownElements(c, 1)) {
    for (int64_t d : *known) {
      if (d < 0) return InvalidArgument(fmt::format("cannot broadcast {} to an axis of size {}", c.Describe(0), d));
    }
  }
  const PartialShape& s = c.input(0);
  if (s.known_rank() && to.known_rank()) {
    bool fits = s.rank() <= to.rank();
    for (int i = 1; fits && i <= s.rank(); ++i) {
      Dim have = s[s.rank() - i], &want = to[to.rank() - i];
      fits = !Known(have) || have == 1 || !Known(want) || have == want;
      if (Known(have) && have != 1) want = have;
    }
    if (!fits) return InvalidArgument(fmt::format("cannot broadcast {} to {}", c.Describe(0), to.ToString()));
  }
  c.set_output(0, std::move(to));
  return {};
}

// A tensor tiled is a tensor with an axis before each of its own, repeated along those: the sum over them.
Status TileGrad(GradContext& c) {
  Output multiples = c.input(1);
  Output shape = Make("Shape", {c.input(0)}, {{"out_type", multiples.dtype()}});
  Output pairs = Make("Reshape", {Make("Pack", {multiples, shape}, {{"axis", 1}}), Input({-1})});
  Output axes = Make("Range", {0, Make("Size", {pairs}), 2});
  c.set(0, Make("Reshape", {Make("Sum", {Make("Reshape", {c.grad(), pairs}), axes}), shape}));
  return {};
}

// The part of the gradient over the original elements.
Output UnpaddedGrad(GradContext& c) {
  Output paddings = c.input(1);
  Output before = Make("Squeeze", {Make("Slice", {paddings, Input({0, 0}), Input({-1, 1})})},
                       {{"squeeze_dims", std::vector<int64_t>{1}}});
  return Make("Slice", {c.grad(), before, Make("Shape", {c.input(0)}, {{"out_type", paddings.dtype()}})});
}

Status PadGrad(GradContext& c) {
  c.set(0, UnpaddedGrad(c));
  return {};
}

Output SumAll(Output x) { return Make("Sum", {x, Make("Range", {0, Make("Rank", {x}), 1})}); }

Status PadV2Grad(GradContext& c) {
  Output inner = UnpaddedGrad(c);
  c.set(0, inner);
  c.set(2, Make("Sub", {SumAll(c.grad()), SumAll(inner)}));
  return {};
}

GradFn MirrorGrad(const char* op) {
  return [op](GradContext& c) -> Status {
    c.set(0, Make(op, {c.grad(), c.input(1)}, c.attrs({"mode"})));
    return {};
  };
}

Status BroadcastToGrad(GradContext& c) {
  if (SameShape(c.input(0).shape(), c.output(0).shape())) {
    c.set(0, c.grad());
    return {};
  }
  Output to = c.input(1);
  Output shape = Make("Shape", {c.input(0)}, {{"out_type", to.dtype()}});
  auto axes = MakeAll("BroadcastGradientArgs", {shape, to});
  if (axes.size() != 2) return c.builder().status();
  c.set(0, Make("Reshape", {Make("Sum", {c.grad(), axes[0]}), shape}));
  return {};
}

constexpr const char* kPaddingsDoc = " `paddings` is [rank,2]: how many elements before and after each axis.";

void AddMirrors(OpRegistry& r) {
  r.Add("MirrorPad")
      .Input("input: T")
      .Input("paddings: Tpaddings")
      .Output("output: T")
      .Attr("T: type")
      .Attr("Tpaddings: {int32, int64} = int32")
      .Attr("mode: {'REFLECT', 'SYMMETRIC'}")
      .Doc(std::string("Surrounds the input with its own mirror image, which leaves out the edge (REFLECT) or repeats "
                       "it (SYMMETRIC).") +
           kPaddingsDoc)
      .Shape(MirrorPadShape)
      .Gradient(MirrorGrad("MirrorPadGrad"));
  r.Add("MirrorPadGrad")
      .Input("input: T").Input("paddings: Tpaddings").Output("output: T")
      .Attr("T: type").Attr("Tpaddings: {int32, int64} = int32").Attr("mode: {'REFLECT', 'SYMMETRIC'}")
      .Doc("The gradient of MirrorPad: each mirrored element is added to the one it shows.")
      .Shape(MirrorPadGradShape)
      .Gradient(MirrorGrad("MirrorPad"));
}

}  // namespace

void RegisterArrayPadOps(OpRegistry& r) {
  r.Add("Tile")
      .Input("input: T").Input("multiples: Tmultiples").Output("output: T")
      .Attr("T: type").Attr("Tmultiples: {int32, int64} = int32")
      .Doc("The input repeated multiples[i] times along axis i.")
      .Shape(TileShape).NoFlops()
      .Gradient(TileGrad);
  r.Add("Pad")
      .Input("input: T").Input("paddings: Tpaddings").Output("output: T")
      .Attr("T: type").Attr("Tpaddings: {int32, int64} = int32")
      .Doc(std::string("Surrounds the input with zeros.") + kPaddingsDoc)
      .Shape(PadShape).NoFlops()
      .Gradient(PadGrad);
  r.Add("PadV2")
      .Input("input: T").Input("paddings: Tpaddings").Input("constant_values: T").Output("output: T")
      .Attr("T: type").Attr("Tpaddings: {int32, int64} = int32")
      .Doc(std::string("Surrounds the input with the scalar `constant_values`.") + kPaddingsDoc)
      .Shape(PadV2Shape)
      .Gradient(PadV2Grad);
  AddMirrors(r);
  r.Add("BroadcastTo")
      .Input("input: T")
      .Input("shape: Tidx")
      .Output("output: T")
      .Attr("T: type")
      .Attr("Tidx: {int32, int64} = int32")
      .Doc("The input repeated to `shape` by NumPy's broadcasting: axes of size 1 and missing leading axes are "
           "stretched.")
      .Shape(BroadcastToShape)
      .Gradient(BroadcastToGrad);
}

// ---- building functions

namespace ops {

Output Pad(Input tensor, Input paddings, const PadOptions& o) {
  if (o.mode != "CONSTANT") return Make("MirrorPad", {tensor, paddings}, {{"mode", o.mode}}, {.name = o.name});
  bool zero = false;
  if (o.constant_values.is_literal()) {
    auto value = o.constant_values.literal().ToTensor(kDouble);
    zero = value.ok() && value->num_elements() == 1 && value->scalar<double>() == 0;
  }
  if (zero) return Make("Pad", {tensor, paddings}, {}, {.name = o.name});
  return Make("PadV2", {tensor, paddings, o.constant_values}, {}, {.name = o.name});
}

}  // namespace ops
}  // namespace weir
