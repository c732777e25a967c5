// Sums, means and scaled sums of the rows that indices name, by segment; and what their gradients are made of.
#include <fmt/format.h>

#include <string>

#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"
#include "weir/ops/math/math.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/ops/shape_helpers.h"

namespace weir {
namespace {

// ---- shapes

// Inputs 1 and 2, indices and segment ids, are vectors of one length.
Status CheckIndices(const ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape indices, c.WithRank(1, 1));
  WEIR_ASSIGN_OR_RETURN(PartialShape ids, c.WithRank(2, 1));
  if (MergeDims(indices[0], ids[0]).ok()) return {};
  return InvalidArgument(
      fmt::format("needs as many indices as segment ids, not {} and {}", c.Describe(1), c.Describe(2)));
}

// So many rows of what input 0 has rows of.
Status SetRows(ShapeContext& c, Dim rows) {
  WEIR_ASSIGN_OR_RETURN(PartialShape data, c.WithRankAtLeast(0, 1));
  if (!data.known_rank()) return UnknownShape(c);
  c.set_output(0, Concatenate(PartialShape({rows}), Subshape(data, 1, data.rank())));
  return {};
}

// The size that scalar input i is, if that is known.
Result<Dim> SizeInput(const ShapeContext& c, int i) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, i));
  if (auto n = KnownElements(c, i)) {
    if ((*n)[0] < 0) return InvalidArgument(fmt::format("has {} = {}", c.InputName(i), (*n)[0]));
    return (*n)[0];
  }
  const Dims* v = c.value(i);
  return v && v->size() == 1 ? (*v)[0] : kUnknownDim;  // a symbol
}

Status SparseSegmentShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(CheckIndices(c));
  Dim rows = kUnknownDim;
  if (auto ids = KnownElements(c, 2)) {
    int64_t last = ids->empty() ? -1 : ids->back();
    if (!CheckedAdd(last, 1, &rows) || rows < 0) return InvalidArgument(fmt::format("has the segment id {}", last));
  }
  return SetRows(c, rows);
}

Status SparseSegmentCountedShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(CheckIndices(c));
  WEIR_ASSIGN_OR_RETURN(Dim rows, SizeInput(c, 3));
  return SetRows(c, rows);
}

Status SparseSegmentGradV2Shape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(CheckIndices(c));
  WEIR_RETURN_IF_ERROR(SizeInput(c, 3).status());
  c.set_output(1, PartialShape::UnknownOfRank(1));
  return SetRows(c, kUnknownDim);
}

// ---- gradients

Output FirstSize(const Output& x) {
  return Make("StridedSlice", {Make("Shape", {x}), {0}, {1}, {1}}, {{"shrink_axis_mask", int64_t{1}}});
}

GradFn SegmentGrad(const std::string& kind) {
  return [kind](GradContext& c) -> Status {
    const std::string op = "SparseSegment" + kind + "Grad";
    const std::vector<Input> inputs = {c.grad(), c.input(1), c.input(2), FirstSize(c.input(0))};
    if (!c.attr<bool>("sparse_gradient")) {
      c.set(0, Make(op, inputs));
      return {};
    }
    std::vector<Output> slices = MakeAll(op + "V2", inputs);
    if (slices.size() != 2) return {};  // the builder holds the error
    c.set(0, IndexedSlices{slices[0], slices[1], Make("Shape", {c.input(0)})});
    return {};
  };
}

// Of …Grad and …GradV2 by the gradient that they are given: the sums again, but by ids in any order.
GradFn SegmentGradGrad(const std::string& kind, bool unique) {
  return [kind, unique](GradContext& c) -> Status {
    Output places = c.input(1), ids = c.input(2), rows = FirstSize(c.input(0)), g = c.grad();
    if (unique) {  // output row k is that of index unique[k]
      Output numbers = Make("Range", {0, FirstSize(c.output(1)), 1});
      places = Make("GatherV2", {Make("UnsortedSegmentSum", {numbers, c.output(1), c.input(3)}), places, 0});
    }
    Output sums = Make("UnsortedSegmentSum", {Make("GatherV2", {g, places, 0}), ids, rows});
    if (kind != "Sum") {
      Output counts = Make("UnsortedSegmentSum", {ops::Cast(Make("OnesLike", {ids}), g.dtype()), ids, rows});
      if (kind == "SqrtN") counts = ops::Sqrt(counts);
      Output ones = Make("Fill", {Make("ExpandDims", {Make("Sub", {Make("Rank", {g}), 1}), 0}), 1});
      Output column = Make("ConcatV2", {Make("ExpandDims", {rows, 0}), ones, 0}, {{"N", 2}});
      sums = ops::DivNoNan(sums, Make("Reshape", {counts, column}));
    }
    c.set(0, sums);
    return {};
  };
}

// ---- definitions

struct Kind {
  std::string name, what;
};

void AddForward(OpRegistry& r, const Kind& k, bool counted) {
  OpDef& op = r.Add("SparseSegment" + k.name + (counted ? "WithNumSegments" : ""));
  op.Input("data: T").Input("indices: Tidx").Input("segment_ids: Tsegmentids");
  if (counted) op.Input("num_segments: Tnumsegments");
  op.Output("output: T");
  op.Attr(k.name == "Sum" ? "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, "
                            "uint64}"
                          : "T: {bfloat16, half, float, double}");
  op.Attr("Tidx: {int32, int64} = int32");
  if (counted) op.Attr("Tnumsegments: {int32, int64} = int32");
  op.Attr("Tsegmentids: {int32, int64} = int32").Attr("sparse_gradient: bool = false");
  op.Doc("Row i is the " + k.what + " of the rows data[indices[j]] with segment_ids[j] = i, or 0 where there are none. "
         "Ids do not decrease; " +
         (counted ? "ids from num_segments, the number of output rows, on are an error."
                  : "there are as many output rows as the last id plus one."));
  op.Shape(counted ? SparseSegmentCountedShape : SparseSegmentShape).Gradient(SegmentGrad(k.name));
}

void AddGrad(OpRegistry& r, const Kind& k, bool unique) {
  const std::string of = "SparseSegment" + k.name;
  OpDef& op = r.Add(of + "Grad" + (unique ? "V2" : ""));
  op.Input("grad: T").Input("indices: Tidx").Input("segment_ids: Tsegmentids");
  op.Input(unique ? "dense_output_dim0: int32" : "output_dim0: int32").Output("output: T");
  if (unique) op.Output("sorted_unique_indices: Tidx");
  op.Attr("T: {bfloat16, half, float, double}").Attr("Tidx: {int32, int64} = int32");
  op.Attr("Tsegmentids: {int32, int64} = int32");
  if (unique) {
    op.Doc("The gradient of " + of + " by its data: the rows that any index names, and their numbers in "
           "increasing order, each below dense_output_dim0.");
    op.Shape(SparseSegmentGradV2Shape);
  } else {
    op.Doc("The gradient of " + of + " by its data, which has output_dim0 rows: for each index the row of `grad` that "
           "its segment id names is added, divided as " + of + " divides.");
    op.Shape(SparseSegmentCountedShape);
  }
  op.Gradient(SegmentGradGrad(k.name, unique));
}

}  // namespace

void RegisterSparseSegmentOps(OpRegistry& r) {
  for (const Kind& k : {Kind{"Sum", "sum"}, Kind{"Mean", "mean"},
                        Kind{"SqrtN", "sum, divided by the root of their number,"}}) {
    for (bool variant : {false, true}) {
      AddForward(r, k, variant);
      AddGrad(r, k, variant);
    }
  }
}

// ---- building functions

namespace ops {
namespace {

Output SparseSegment(const std::string& op, std::vector<Input> inputs, const SparseSegmentOptions& o) {
  if (o.num_segments) inputs.push_back(*o.num_segments);
  return Make(op + (o.num_segments ? "WithNumSegments" : ""), std::move(inputs),
              {{"sparse_gradient", o.sparse_gradient}}, {.name = o.name});
}

}  // namespace

Output SparseSegmentSum(Input data, Input indices, Input segment_ids, const SparseSegmentOptions& o) {
  return SparseSegment("SparseSegmentSum", {data, indices, segment_ids}, o);
}

Output SparseSegmentMean(Input data, Input indices, Input segment_ids, const SparseSegmentOptions& o) {
  return SparseSegment("SparseSegmentMean", {data, indices, segment_ids}, o);
}

Output SparseSegmentSqrtN(Input data, Input indices, Input segment_ids, const SparseSegmentOptions& o) {
  return SparseSegment("SparseSegmentSqrtN", {data, indices, segment_ids}, o);
}

}  // namespace ops
}  // namespace weir
