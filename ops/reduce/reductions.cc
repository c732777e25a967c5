// Reductions over any set of axes: Sum, Mean, Prod, Min, Max, EuclideanNorm, All, Any.
//
// A reduction's gradient first puts the reduced axes back (PutBack), so that it broadcasts against the input. With a
// known rank and constant axes that takes ExpandDims only, and unknown sizes stay the symbols they were.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"
#include "weir/ops/call_scope.h"
#include "weir/ops/math/math.h"
#include "weir/ops/reduce/axes.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/ops/shape_helpers.h"

namespace weir {
namespace {

constexpr char kOrdered[] =
    "T: {realnumbertype, qint8, quint8, qint32, qint16, quint16}";

// ---- shapes

// A vector of sizes reduced to one size: shapes are made so (Prod of a Shape).
std::optional<Dims> ReducedValue(const ShapeContext& c) {
  std::optional<Dims> in = SizeElements(c, 0);
  if (!in) return std::nullopt;
  const std::string& op = c.def().name();
  Dim acc = op == "Prod" ? 1 : 0;
  for (size_t i = 0; i < in->size(); ++i) {
    Dim d = (*in)[i];
    if (op == "Sum") acc = AddDims(acc, d);
    else if (op == "Prod") acc = MulDims(acc, d);
    else if (!Known(d)) return Dims{kUnknownDim};
    else acc = i == 0 ? d : op == "Max" ? std::max(acc, d) : std::min(acc, d);
  }
  bool fold = op == "Sum" || op == "Prod" || ((op == "Max" || op == "Min") && !in->empty());
  return fold ? std::optional(Dims{acc}) : std::nullopt;
}

Status ReductionShape(ShapeContext& c) {
  const PartialShape& in = c.input(0);
  bool keep = c.attr<bool>("keep_dims");
  if (c.input(1).known_rank() && c.input(1).rank() > 1) {
    return InvalidArgument(fmt::format("needs its axes as a scalar or a vector, not as {}", c.Describe(1)));
  }
  auto axes = KnownElements(c, 1);
  if (!axes || !in.known_rank()) {
    bool none = axes && axes->empty();
    c.set_output(0, none                      ? in
                    : keep && in.known_rank() ? PartialShape::UnknownOfRank(in.rank())
                                              : PartialShape::Unknown());
    return {};
  }
  std::vector<bool> reduced(in.rank(), false);
  for (int64_t axis : *axes) {
    auto a = NormalizeAxis(axis, in.rank());
    if (!a) {
      return InvalidArgument(fmt::format("cannot reduce {} over axis {}", c.Describe(0), axis))
          .Detail(in.rank() == 0 ? "a scalar has no axes"
                                 : fmt::format("its axes are {} to {}", -in.rank(), in.rank() - 1));
    }
    if (reduced[*a]) return InvalidArgument(fmt::format("is told twice to reduce axis {} of {}", *a, c.Describe(0)));
    reduced[*a] = true;
  }
  Dims out;
  for (int i = 0; i < in.rank(); ++i) {
    if (!reduced[i]) out.push_back(in[i]);
    else if (keep) out.push_back(1);
  }
  c.set_output(0, PartialShape(std::move(out)));
  if (in.rank() == 1 && reduced[0]) PropagateValue(c, 0, ReducedValue(c));
  return {};
}

// ---- gradients

// Which axes the node reduces; nullopt unless the rank of its input and its axes are known.
std::optional<std::vector<bool>> StaticAxes(GradContext& c) {
  const PartialShape& x = c.input(0).shape();
  const Tensor* axes = ConstantValue(c.builder().graph(), c.input(1).endpoint());
  auto values = axes ? axes->ToInts() : std::nullopt;
  if (!values || !x.known_rank()) return std::nullopt;
  std::vector<bool> reduced(x.rank(), false);
  for (int64_t axis : *values) {
    auto a = NormalizeAxis(axis, x.rank());
    if (!a) return std::nullopt;
    reduced[*a] = true;
  }
  return reduced;
}

Output ShapeOf(Output x) { return Make("Shape", {x}); }

// `y`, of the node's output shape, with the reduced axes as ones.
Output PutBack(GradContext& c, Output y) {
  if (c.attr<bool>("keep_dims")) return y;
  if (auto reduced = StaticAxes(c)) {
    int64_t count = std::count(reduced->begin(), reduced->end(), true);
    if (count == 0) return y;
    if (count == int64_t(reduced->size())) return Make("Reshape", {y, std::vector<int32_t>(reduced->size(), 1)});
    for (size_t i = 0; i < reduced->size(); ++i) {
      if ((*reduced)[i]) y = Make("ExpandDims", {y, int(i)});
    }
    return y;
  }
  Output shape = ShapeOf(c.input(0)), rank = Make("Size", {shape}), axes = reduce::DynamicAxes(c, rank);
  Output ones = Make("Fill", {ShapeOf(axes), 1});
  Output kept = Make("DynamicStitch", {Make("Range", {0, rank, 1}), axes, shape, ones}, {{"N", 2}});
  return Make("Reshape", {y, kept});
}

Output SpreadToInput(GradContext& c, Output y) { return Make("BroadcastTo", {PutBack(c, y), ShapeOf(c.input(0))}); }

// How many elements are folded into one, an int64 scalar.
Output FoldedCount(GradContext& c) {
  if (auto reduced = StaticAxes(c)) {
    Dim count = 1;
    for (int i = 0; i < c.input(0).shape().rank(); ++i) {
      if ((*reduced)[i]) count = MulDims(count, c.input(0).shape()[i]);
    }
    if (Known(count)) return c.builder().Constant(Tensor(int64_t{count}));
  }
  auto size = [](Output t) { return Make("Size", {t}, {{"out_type", kInt64}}); };
  return Make("FloorDiv", {size(c.input(0)), Make("Maximum", {size(c.output(0)), 1})});
}

Status SumGrad(GradContext& c) {
  c.set(0, SpreadToInput(c, c.grad()));
  return {};
}

Status MeanGrad(GradContext& c) {
  Output g = SpreadToInput(c, c.grad());
  // Why by Cast: the count may be beyond the range of half, where it becomes infinity as in TensorFlow.
  c.set(0, Make("RealDiv", {g, Make("Cast", {FoldedCount(c)}, {{"DstT", g.dtype()}})}));
  return {};
}

// Product of all elements but each, along an axis: what is before it times what is behind it.
Output ProductOfOthers(Output x, Input axis) {
  Output before = Make("Cumprod", {x, axis}, {{"exclusive", true}});
  Output behind = Make("Cumprod", {x, axis}, {{"exclusive", true}, {"reverse", true}});
  return Make("Mul", {before, behind});
}

// The same over several axes: they are brought to the front and seen as one.
Output ProductOfOthersOverAxes(GradContext& c) {
  Output x = c.input(0), shape = ShapeOf(x), rank = Make("Rank", {x});
  Output reduced = reduce::DynamicAxes(c, rank);
  OutputList rest = MakeAll("ListDiff", {Make("Range", {0, rank, 1}), reduced});
  if (rest.empty()) return {};  // the builder holds the error
  Output perm = Make("ConcatV2", {reduced, rest[0], 0}, {{"N", 2}});
  auto size = [&](Output axes) { return Make("Prod", {Make("GatherV2", {shape, axes, 0}), {0}}); };
  Output front = Make("Transpose", {x, perm});
  Output matrix = Make("Reshape", {front, Make("Pack", {size(reduced), size(rest[0])}, {{"N", 2}})});
  Output others = Make("Reshape", {ProductOfOthers(matrix, 0), ShapeOf(front)});
  return Make("Transpose", {others, Make("InvertPermutation", {perm})});
}

// Products are holomorphic, so that the gradient has the conjugates of the other factors.
Status ProdGrad(GradContext& c) {
  auto reduced = StaticAxes(c);
  int64_t count = reduced ? std::count(reduced->begin(), reduced->end(), true) : -1;
  Output g = SpreadToInput(c, c.grad());
  if (count == 0) {  // one factor each
    c.set(0, g);
  } else if (count == 1) {
    int axis = int(std::find(reduced->begin(), reduced->end(), true) - reduced->begin());
    c.set(0, Make("Mul", {g, ops::Conj(ProductOfOthers(c.input(0), axis))}));
  } else {
    c.set(0, Make("Mul", {g, ops::Conj(ProductOfOthersOverAxes(c))}));
  }
  return {};
}

// Of Min and Max.
Status ExtremeGrad(GradContext& c) {
  Output y = PutBack(c, c.output(0)), g = PutBack(c, c.grad());
  Output hits = Make("Cast", {Make("Equal", {c.input(0), y})}, {{"DstT", g.dtype()}});
  Output count = Make("Sum", {hits, c.input(1)}, {{"keep_dims", true}});
  c.set(0, Make("Mul", {Make("RealDiv", {hits, count}), g}));
  return {};
}

Status EuclideanNormGrad(GradContext& c) {
  // Of zeros, where a norm has no derivative, it is 0, the mean of those from all sides.
  Output y = PutBack(c, c.output(0)), g = PutBack(c, c.grad());
  if (IsComplex(g.dtype())) g = ops::Cast(ops::Real(g), g.dtype());  // y is real
  c.set(0, Make("Mul", {Make("DivNoNan", {c.input(0), y}), g}));
  return {};
}

OpDef& AddReduction(OpRegistry& r, const char* op, const char* types, const char* doc) {
  return r.Add(op)
      .Input("input: T").Input("reduction_indices: Tidx").Output("output: T")
      .Attr("keep_dims: bool = false").Attr(types).Attr(reduce::kAxisType)
      .Doc(std::string(doc) + " The axes (a vector, or a scalar for one; negative ones count from the end, none twice) "
                              "vanish, or stay with size 1 when keep_dims is set.")
      .Shape(ReductionShape)
      .Flops([](const ShapeContext& c) { return ElementsOrOne(c.input(0)); });
}

}  // namespace

void RegisterReductionOps(OpRegistry& r) {
  AddReduction(r, "Sum", reduce::kNumbers, "The sum over some axes; 0 of nothing. Integers wrap.").Gradient(SumGrad);
  AddReduction(r, "Mean", reduce::kNumbers,
               "The mean over some axes: the sum divided by the number of elements; NaN of nothing, 0 for integers. "
               "The mean of integers is cut towards zero.")
      .Gradient(MeanGrad);
  AddReduction(r, "Prod", reduce::kNumbers, "The product over some axes; 1 of nothing. Integers wrap.")
      .Gradient(ProdGrad);
  AddReduction(r, "Min", kOrdered,
               "The smallest element over some axes; NaN where there is one; of nothing +inf, or the highest integer. "
               "Equal smallest elements share the gradient equally.")
      .Gradient(ExtremeGrad);
  AddReduction(r, "Max", kOrdered,
               "The largest element over some axes; NaN where there is one; of nothing -inf, or the lowest integer. "
               "Equal largest elements share the gradient equally.")
      .Gradient(ExtremeGrad);
  AddReduction(r, "EuclideanNorm", reduce::kNumbers,
               "The square root of the sum of squares (of complex numbers, of their absolute values) over some axes; 0 "
               "of nothing.")
      .Gradient(EuclideanNormGrad);
  for (const char* op : {"All", "Any"}) {
    bool all = std::string_view(op) == "All";
    r.Add(op)
        .Input("input: bool").Input("reduction_indices: Tidx").Output("output: bool")
        .Attr("keep_dims: bool = false").Attr(reduce::kAxisType)
        .Doc(all ? "Whether all elements over some axes are true; true of nothing. The axes vanish, or stay with size "
                   "1 when keep_dims is set."
                 : "Whether any element over some axes is true; false of nothing. The axes vanish, or stay with size 1 "
                   "when keep_dims is set.")
        .Shape(ReductionShape)
        .NoGradient("its output is bool");
  }
}

}  // namespace weir

namespace weir::ops {
namespace {

// All axes of x, as a vector.
Output AllAxes(const Input& x) {
  Builder* b = x.builder();
  if (!b) return {};
  auto guard = b->At(x.loc());
  if (x.output().shape().known_rank()) {
    std::vector<int32_t> axes;
    for (int i = 0; i < x.output().shape().rank(); ++i) axes.push_back(i);
    return b->Constant(Tensor::Vector(axes));
  }
  return Make("Range", {0, Make("Rank", {x}), 1});
}

}  // namespace

Output Reduce(std::string_view op, Input x, const Axes& axes, const ReduceOptions& o) {
  Input over = axes.value() ? *axes.value() : Input(AllAxes(x));
  return Make(op, {x, over}, {{"keep_dims", o.keepdims}}, {.name = o.name});
}

Output ReduceLogSumExp(Input x, const Axes& axes, const ReduceOptions& o) {
  if (!x.output().valid()) return {};
  Builder* b = Builder::Innermost(x.builder());
  CallScope call(b, x, o.name, "reduce_logsumexp");
  // Why not an infinite largest element: inf - inf would be NaN.
  Output largest = ReduceMax(x, axes, {.keepdims = true});
  largest =
      Make("StopGradient", {Make("SelectV2", {Make("IsFinite", {largest}), largest, Make("ZerosLike", {largest})})});
  Output sum = ReduceSum(Make("Exp", {Make("Sub", {x, largest})}), axes, {.keepdims = o.keepdims});
  if (!o.keepdims) largest = Make("Reshape", {largest, Make("Shape", {sum})});
  return Make("AddV2", {Make("Log", {sum}), largest}, {}, {.name = b->scope()});
}

}  // namespace weir::ops
