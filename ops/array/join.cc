// Ops that join tensors along an axis and cut them apart: Concat, Split, Pack, Unpack.
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/ops/array/array.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

// ---- concatenation: the values are inputs [first, first + n), the axis is input `axis_input`.

// The elements of the values one after another, when all are vectors of known length.
std::optional<Dims> JoinedElements(const ShapeContext& c, int first, int n) {
  Dims all;
  for (int i = first; i < first + n; ++i) {
    if (!IsInteger(c.input_dtype(i)) || c.input(i).rank() != 1 || !Known(c.input(i)[0]) ||
        c.input(i)[0] > kMaxValueElements)
      return std::nullopt;
    Dims part = SizeElements(c, i).value_or(Dims(static_cast<size_t>(c.input(i)[0]), kUnknownDim));
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

Status CannotConcat(const ShapeContext& c, int i, int j, std::string detail) {
  return InvalidArgument(fmt::format("cannot concatenate {} and {}", c.Describe(i), c.Describe(j)))
      .Detail(std::move(detail));
}

Status ConcatShapeOf(ShapeContext& c, int first, int n, int axis_input) {
  auto axis_elements = c.input(axis_input).num_elements();
  if (axis_elements && *axis_elements != 1)
    return InvalidArgument(fmt::format("wants one axis, not {}", c.Describe(axis_input)));
  int ranked = -1;  // an input of known rank
  for (int i = first; i < first + n; ++i) {
    const PartialShape& s = c.input(i);
    if (!s.known_rank()) continue;
    if (s.rank() == 0) return InvalidArgument("cannot concatenate scalars").Help("Pack joins scalars into a vector");
    if (ranked >= 0 && c.input(ranked).rank() != s.rank()) return CannotConcat(c, ranked, i, "their ranks differ");
    ranked = i;
  }
  if (ranked < 0) return {};
  int rank = c.input(ranked).rank();
  auto axis = c.scalar(axis_input);
  if (!axis) {
    c.set_output(0, PartialShape::UnknownOfRank(rank));
    return {};
  }
  WEIR_ASSIGN_OR_RETURN(int at, AxisWithin(*axis, rank, c.InputName(axis_input).c_str()));
  PartialShape out = PartialShape::UnknownOfRank(rank);
  Dim sum = 0;
  for (int i = first; i < first + n; ++i) {
    const PartialShape& s = c.input(i);
    sum = s.known_rank() ? AddDims(sum, s[at]) : kUnknownDim;
    for (int a = 0; a < rank && s.known_rank(); ++a) {
      if (a == at) continue;
      auto d = MergeDims(out[a], s[a]);
      if (!d.ok())
        return CannotConcat(c, first, i,
                            fmt::format("along axis {}, which is not the one joined, their sizes differ", a));
      out[a] = *d;
    }
  }
  out[at] = sum;
  c.set_output(0, std::move(out));
  if (rank == 1) PropagateValue(c, 0, JoinedElements(c, first, n));
  return {};
}

Status ConcatShape(ShapeContext& c) { return ConcatShapeOf(c, 1, c.num_inputs() - 1, 0); }
Status ConcatV2Shape(ShapeContext& c) { return ConcatShapeOf(c, 0, c.num_inputs() - 1, c.num_inputs() - 1); }

// The axis as a non-negative int32, for ConcatOffset.
Output PositiveAxis(GradContext& c, int axis_input, int any_value) {
  Output axis = c.input(axis_input);
  const PartialShape& s = c.input(any_value).shape();
  auto known = ConstantInt(c.builder().graph(), axis.endpoint());
  if (known && s.known_rank() && NormalizeAxis(*known, s.rank())) {
    return c.builder().Constant(Tensor(static_cast<int32_t>(*NormalizeAxis(*known, s.rank()))));
  }
  if (axis.dtype() != kInt32) axis = Make("Cast", {axis}, {{"DstT", kInt32}});
  return Make("FloorMod", {axis, Make("Rank", {c.input(any_value)})});
}

Status ConcatGradOf(GradContext& c, int first, int n, int axis_input) {
  if (n == 1) {
    c.set(first, c.grad());
    return {};
  }
  std::vector<Input> values;
  for (int i = first; i < first + n; ++i) values.push_back(c.input(i));
  OutputList sizes = MakeAll("ShapeN", values);
  std::vector<Input> offset_inputs = {PositiveAxis(c, axis_input, first)};
  offset_inputs.insert(offset_inputs.end(), sizes.begin(), sizes.end());
  OutputList offsets = MakeAll("ConcatOffset", offset_inputs);
  if (static_cast<int>(sizes.size()) != n || static_cast<int>(offsets.size()) != n) return c.builder().status();
  for (int i = 0; i < n; ++i) {
    c.set(first + i, Make("Slice", {c.grad(), offsets[static_cast<size_t>(i)], sizes[static_cast<size_t>(i)]}));
  }
  return {};
}

Status ConcatGrad(GradContext& c) { return ConcatGradOf(c, 1, c.num_inputs() - 1, 0); }
Status ConcatV2Grad(GradContext& c) { return ConcatGradOf(c, 0, c.num_inputs() - 1, c.num_inputs() - 1); }

// ---- splitting

// Sets output i to the value's shape with sizes[i] along axis `at`.
void SetParts(ShapeContext& c, const PartialShape& s, int at, const std::vector<Dim>& sizes) {
  for (int i = 0; i < c.num_outputs(); ++i) {
    PartialShape part = s;
    part[at] = sizes[static_cast<size_t>(i)];
    c.set_output(i, std::move(part));
  }
}

// Where the axis is not known, what is known of the parts is their rank.
Status PartsOfUnknownAxis(ShapeContext& c, const PartialShape& s) {
  if (c.num_outputs() == 1) {
    c.set_output(0, s);
    return {};
  }
  for (int i = 0; i < c.num_outputs(); ++i) {
    c.set_output(i, s.known_rank() ? PartialShape::UnknownOfRank(s.rank()) : PartialShape::Unknown());
  }
  return {};
}

Status SplitShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 0));
  WEIR_ASSIGN_OR_RETURN(PartialShape s, c.WithRankAtLeast(1, 1));
  auto axis = c.scalar(0);
  if (!axis || !s.known_rank()) return PartsOfUnknownAxis(c, s);
  WEIR_ASSIGN_OR_RETURN(int at, AxisWithin(*axis, s.rank(), "split_dim"));
  int64_t n = c.num_outputs();
  if (n < 1) return InvalidArgument("has num_split 0");
  if (Known(s[at]) && s[at] % n != 0) {
    return InvalidArgument(fmt::format("cannot split {} into {} equal parts along axis {}", c.Describe(1), n, at));
  }
  Dim part = n == 1 ? s[at] : Known(s[at]) ? s[at] / n : kUnknownDim;
  SetParts(c, s, at, std::vector<Dim>(static_cast<size_t>(n), part));
  return {};
}

Status SplitVShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 2));
  WEIR_ASSIGN_OR_RETURN(PartialShape lengths, c.WithRank(1, 1));
  size_t n = static_cast<size_t>(c.num_outputs());
  if (Known(lengths[0]) && lengths[0] != c.num_outputs()) {
    return InvalidArgument(fmt::format("is given {} sizes for its {} outputs", lengths[0], n));
  }
  WEIR_ASSIGN_OR_RETURN(PartialShape s, c.WithRankAtLeast(0, 1));
  auto axis = c.scalar(2);
  if (!axis || !s.known_rank()) return PartsOfUnknownAxis(c, s);
  WEIR_ASSIGN_OR_RETURN(int at, AxisWithin(*axis, s.rank(), "split_dim"));
  std::vector<Dim> sizes(n, kUnknownDim);
  auto known = KnownElements(c, 1);
  if (!known) {
    if (n == 1) sizes[0] = s[at];
    SetParts(c, s, at, sizes);
    return {};
  }
  int64_t sum = 0, open = -1;
  for (size_t i = 0; i < n; ++i) {
    int64_t size = (*known)[i];
    if (size < -1 || (size == -1 && open >= 0))
      return InvalidArgument(fmt::format("is given the size {} for part {}", size, i))
          .Detail("one size may be -1, all others are at least 0");
    if (size == -1) {
      open = static_cast<int64_t>(i);
    } else {
      sizes[i] = size;
      if (!CheckedAdd(sum, size, &sum)) return InvalidArgument("is given sizes whose sum overflows");
    }
  }
  if (Known(s[at])) {
    if (open < 0 ? sum != s[at] : sum > s[at]) {
      return InvalidArgument(
          fmt::format("cannot split {} along axis {} into parts of {} elements in all", c.Describe(0), at, sum));
    }
    if (open >= 0) sizes[static_cast<size_t>(open)] = s[at] - sum;
  }
  SetParts(c, s, at, sizes);
  return {};
}

std::vector<Input> AllGrads(GradContext& c) {
  std::vector<Input> grads;
  for (int i = 0; i < c.num_outputs(); ++i) grads.push_back(c.grad(i));
  return grads;
}

// The joined gradients by all parts along the axis in input `axis_input`.
Output JoinedGrads(GradContext& c, int axis_input) {
  std::vector<Input> grads = AllGrads(c);
  if (grads.size() == 1) return grads[0].output();
  grads.push_back(c.input(axis_input));
  return Make("ConcatV2", grads);
}

Status SplitGrad(GradContext& c) {
  c.set(1, JoinedGrads(c, 0));
  return {};
}

Status SplitVGrad(GradContext& c) {
  c.set(0, JoinedGrads(c, 2));
  return {};
}

// ---- stacking

Status PackShape(ShapeContext& c) {
  PartialShape all = PartialShape::Unknown();
  for (int i = 0; i < c.num_inputs(); ++i) {
    auto merged = MergeShapes(all, c.input(i));
    if (!merged.ok()) {
      return InvalidArgument(fmt::format("cannot stack {} and {}", c.Describe(0), c.Describe(i)))
          .Detail("all values have the same shape");
    }
    all = *merged;
  }
  if (!all.known_rank()) return {};
  WEIR_ASSIGN_OR_RETURN(int at, AxisWithin(c.attr<int64_t>("axis"), all.rank() + 1));
  Dims dims = all.dims();
  dims.insert(dims.begin() + at, c.num_inputs());
  if (all.rank() == 0 && IsInteger(c.input_dtype(0)) && c.num_inputs() <= kMaxValueElements) {
    Dims value;
    for (int i = 0; i < c.num_inputs(); ++i) {
      auto v = SizeElements(c, i);
      value.push_back(v && v->size() == 1 ? (*v)[0] : kUnknownDim);
    }
    c.set_output_value(0, std::move(value));
  }
  c.set_output(0, PartialShape(std::move(dims)));
  return {};
}

Status UnpackShape(ShapeContext& c) {
  if (!c.input(0).known_rank()) return {};
  const PartialShape& s = c.input(0);
  if (s.rank() == 0) return InvalidArgument("cannot unstack a scalar");
  WEIR_ASSIGN_OR_RETURN(int at, AxisWithin(c.attr<int64_t>("axis"), s.rank()));
  if (Known(s[at]) && s[at] != c.num_outputs()) {
    return InvalidArgument(
        fmt::format("cannot unstack axis {} of {} into {} tensors", at, c.Describe(0), c.num_outputs()));
  }
  auto value = s.rank() == 1 ? SizeElements(c, 0) : std::nullopt;
  Dims dims = s.dims();
  dims.erase(dims.begin() + at);
  for (int i = 0; i < c.num_outputs(); ++i) {
    c.set_output(i, PartialShape(dims));
    if (value && static_cast<size_t>(i) < value->size()) c.set_output_value(i, {(*value)[static_cast<size_t>(i)]});
  }
  return {};
}

Status PackGrad(GradContext& c) {
  auto grads = MakeAll("Unpack", {c.grad()}, {{"num", c.num_inputs()}, {"axis", c.attr<int64_t>("axis")}});
  for (size_t i = 0; i < grads.size(); ++i) c.set(static_cast<int>(i), grads[i]);
  return {};
}

Status UnpackGrad(GradContext& c) {
  if (c.num_outputs() > 0) c.set(0, Make("Pack", AllGrads(c), {{"axis", c.attr<int64_t>("axis")}}));
  return {};
}

void AddConcats(OpRegistry& r) {
  r.Add("Concat")
      .Input("concat_dim: int32").Input("values: N * T").Output("output: T").Attr("N: int >= 2").Attr("T: type")
      .Doc("Joins tensors along axis `concat_dim`; their other axes are equal. An older form of ConcatV2.")
      .Shape(ConcatShape).NoFlops()
      .Gradient(ConcatGrad);
  r.Add("ConcatV2")
      .Input("values: N * T").Input("axis: Tidx").Output("output: T")
      .Attr("N: int >= 2").Attr("T: type").Attr("Tidx: {int32, int64} = int32")
      .Doc("Joins tensors along `axis`, which may count from the end; their other axes are equal.")
      .Shape(ConcatV2Shape).NoFlops()
      .Gradient(ConcatV2Grad);
}

void AddSplits(OpRegistry& r) {
  r.Add("Split")
      .Input("split_dim: int32")
      .Input("value: T")
      .Output("output: num_split * T")
      .Attr("num_split: int >= 1")
      .Attr("T: type")
      .Doc("Cuts a tensor into `num_split` equal parts along axis `split_dim`.")
      .Shape(SplitShape)
      .NoFlops()
      .Gradient(SplitGrad);
  r.Add("SplitV")
      .Input("value: T")
      .Input("size_splits: Tlen")
      .Input("split_dim: int32")
      .Output("output: num_split * T")
      .Attr("num_split: int >= 1")
      .Attr("T: type")
      .Attr("Tlen: {int8, int32, int64} = int64")
      .Doc("Cuts a tensor along axis `split_dim` into parts of the sizes `size_splits`, of which one may be -1: what "
           "is left.")
      .Shape(SplitVShape)
      .NoFlops()
      .Gradient(SplitVGrad);
}

}  // namespace

void RegisterArrayJoinOps(OpRegistry& r) {
  AddConcats(r);
  AddSplits(r);
  r.Add("Pack")
      .Input("values: N * T").Output("output: T").Attr("N: int >= 1").Attr("T: type").Attr("axis: int = 0")
      .Doc("Stacks N tensors of one shape along a new axis `axis` of size N.")
      .Shape(PackShape).NoFlops()
      .Gradient(PackGrad);
  r.Add("Unpack")
      .Input("value: T").Output("output: num * T").Attr("num: int >= 0").Attr("T: type").Attr("axis: int = 0")
      .Doc("Cuts a tensor into the `num` slices along axis `axis`, which go without that axis.")
      .Shape(UnpackShape).NoFlops()
      .Gradient(UnpackGrad);
}

// ---- building functions

namespace ops {

namespace {
std::vector<Input> With(std::vector<Input> values, Input last) {
  values.push_back(std::move(last));
  return values;
}
}  // namespace

Output Concat(InputList values, Input axis, const Name& name) {
  const Name chosen = name.name.empty() ? Name{"concat"} : name;
  if (values.size() == 1) return Make("Identity", values, {}, chosen);  // ConcatV2 wants two
  return Make("ConcatV2", With(std::move(values), std::move(axis)), {}, chosen);
}

OutputList Split(Input value, int64_t num, Input axis, const Name& name) {
  return MakeAll("Split", {axis, value}, {{"num_split", num}}, name.name.empty() ? Name{"split"} : name, num);
}

OutputList Split(Input value, std::vector<int64_t> sizes, Input axis, const Name& name) {
  int64_t num = static_cast<int64_t>(sizes.size());
  return MakeAll("SplitV", {value, Tensor::Vector(sizes), axis}, {{"num_split", num}},
                 name.name.empty() ? Name{"split"} : name, num);
}

OutputList Unstack(Input value, std::optional<int64_t> num, int64_t axis, const Name& name) {
  if (!num) {
    const PartialShape& s = value.output().shape();
    auto at = s.known_rank() ? NormalizeAxis(axis, s.rank()) : std::nullopt;
    if (at && Known(s[*at])) num = s[*at];
  }
  if (!num) {
    if (value.builder()) {
      value.builder()->Fail(
          InvalidArgument(fmt::format("error[graph]: Unstack does not know the size of axis {} of {}", axis,
                                      value.output().shape().ToString()))
              .Detail(value.loc() ? "at " + value.loc().ToString() : "")
              .Help("give the number of slices"));
    }
    return {};
  }
  return MakeAll("Unpack", {value}, {{"num", *num}, {"axis", axis}}, name.name.empty() ? Name{"unstack"} : name, *num);
}

}  // namespace ops
}  // namespace weir
