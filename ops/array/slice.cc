// Ops that take a box out of a tensor: Slice, StridedSlice and its gradient. The five masks are resolved in
// graph/base/slicing.h, which the kernels use too.
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/ops/array/array.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

Status SliceShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape begins, c.WithRank(1, 1));
  WEIR_ASSIGN_OR_RETURN(PartialShape sizes_shape, c.WithRank(2, 1));
  auto count = MergeDims(begins[0], sizes_shape[0]);
  if (!count.ok()) return InvalidArgument(fmt::format("is given {} begins but {} sizes", begins[0], sizes_shape[0]));
  if (!c.input(0).known_rank() && (!Known(*count) || *count > kMaxRank)) return {};
  const PartialShape s = c.input(0).known_rank() ? c.input(0) : PartialShape::UnknownOfRank(static_cast<int>(*count));
  if (Known(*count) && *count != s.rank()) {
    return InvalidArgument(fmt::format("cannot slice {} by {} begins and sizes", c.Describe(0), *count))
        .Detail("there must be one an axis");
  }
  auto begin = Elements(c, 1), size = Elements(c, 2);
  WEIR_ASSIGN_OR_RETURN(PartialShape out, c.shape_from_input(2));
  if (!out.known_rank()) out = PartialShape::UnknownOfRank(s.rank());
  bool sizes_constant = c.constant(2) != nullptr;
  for (int i = 0; i < s.rank(); ++i) {
    auto b = begin ? (*begin)[static_cast<size_t>(i)] : std::nullopt;
    bool rest = sizes_constant && out[i] == -1;
    auto refuse = [&](const std::string& why) {
      return InvalidArgument(fmt::format("cannot slice {} along axis {}", c.Describe(0), i)).Detail(why);
    };
    if (b && *b < 0) return refuse(fmt::format("begin is {}", *b));
    if (b && Known(s[i]) && *b > s[i]) return refuse(fmt::format("begin {} is past the end", *b));
    if (rest && b) out[i] = *b == 0 ? s[i] : Known(s[i]) ? s[i] - *b : kUnknownDim;
    if (Known(out[i]) && Known(s[i]) && out[i] > s[i] - b.value_or(0)) {
      return refuse(fmt::format("begin {} and size {} reach past the end", b ? std::to_string(*b) : "?", out[i]));
    }
  }
  auto value = s.rank() == 1 ? SizeElements(c, 0) : std::nullopt;
  if (value && begin && (*begin)[0] && Known(out[0]) && *(*begin)[0] + out[0] <= static_cast<int64_t>(value->size())) {
    auto from = value->begin() + *(*begin)[0];
    c.set_output_value(0, Dims(from, from + out[0]));
  }
  c.set_output(0, std::move(out));
  return {};
}

SliceMasks Masks(const ShapeContext& c) {
  return {c.attr<int64_t>("begin_mask"), c.attr<int64_t>("end_mask"), c.attr<int64_t>("ellipsis_mask"),
          c.attr<int64_t>("new_axis_mask"), c.attr<int64_t>("shrink_axis_mask")};
}

// Resolves a slice of `shape` by inputs [first, first + 3); nullopt when not even the number of entries is known.
Result<std::optional<ResolvedSlice>> Resolve(const ShapeContext& c, const PartialShape& shape, int first) {
  PartialShape count({kUnknownDim});
  for (int i = first; i < first + 3; ++i) {
    WEIR_ASSIGN_OR_RETURN(PartialShape s, c.WithRank(i, 1));
    auto merged = MergeShapes(count, s);
    if (!merged.ok())
      return InvalidArgument("is given begin, end and strides of different lengths").Detail(merged.status().message());
    count = *merged;
  }
  auto begin = Elements(c, first), end = Elements(c, first + 1), strides = Elements(c, first + 2);
  if (!shape.known_rank() || !Known(count[0]) || count[0] > kMaxValueElements) return std::optional<ResolvedSlice>();
  SliceEntries unknown(static_cast<size_t>(count[0]));
  for (const auto& entries : {begin, end, strides}) {
    if (entries && entries->size() != unknown.size())
      return InvalidArgument("is given begin, end and strides of different lengths");
  }
  WEIR_ASSIGN_OR_RETURN(auto resolved, ResolveSlice(shape, begin.value_or(unknown), end.value_or(unknown),
                                                    strides.value_or(unknown), Masks(c)));
  return std::optional(std::move(resolved));
}

Status StridedSliceShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(auto slice, Resolve(c, c.input(0), 1));
  if (!slice) return {};
  c.set_output(0, slice->result);
  auto value = c.input(0).rank() == 1 ? SizeElements(c, 0) : std::nullopt;
  if (!value) return {};
  const ResolvedSlice::Axis& a = slice->axes[0];
  if (!Known(a.size) || !Known(c.input(0)[0])) return {};
  if (a.shrink) {  // the index may be unknown though one element is taken
    if (!KnownElements(c, 1)) return {};
  }
  Dims taken;
  for (int64_t i = 0, at = a.begin; i < a.size && at >= 0 && at < static_cast<int64_t>(value->size());
       ++i, at += a.stride) {
    taken.push_back((*value)[static_cast<size_t>(at)]);
  }
  c.set_output_value(0, std::move(taken));
  return {};
}

Status StridedSliceGradShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireVector(c, 0));
  WEIR_ASSIGN_OR_RETURN(PartialShape shape, c.shape_from_input(0));
  WEIR_ASSIGN_OR_RETURN(auto slice, Resolve(c, shape, 1));
  if (slice) {
    auto same = MergeShapes(slice->result, c.input(4));
    if (!same.ok()) {
      return InvalidArgument(fmt::format("is given the gradient {}", c.Describe(4)))
          .Detail(fmt::format("that slice of {} has shape {}", shape.ToString(), slice->result.ToString()));
    }
  }
  c.set_output(0, std::move(shape));
  return {};
}

Status SliceGrad(GradContext& c) {
  Output begin = c.input(1);
  AttrMap type = {{"out_type", begin.dtype()}};
  Output whole = Make("Shape", {c.input(0)}, type), taken = Make("Shape", {c.output(0)}, type);
  Output after = Make("Sub", {Make("Sub", {whole, taken}), begin});
  c.set(0, Make("Pad", {c.grad(), Make("Pack", {begin, after}, {{"axis", 1}})}));
  return {};
}

AttrMap MaskAttrs(GradContext& c) {
  return c.attrs({"begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"});
}

Status StridedSliceGradient(GradContext& c) {
  std::vector<Output> spec = {c.input(1), c.input(2), c.input(3)};
  for (Output& o : spec) {
    if (o.dtype() == kInt16) o = Make("Cast", {o}, {{"DstT", kInt32}});  // StridedSliceGrad knows no int16
  }
  Output shape = Make("Shape", {c.input(0)}, {{"out_type", spec[0].dtype()}});
  c.set(0, Make("StridedSliceGrad", {shape, spec[0], spec[1], spec[2], c.grad()}, MaskAttrs(c)));
  return {};
}

Status StridedSliceGradGradient(GradContext& c) {
  c.set(4, Make("StridedSlice", {c.grad(), c.input(1), c.input(2), c.input(3)}, MaskAttrs(c)));
  return {};
}

}  // namespace

void RegisterArraySliceOps(OpRegistry& r) {
  r.Add("Slice")
      .Input("input: T")
      .Input("begin: Index")
      .Input("size: Index")
      .Output("output: T")
      .Attr("T: type")
      .Attr("Index: {int32, int64}")
      .Doc("The box of the input that begins at `begin` and has `size` elements along each axis; size -1 means up to "
           "the end.")
      .Shape(SliceShape)
      .NoFlops()
      .Gradient(SliceGrad);
  r.Add("StridedSlice")
      .Input("input: T")
      .Input("begin: Index")
      .Input("end: Index")
      .Input("strides: Index")
      .Output("output: T")
      .Attr("T: type")
      .Attr("Index: {int16, int32, int64}")
      .Attr("begin_mask: int = 0")
      .Attr("end_mask: int = 0")
      .Attr("ellipsis_mask: int = 0")
      .Attr("new_axis_mask: int = 0")
      .Attr("shrink_axis_mask: int = 0")
      .Doc("input[begin:end:strides, …] with NumPy's rules. Bit i of a mask: begin_mask, end_mask: entry i is open; "
           "ellipsis_mask: it is `...`; "
           "new_axis_mask: it inserts an axis of size 1; shrink_axis_mask: it is an index whose axis goes away.")
      .Shape(StridedSliceShape)
      .NoFlops()
      .Gradient(StridedSliceGradient);
  r.Add("StridedSliceGrad")
      .Input("shape: Index")
      .Input("begin: Index")
      .Input("end: Index")
      .Input("strides: Index")
      .Input("dy: T")
      .Output("output: T")
      .Attr("T: type")
      .Attr("Index: {int32, int64}")
      .Attr("begin_mask: int = 0")
      .Attr("end_mask: int = 0")
      .Attr("ellipsis_mask: int = 0")
      .Attr("new_axis_mask: int = 0")
      .Attr("shrink_axis_mask: int = 0")
      .Doc("Zeros of shape `shape` but for the elements that StridedSlice would take, which are those of dy.")
      .Shape(StridedSliceGradShape)
      .Gradient(StridedSliceGradGradient);
}

// ---- building functions

namespace ops {

namespace {
AttrMap MaskAttrs(const StridedSliceOptions& o) {
  return {{"begin_mask", o.begin_mask}, {"end_mask", o.end_mask}, {"ellipsis_mask", o.ellipsis_mask},
          {"new_axis_mask", o.new_axis_mask}, {"shrink_axis_mask", o.shrink_axis_mask}};
}
}  // namespace

Output StridedSlice(Input input, Input begin, Input end, Input strides, const StridedSliceOptions& o) {
  return Make("StridedSlice", {input, begin, end, strides}, MaskAttrs(o), {.name = o.name});
}

Output StridedSliceGrad(Input shape, Input begin, Input end, Input strides, Input dy, const StridedSliceOptions& o) {
  return Make("StridedSliceGrad", {shape, begin, end, strides, dy}, MaskAttrs(o), {.name = o.name});
}

}  // namespace ops
}  // namespace weir
