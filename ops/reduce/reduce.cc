// Reductions, scans and segment sums: schemas, documentation, shapes. Gradients are in reduction_grad.cc.
#include <fmt/format.h>

#include "weir/ops/reduce/internal.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/ops/registry.h"
#include "weir/ops/shape_helpers.h"

namespace weir {
namespace {

constexpr char kNumbers[] =
    "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, "
    "complex128, half, uint32, uint64}";
constexpr char kOrdered[] =
    "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64, qint8, quint8, qint32, qint16, "
    "quint16}";
constexpr char kOrderedOrBool[] =
    "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64, qint8, quint8, qint32, qint16, "
    "quint16, bool}";
constexpr char kAxisType[] = "Tidx: {int32, int64} = int32";

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
    c.set_output(0, none ? in : keep && in.known_rank() ? PartialShape::UnknownOfRank(in.rank()) : PartialShape::Unknown());
    return {};
  }
  std::vector<bool> reduced(in.rank(), false);
  for (int64_t axis : *axes) {
    auto a = NormalizeAxis(axis, in.rank());
    if (!a) {
      return InvalidArgument(fmt::format("cannot reduce {} over axis {}", c.Describe(0), axis))
          .Detail(in.rank() == 0 ? "a scalar has no axes" : fmt::format("its axes are {} to {}", -in.rank(), in.rank() - 1));
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

// The axis in scalar input 1, when it and the rank of input 0 are known; an error when it is no axis of input 0.
Result<std::optional<int>> AxisOf(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 1));
  const PartialShape& in = c.input(0);
  if (in.known_rank() && in.rank() == 0) return InvalidArgument(fmt::format("needs an axis to work along; {} has none", c.Describe(0)));
  auto axis = KnownElements(c, 1);
  if (!axis || axis->size() != 1 || !in.known_rank()) return std::optional<int>();
  WEIR_ASSIGN_OR_RETURN(int a, AxisWithin((*axis)[0], in.rank()));
  return std::optional<int>(a);
}

Status ArgShape(ShapeContext& c) {
  const PartialShape& in = c.input(0);
  WEIR_ASSIGN_OR_RETURN(std::optional<int> axis, AxisOf(c));
  if (!axis) {
    c.set_output(0, in.known_rank() ? PartialShape::UnknownOfRank(in.rank() - 1) : PartialShape::Unknown());
    return {};
  }
  if (in[*axis] == 0) return InvalidArgument(fmt::format("cannot search {} along axis {}, which is empty", c.Describe(0), *axis));
  Dims out = in.dims();
  out.erase(out.begin() + *axis);
  c.set_output(0, PartialShape(std::move(out)));
  return {};
}

Status ScanShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(AxisOf(c).status());
  c.set_output(0, c.input(0));
  return {};
}

Status SegmentSumShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape data, c.WithRankAtLeast(0, 1));
  WEIR_ASSIGN_OR_RETURN(PartialShape ids, c.WithRank(1, 1));
  if (!data.known_rank()) return UnknownShape(c);
  if (!MergeDims(data[0], ids[0]).ok()) {
    return InvalidArgument(fmt::format("has {} ids for {} rows of data", ids[0], data[0]));
  }
  Dims out = data.dims();
  out[0] = kUnknownDim;
  if (auto known = KnownElements(c, 1)) {
    int64_t last = known->empty() ? -1 : known->back();
    if (!CheckedAdd(last, 1, &out[0]) || out[0] < 0) return InvalidArgument(fmt::format("has the segment id {}", last));
  }
  c.set_output(0, PartialShape(std::move(out)));
  return {};
}

Status UnsortedSegmentSumShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 2));
  const PartialShape &data = c.input(0), &ids = c.input(1);
  Dim count = kUnknownDim;
  if (auto n = KnownElements(c, 2)) {
    count = n->size() == 1 ? (*n)[0] : 0;
    if (count < 0) return InvalidArgument(fmt::format("is asked for {} segments", count));
  } else if (const Dims* v = c.value(2); v && v->size() == 1) {
    count = (*v)[0];  // a symbol
  }
  if (!data.known_rank() || !ids.known_rank()) return UnknownShape(c);
  bool prefix = data.rank() >= ids.rank();
  for (int i = 0; prefix && i < ids.rank(); ++i) prefix = MergeDims(data[i], ids[i]).ok();
  if (!prefix) {
    return InvalidArgument(fmt::format("has data of {}, which does not begin with the shape of segment_ids, {}", c.Describe(0), ids.ToString()));
  }
  c.set_output(0, Concatenate(PartialShape({count}), Subshape(data, ids.rank(), data.rank())));
  return {};
}

OpDef& AddReduction(OpRegistry& r, const char* op, const char* types, const char* doc) {
  return r.Add(op)
      .Input("input: T").Input("reduction_indices: Tidx").Output("output: T")
      .Attr("keep_dims: bool = false").Attr(types).Attr(kAxisType)
      .Doc(std::string(doc) + " The axes (a vector, or a scalar for one; negative ones count from the end, none twice) vanish, or stay "
           "with size 1 when keep_dims is set.")
      .Shape(ReductionShape);
}

void AddReductions(OpRegistry& r) {
  AddReduction(r, "Sum", kNumbers, "The sum over some axes; 0 of nothing. Integers wrap.").Gradient(SumGrad);
  AddReduction(r, "Mean", kNumbers,
               "The mean over some axes: the sum divided by the number of elements; NaN of nothing, 0 for integers. The mean of integers is cut "
               "towards zero.")
      .Gradient(MeanGrad);
  AddReduction(r, "Prod", kNumbers, "The product over some axes; 1 of nothing. Integers wrap.").Gradient(ProdGrad);
  AddReduction(r, "Min", kOrdered,
               "The smallest element over some axes; NaN where there is one; of nothing +inf, or the highest integer. Equal smallest elements "
               "share the gradient equally.")
      .Gradient(ExtremeGrad);
  AddReduction(r, "Max", kOrdered,
               "The largest element over some axes; NaN where there is one; of nothing -inf, or the lowest integer. Equal largest elements "
               "share the gradient equally.")
      .Gradient(ExtremeGrad);
  AddReduction(r, "EuclideanNorm", kNumbers, "The square root of the sum of squares over some axes; 0 of nothing.").Gradient(EuclideanNormGrad);
  for (const char* op : {"All", "Any"}) {
    bool all = std::string_view(op) == "All";
    r.Add(op)
        .Input("input: bool").Input("reduction_indices: Tidx").Output("output: bool")
        .Attr("keep_dims: bool = false").Attr(kAxisType)
        .Doc(all ? "Whether all elements over some axes are true; true of nothing. The axes vanish, or stay with size 1 when keep_dims is set."
                 : "Whether any element over some axes is true; false of nothing. The axes vanish, or stay with size 1 when keep_dims is set.")
        .Shape(ReductionShape)
        .NoGradient("its output is bool");
  }
}

void AddArgs(OpRegistry& r) {
  r.Add("ArgMax")
      .Input("input: T").Input("dimension: Tidx").Output("output: output_type")
      .Attr(kOrderedOrBool).Attr("Tidx: {int16, int32, int64} = int32").Attr("output_type: {int16, uint16, int32, int64} = int64")
      .Doc("Where along an axis the largest element stands; the first of equal ones. NaN is never chosen (all NaN: 0). The axis vanishes; "
           "it must not be empty.")
      .Shape(ArgShape)
      .NoGradient("its output is an index");
  r.Add("ArgMin")
      .Input("input: T").Input("dimension: Tidx").Output("output: output_type")
      .Attr(kOrderedOrBool).Attr(kAxisType).Attr("output_type: {int32, int64} = int64")
      .Doc("Where along an axis the smallest element stands; the first of equal ones. NaN is never chosen (all NaN: 0). The axis vanishes; "
           "it must not be empty.")
      .Shape(ArgShape)
      .NoGradient("its output is an index");
}

void AddScans(OpRegistry& r) {
  auto scan = [&](const char* op, const char* doc) -> OpDef& {
    return r.Add(op)
        .Input("x: T").Input("axis: Tidx").Output("out: T")
        .Attr("exclusive: bool = false").Attr("reverse: bool = false").Attr(kNumbers).Attr(kAxisType)
        .Doc(doc)
        .Shape(ScanShape);
  };
  scan("Cumsum", "Running sums along an axis: [a, b, c] gives [a, a+b, a+b+c]; [0, a, a+b] when exclusive; from the end when reverse.").Gradient(CumsumGrad);
  scan("Cumprod",
       "Running products along an axis: [a, b, c] gives [a, a·b, a·b·c]; [1, a, a·b] when exclusive; from the end when "
       "reverse. The "
       "gradient is right where x is 0, too.")
      .Gradient(CumprodGrad);
}

void AddSegments(OpRegistry& r) {
  auto sorted = [&](const char* op, const std::string& what) -> OpDef& {
    return r.Add(op)
        .Input("data: T")
        .Input("segment_ids: Tindices")
        .Output("output: T")
        .Attr(kNumbers)
        .Attr("Tindices: {int32, int64}")
        .Doc("Row i is the " + what +
             " of the rows j of data with segment_ids[j] = i. Ids are not negative and do not decrease; there are as "
             "many "
             "output rows as the last id plus one; where no id leads they are the " +
             what + " of nothing.")
        .Shape(SegmentSumShape);
  };
  auto unsorted = [&](const char* op, const std::string& what) -> OpDef& {
    return r.Add(op)
        .Input("data: T")
        .Input("segment_ids: Tindices")
        .Input("num_segments: Tnumsegments")
        .Output("output: T")
        .Attr(kNumbers)
        .Attr("Tindices: {int16, int32, int64}")
        .Attr("Tnumsegments: {int32, int64} = int32")
        .Doc("Row i of num_segments rows is the " + what +
             " of the slices of data whose id is i; segment_ids has the leading shape of data, in any "
             "order. Negative ids are dropped, ids from num_segments on are an error.")
        .Shape(UnsortedSegmentSumShape);
  };
  sorted("SegmentSum", "sum").Gradient(SegmentSumGrad);
  sorted("SegmentProd", "product").Gradient(SegmentProdGrad);
  unsorted("UnsortedSegmentSum", "sum").Gradient(UnsortedSegmentSumGrad);
  unsorted("UnsortedSegmentProd", "product").Gradient(UnsortedSegmentProdGrad);
}

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

namespace ops {

Output Reduce(std::string_view op, Input x, const Axes& axes, const ReduceOptions& o) {
  Input over = axes.value() ? *axes.value() : Input(AllAxes(x));
  return Make(op, {x, over}, {{"keep_dims", o.keepdims}}, {.name = o.name});
}

Output ReduceLogSumExp(Input x, const Axes& axes, const ReduceOptions& o) {
  if (!x.output().valid()) return {};
  Builder* b = Builder::Innermost(x.builder());
  auto at = b->At(x.loc());
  auto scope = b->NameScope(o.name.empty() ? "reduce_logsumexp" : o.name);
  // Why not an infinite largest element: inf - inf would be NaN.
  Output largest = ReduceMax(x, axes, {.keepdims = true});
  largest =
      Make("StopGradient", {Make("SelectV2", {Make("IsFinite", {largest}), largest, Make("ZerosLike", {largest})})});
  Output sum = ReduceSum(Make("Exp", {Make("Sub", {x, largest})}), axes, {.keepdims = o.keepdims});
  if (!o.keepdims) largest = Make("Reshape", {largest, Make("Shape", {sum})});
  return Make("AddV2", {Make("Log", {sum}), largest}, {}, {.name = b->scope()});
}

}  // namespace ops

void RegisterReductionOps(OpRegistry& r) {
  AddReductions(r);
  AddArgs(r);
  AddScans(r);
  AddSegments(r);
}

}  // namespace weir
