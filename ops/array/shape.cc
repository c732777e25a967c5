// Ops about shapes: those that give a tensor another shape without moving an element, and those that compute with
// shapes.
#include <fmt/format.h>

#include <algorithm>

#include "weir/graph/gradients.h"
#include "weir/ops/array/array.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

// A product of sizes, some unknown: the known factor, the symbols, how many sizes are plainly unknown.
struct Product {
  int64_t known = 1;
  std::vector<Dim> symbols;
  int unknown = 0;
  bool overflow = false;

  explicit Product(const PartialShape& s) {
    for (Dim d : s.dims()) {
      if (Known(d)) {
        overflow |= !CheckedMul(known, d, &known);
      } else if (d == kUnknownDim) {
        ++unknown;
      } else {
        symbols.push_back(d);
      }
    }
    std::sort(symbols.begin(), symbols.end());
    if (std::count(s.dims().begin(), s.dims().end(), 0) > 0) known = 0, overflow = false;
  }
};

// Drops the symbols that both have.
void Cancel(Product& a, Product& b) {
  std::vector<Dim> only_a, only_b;
  std::set_difference(a.symbols.begin(), a.symbols.end(), b.symbols.begin(), b.symbols.end(),
                      std::back_inserter(only_a));
  std::set_difference(b.symbols.begin(), b.symbols.end(), a.symbols.begin(), a.symbols.end(),
                      std::back_inserter(only_b));
  a.symbols = std::move(only_a), b.symbols = std::move(only_b);
}

Status CannotReshape(const ShapeContext& c, const PartialShape& to) {
  return InvalidArgument(fmt::format("cannot reshape {} to {}", c.Describe(0), to.ToString()));
}

// The size of the one axis of `to` that is left open, from the number of elements; kUnknownDim when that is not known.
Result<Dim> OpenAxis(const ShapeContext& c, const PartialShape& to) {
  if (!c.input(0).known_rank()) return kUnknownDim;
  Product have(c.input(0)), want(to);
  if (have.overflow || want.overflow) return kUnknownDim;
  Cancel(have, want);
  if (have.unknown || !want.symbols.empty()) return kUnknownDim;
  if (want.known == 0) {
    // TensorFlow's rule for empty tensors: as if the axes of size 0 were not there.
    int64_t rows = 1, taken = 1;
    if (!have.symbols.empty()) return kUnknownDim;
    for (Dim d : c.input(0).dims()) {
      if (d > 0 && !CheckedMul(rows, d, &rows)) return kUnknownDim;
    }
    for (Dim d : to.dims()) {
      if (d > 0 && !CheckedMul(taken, d, &taken)) return kUnknownDim;
    }
    return rows / taken;
  }
  if (have.symbols.size() == 1 && have.known == want.known) return have.symbols[0];
  if (!have.symbols.empty()) return kUnknownDim;
  if (have.known % want.known != 0) {
    return CannotReshape(c, to).Detail(
        fmt::format("{} elements cannot be cut into rows of {}", have.known, want.known));
  }
  return have.known / want.known;
}

Status ReshapeShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireVector(c, 1));
  WEIR_ASSIGN_OR_RETURN(PartialShape to, c.shape_from_input(1));
  PropagateValue(c, 0, SizeElements(c, 0));
  if (to.known_rank()) {
    int open = static_cast<int>(std::count(to.dims().begin(), to.dims().end(), kUnknownDim));
    if (open > 1 && c.constant(1)) return CannotReshape(c, to).Detail("only one axis may be left open by -1");
    if (open == 1) {
      WEIR_ASSIGN_OR_RETURN(Dim d, OpenAxis(c, to));
      for (int i = 0; i < to.rank(); ++i) to[i] = to[i] == kUnknownDim ? d : to[i];
    }
    auto have = c.input(0).num_elements(), want = to.num_elements();
    if (have && want && *have != *want) {
      return CannotReshape(c, to).Detail(fmt::format("the input has {} elements, the shape {}", *have, *want));
    }
  }
  c.set_output(0, std::move(to));
  return {};
}

Status ShapeNShape(ShapeContext& c) {
  for (int i = 0; i < c.num_outputs(); ++i) {
    const PartialShape& s = c.input(i);
    c.set_output(i, PartialShape({s.known_rank() ? Dim{s.rank()} : kUnknownDim}));
    if (s.known_rank()) c.set_output_value(i, s.dims());
    for (Dim d : s.dims()) {
      if (c.attr<DType>("out_type") == kInt32 && d > INT32_MAX) {
        return InvalidArgument(fmt::format("has an axis of {} elements, too many for out_type int32", d));
      }
    }
  }
  return {};
}

Status RankShape(ShapeContext& c) {
  c.set_output(0, PartialShape::Scalar());
  if (c.input(0).known_rank()) c.set_output_value(0, {Dim{c.input(0).rank()}});
  return {};
}

Status SizeShape(ShapeContext& c) {
  c.set_output(0, PartialShape::Scalar());
  auto n = c.input(0).num_elements();
  if (n && c.attr<DType>("out_type") == kInt32 && *n > INT32_MAX) {
    return InvalidArgument(fmt::format("counts {} elements, too many for out_type int32", *n));
  }
  Dim size = 1;
  if (n) size = *n;
  else for (Dim d : c.input(0).dims()) size = MulDims(size, d);
  if (c.input(0).known_rank()) c.set_output_value(0, {size});
  return {};
}

Status ExpandDimsShape(ShapeContext& c) {
  auto axis_elements = c.input(1).num_elements();
  if (axis_elements && *axis_elements != 1) {
    return InvalidArgument(fmt::format("wants one axis in input 'dim', not {}", c.Describe(1)));
  }
  PropagateValue(c, 0, SizeElements(c, 0));
  if (!c.input(0).known_rank()) return {};
  int rank = c.input(0).rank();
  auto axis = c.scalar(1);
  if (!axis) {
    c.set_output(0, PartialShape::UnknownOfRank(rank + 1));
    return {};
  }
  WEIR_ASSIGN_OR_RETURN(int at, AxisWithin(*axis, rank + 1));
  Dims dims = c.input(0).dims();
  dims.insert(dims.begin() + at, 1);
  c.set_output(0, PartialShape(std::move(dims)));
  return {};
}

Status EnsureShapeShape(ShapeContext& c) {
  const PartialShape want = c.attr<PartialShape>("shape");
  auto merged = MergeShapes(want, c.input(0));
  if (!merged.ok())
    return InvalidArgument(fmt::format("is given {}, which is not of shape {}", c.Describe(0), want.ToString()));
  WEIR_RETURN_IF_ERROR(AllUnchanged(c));
  c.set_output(0, *merged);
  return {};
}

Status SqueezeShape(ShapeContext& c) {
  PropagateValue(c, 0, SizeElements(c, 0));
  const PartialShape& s = c.input(0);
  if (!s.known_rank()) return {};
  std::vector<bool> drop(static_cast<size_t>(s.rank()), false);
  auto axes = c.attr<AttrList>("squeeze_dims").i;
  for (int64_t a : axes) {
    WEIR_ASSIGN_OR_RETURN(int axis, AxisWithin(a, s.rank(), "squeeze_dims"));
    if (Known(s[axis]) && s[axis] != 1) {
      return InvalidArgument(fmt::format("cannot squeeze axis {} of {}", axis, c.Describe(0)))
          .Detail(fmt::format("its size is {}, not 1", s[axis]));
    }
    drop[static_cast<size_t>(axis)] = true;
  }
  Dims dims;
  for (int i = 0; i < s.rank(); ++i) {
    if (axes.empty() && !Known(s[i])) return {};  // the rank depends on whether it is 1
    if (axes.empty() ? s[i] != 1 : !drop[static_cast<size_t>(i)]) dims.push_back(s[i]);
  }
  c.set_output(0, PartialShape(std::move(dims)));
  return {};
}

Status BroadcastArgsShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape a, c.WithRank(0, 1));
  WEIR_ASSIGN_OR_RETURN(PartialShape b, c.WithRank(1, 1));
  c.set_output(0, PartialShape({Known(a[0]) && Known(b[0]) ? std::max(a[0], b[0]) : kUnknownDim}));
  if (!c.value(0) || !c.value(1)) return {};
  WEIR_ASSIGN_OR_RETURN(PartialShape s0, c.shape_from_input(0));
  WEIR_ASSIGN_OR_RETURN(PartialShape s1, c.shape_from_input(1));
  WEIR_ASSIGN_OR_RETURN(PartialShape both, BroadcastShapes(s0, s1));
  if (both.known_rank()) c.set_output_value(0, both.dims());
  return {};
}

Status BroadcastGradientArgsShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireVector(c, 0));
  WEIR_RETURN_IF_ERROR(RequireVector(c, 1));
  c.set_output(0, PartialShape({kUnknownDim}));
  c.set_output(1, PartialShape({kUnknownDim}));
  if (!c.value(0) || !c.value(1)) return {};
  WEIR_ASSIGN_OR_RETURN(PartialShape s0, c.shape_from_input(0));
  WEIR_ASSIGN_OR_RETURN(PartialShape s1, c.shape_from_input(1));
  WEIR_ASSIGN_OR_RETURN(auto axes, RepeatedAxes(s0.dims(), s1.dims()));
  if (!axes) return {};
  for (auto [i, list] : {std::pair(0, &axes->first), std::pair(1, &axes->second)}) {
    c.set_output(i, PartialShape({static_cast<Dim>(list->size())}));
    c.set_output_value(i, *list);
  }
  return {};
}

// offset[i] is the sum of the sizes before shape i along the axis, and zero elsewhere.
Status ConcatOffsetShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 0));
  PartialShape vector({kUnknownDim});
  for (int i = 1; i < c.num_inputs(); ++i) {
    WEIR_ASSIGN_OR_RETURN(PartialShape s, c.WithRank(i, 1));
    auto merged = MergeShapes(vector, s);
    if (!merged.ok())
      return InvalidArgument("has shapes of different ranks to concatenate").Detail(merged.status().message());
    vector = *merged;
  }
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, vector);
  auto axis = c.scalar(0);
  if (!axis || !Known(vector[0]) || vector[0] > kMaxRank) return {};
  WEIR_ASSIGN_OR_RETURN(int at, AxisWithin(*axis, static_cast<int>(vector[0]), "concat_dim"));
  Dim sum = 0;
  for (int i = 0; i < c.num_outputs(); ++i) {
    Dims offset(static_cast<size_t>(vector[0]), 0);
    offset[static_cast<size_t>(at)] = sum;
    c.set_output_value(i, std::move(offset));
    auto sizes = Elements(c, i + 1);
    auto size = sizes ? (*sizes)[static_cast<size_t>(at)] : std::nullopt;
    sum = size && Known(*size) ? AddDims(sum, *size) : kUnknownDim;
  }
  return {};
}

Status InvertPermutationShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape s, c.WithRank(0, 1));
  c.set_output(0, s);
  auto perm = KnownElements(c, 0);
  if (!perm) return {};
  Dims inverse(perm->size(), kUnknownDim);
  for (size_t i = 0; i < perm->size(); ++i) {
    int64_t p = (*perm)[i];
    if (p < 0 || p >= static_cast<int64_t>(perm->size()) || inverse[static_cast<size_t>(p)] != kUnknownDim) {
      return InvalidArgument(fmt::format("is given {} at position {}, which makes no permutation", p, i));
    }
    inverse[static_cast<size_t>(p)] = static_cast<Dim>(i);
  }
  c.set_output_value(0, std::move(inverse));
  return {};
}

// The gradient in the input's shape: for all ops that only reshape.
Status ReshapeLikeInput(GradContext& c) {
  c.set(0, Make("Reshape", {c.grad(), Make("Shape", {c.input(0)})}));
  return {};
}

constexpr const char* kAboutShape = "its output depends on the input's shape only";

void AddShapeReaders(OpRegistry& r) {
  r.Add("Shape")
      .Input("input: T").Output("output: out_type").Attr("T: type").Attr("out_type: {int32, int64} = int32")
      .Doc("The sizes of the input's axes, a vector.")
      .Shape(ShapeNShape)
      .NoGradient(kAboutShape);
  r.Add("ShapeN")
      .Input("input: N * T").Output("output: N * out_type")
      .Attr("N: int >= 1").Attr("T: type").Attr("out_type: {int32, int64} = int32")
      .Doc("The shapes of N tensors, each a vector.")
      .Shape(ShapeNShape)
      .NoGradient(kAboutShape);
  r.Add("Rank")
      .Input("input: T").Output("output: int32").Attr("T: type")
      .Doc("The number of the input's axes, a scalar.")
      .Shape(RankShape)
      .NoGradient(kAboutShape);
  r.Add("Size")
      .Input("input: T").Output("output: out_type").Attr("T: type").Attr("out_type: {int32, int64} = int32")
      .Doc("The number of the input's elements, a scalar.")
      .Shape(SizeShape)
      .NoGradient(kAboutShape);
}

void AddReshapers(OpRegistry& r) {
  r.Add("Reshape")
      .Input("tensor: T").Input("shape: Tshape").Output("output: T")
      .Attr("T: type").Attr("Tshape: {int32, int64} = int32")
      .Doc("The same elements in the shape given by a vector, of which one entry may be -1: as many as are left.")
      .Shape(ReshapeShape).NoFlops()
      .Gradient(ReshapeLikeInput);
  r.Add("ExpandDims")
      .Input("input: T")
      .Input("dim: Tdim")
      .Output("output: T")
      .Attr("T: type")
      .Attr("Tdim: {int32, int64} = int32")
      .Doc("The same elements with an axis of size 1 put in before axis `dim`; negative ones count from the end of the "
           "result.")
      .Shape(ExpandDimsShape)
      .NoFlops()
      .Gradient(ReshapeLikeInput);
  r.Add("Squeeze")
      .Input("input: T")
      .Output("output: T")
      .Attr("T: type")
      .Attr("squeeze_dims: list(int) >= 0 = []")
      .Doc("The same elements without the axes `squeeze_dims`, which must have size 1; without all such axes when the "
           "list is empty.")
      .Shape(SqueezeShape)
      .NoFlops()
      .Gradient(ReshapeLikeInput);
}

void AddEnsureShape(OpRegistry& r) {
  r.Add("EnsureShape")
      .Input("input: T").Output("output: T").Attr("shape: shape").Attr("T: type")
      .Doc("The input, whose shape must be one that `shape` admits; another is an error when run.")
      .Shape(EnsureShapeShape).NoFlops()
      .Gradient([](GradContext& c) {
        c.set(0, c.raw_grad(0));
        return OkStatus();
      });
}

}  // namespace

void RegisterArrayShapeOps(OpRegistry& r) {
  AddShapeReaders(r);
  AddReshapers(r);
  AddEnsureShape(r);
  r.Add("BroadcastArgs")
      .Input("s0: T").Input("s1: T").Output("r0: T").Attr("T: {int32, int64} = int32")
      .Doc("The shape that the shapes s0 and s1 broadcast to.")
      .Shape(BroadcastArgsShape)
      .NoGradient("it computes with shapes");
  r.Add("BroadcastGradientArgs")
      .Input("s0: T")
      .Input("s1: T")
      .Output("r0: T")
      .Output("r1: T")
      .Attr("T: {int32, int64} = int32")
      .Doc("The axes along which shapes s0 (in r0) and s1 (in r1) are repeated when they broadcast: what a gradient is "
           "summed over.")
      .Shape(BroadcastGradientArgsShape)
      .NoGradient("it computes with shapes");
  r.Add("ConcatOffset")
      .Input("concat_dim: int32").Input("shape: N * shape_type").Output("offset: N * shape_type")
      .Attr("N: int >= 2").Attr("shape_type: {int32, int64} = int32")
      .Doc("Where each of N tensors of these shapes begins in their concatenation along axis `concat_dim`.")
      .Shape(ConcatOffsetShape)
      .NoGradient("it computes with shapes");
  r.Add("InvertPermutation")
      .Input("x: T").Output("y: T").Attr("T: {int32, int64} = int32")
      .Doc("The permutation that undoes x: y[x[i]] = i.")
      .Shape(InvertPermutationShape)
      .NoGradient("it computes with indices");
}

// ---- building functions

namespace ops {

OutputList ConcatOffset(Input axis, InputList shapes, const Name& name) {
  const auto count = static_cast<int64_t>(shapes.size());
  shapes.insert(shapes.begin(), std::move(axis));
  return MakeAll("ConcatOffset", std::move(shapes), {}, name, count);
}

}  // namespace ops
}  // namespace weir
