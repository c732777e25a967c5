// The building functions of array ops that are more than a line.
#include <fmt/format.h>

#include "weir/ops/array/array.h"

namespace weir::ops {

Output Constant(At g, Literal value, DType dtype, const Name& name) {
  auto tensor = value.ToTensor(dtype);
  if (!tensor.ok()) {
    g.builder->Fail(InvalidArgument("error[graph]: a constant " + tensor.status().message()).Detail(g.loc ? "at " + g.loc.ToString() : ""));
    return {};
  }
  return g.builder->Constant(*std::move(tensor), {.name = name.name.empty() ? "Const" : name.name}, g.loc);
}

namespace {
Output Filled(At g, Input shape, DType dtype, int value, const Name& name, const char* default_name) {
  return g.builder->Add("Fill", {shape, value}, {{"T", dtype}}, {.name = name.name.empty() ? default_name : name.name}, g.loc);
}

std::vector<Input> With(std::vector<Input> values, Input last) {
  values.push_back(std::move(last));
  return values;
}
}  // namespace

Output Zeros(At g, Input shape, DType dtype, const Name& name) { return Filled(g, std::move(shape), dtype, 0, name, "zeros"); }
Output Ones(At g, Input shape, DType dtype, const Name& name) { return Filled(g, std::move(shape), dtype, 1, name, "ones"); }

OutputList ConcatOffset(Input axis, InputList shapes, const Name& name) {
  const auto count = static_cast<int64_t>(shapes.size());
  shapes.insert(shapes.begin(), std::move(axis));
  return MakeAll("ConcatOffset", std::move(shapes), {}, name, count);
}

Output Concat(InputList values, Input axis, const Name& name) {
  if (values.size() == 1) return Make("Identity", values, {}, name.name.empty() ? Name{"concat"} : name);  // ConcatV2 wants two
  return Make("ConcatV2", With(std::move(values), std::move(axis)), {}, name.name.empty() ? Name{"concat"} : name);
}

OutputList Split(Input value, int64_t num, Input axis, const Name& name) {
  return MakeAll("Split", {axis, value}, {{"num_split", num}}, name.name.empty() ? Name{"split"} : name, num);
}

OutputList Split(Input value, std::vector<int64_t> sizes, Input axis, const Name& name) {
  int64_t num = static_cast<int64_t>(sizes.size());
  return MakeAll("SplitV", {value, Tensor::Vector(sizes), axis}, {{"num_split", num}}, name.name.empty() ? Name{"split"} : name, num);
}

OutputList Unstack(Input value, std::optional<int64_t> num, int64_t axis, const Name& name) {
  if (!num) {
    const PartialShape& s = value.output().shape();
    auto at = s.known_rank() ? NormalizeAxis(axis, s.rank()) : std::nullopt;
    if (at && Known(s[*at])) num = s[*at];
  }
  if (!num) {
    if (value.builder()) {
      value.builder()->Fail(InvalidArgument(fmt::format("error[graph]: Unstack does not know the size of axis {} of {}", axis, value.output().shape().ToString()))
                                .Detail(value.loc() ? "at " + value.loc().ToString() : "")
                                .Help("give the number of slices"));
    }
    return {};
  }
  return MakeAll("Unpack", {value}, {{"num", *num}, {"axis", axis}}, name.name.empty() ? Name{"unstack"} : name, *num);
}

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

Output Transpose(Input a) {
  const PartialShape& s = a.output().shape();
  if (s.known_rank()) {
    std::vector<int32_t> perm;
    for (int i = s.rank(); i-- > 0;) perm.push_back(i);
    return Make("Transpose", {a, perm}, {}, {.name = "transpose"});
  }
  Output rank = Make("Rank", {a});
  return Make("Transpose", {a, Make("Sub", {Make("Sub", {rank, 1}), Make("Range", {0, rank, 1})})}, {}, {.name = "transpose"});
}

Output OneHot(Input indices, Input depth, const OneHotOptions& o) {
  AttrMap attrs = {{"axis", o.axis}};
  bool literals = o.on_value.is_literal() && o.off_value.is_literal();
  if (literals) attrs.emplace("T", o.dtype == DType::kInvalid ? kFloat : o.dtype);
  return Make("OneHot", {indices, depth, o.on_value, o.off_value}, attrs, o.name.empty() ? Name{"one_hot"} : Name(o.name));
}

}  // namespace weir::ops
