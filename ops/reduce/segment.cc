// Sums, products, means and extremes of the rows that have one segment id.
//
// The gradient of a product: what comes to a row's segment times the product of the segment's other rows, which is
// that of the rows before it times that of the rows behind it. Nothing is divided by, so that zeros are like other
// numbers.
//
// Rows are brought in the order of their ids. Then products within segments are found by doubling: after round k a row
// has the product of up to 2^k rows of its segment.
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"
#include "weir/ops/math/math.h"
#include "weir/ops/position_shapes.h"
#include "weir/ops/reduce/axes.h"
#include "weir/ops/shape_helpers.h"

namespace weir {
namespace {

// ---- shapes

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

// ---- gradients of sums

Status SegmentSumGrad(GradContext& c) {
  c.set(0, Make("GatherV2", {c.grad(), c.input(1), 0}));
  return {};
}

// For each row of the data that of its segment, of what has a row for each segment; zeros for dropped rows.
Output SegmentRows(GradContext& c, const Output& segments) {
  Output ids = c.input(1);
  Output zeros = Make("ZerosLike", {ids});
  Output rows = Make("GatherV2", {segments, Make("Maximum", {ids, zeros}), 0});
  Output counted = Make("GreaterEqual", {ids, zeros});
  const PartialShape &r = rows.shape(), &i = ids.shape();
  if (r.known_rank() && i.known_rank()) {
    for (int axis = i.rank(); axis < r.rank(); ++axis) counted = Make("ExpandDims", {counted, -1});
  } else {
    Output more = Make("Sub", {Make("Rank", {rows}), Make("Rank", {ids})});
    Output ones = Make("Fill", {Make("ExpandDims", {more, 0}), 1});
    counted = Make("Reshape", {counted, Make("ConcatV2", {Make("Shape", {ids}), ones, 0}, {{"N", 2}})});
  }
  return Make("SelectV2", {counted, rows, Make("ZerosLike", {rows})});
}

Status UnsortedSegmentSumGrad(GradContext& c) {
  c.set(0, SegmentRows(c, c.grad()));
  return {};
}

// ---- gradients of means and extremes

Status SegmentMeanGrad(GradContext& c) {
  Output ids = c.input(1), data = c.input(0), grad = c.grad();
  Output more = Make("ExpandDims", {Make("Sub", {Make("Rank", {data}), 1}), 0});
  Output shape = Make("ConcatV2", {Make("Shape", {ids}), Make("Fill", {more, 1}), 0}, {{"N", 2}});
  Output ones = ops::Cast(Make("Fill", {shape, 1}), grad.dtype());
  Output shares = Make("DivNoNan", {grad, Make("SegmentSum", {ones, ids})});
  c.set(0, Make("GatherV2", {shares, ids, 0}));
  return {};
}

// Shared among all rows that have their segment's extreme.
template <class RowsOfSegments, class SumsOfRows>
Status ExtremeGrad(GradContext& c, RowsOfSegments&& rows, SumsOfRows&& sums) {
  Output grad = c.grad(), data = c.input(0);
  Output chosen = Make("Equal", {data, rows(c.output(0))});
  Output shares = Make("DivNoNan", {grad, sums(ops::Cast(chosen, grad.dtype()))});
  c.set(0, Make("SelectV2", {chosen, rows(shares), Make("ZerosLike", {data})}));
  return {};
}

Status SegmentExtremeGrad(GradContext& c) {
  Output ids = c.input(1);
  return ExtremeGrad(
      c, [&](const Output& x) { return Make("GatherV2", {x, ids, 0}); },
      [&](const Output& x) { return Make("SegmentSum", {x, ids}); });
}

// Why nothing is said of dropped rows: their share is zero.
Status UnsortedSegmentExtremeGrad(GradContext& c) {
  return ExtremeGrad(
      c, [&](const Output& x) { return SegmentRows(c, x); },
      [&](const Output& x) { return Make("UnsortedSegmentSum", {x, c.input(1), c.input(2)}); });
}

// ---- gradients of products

// The rows of the data as a matrix, and their ids as a column; sizes where they are known.
struct Rows {
  Output data, ids;
  Dim count = kUnknownDim;
};

// Row j is row j - by; zeros in front.
Output Behind(const Output& x, int32_t by) {
  Output count = Make("StridedSlice", {Make("Shape", {x}), {0}, {1}, {1}});
  Output step = Make("Minimum", {count, {by}});
  Output rest = Make("Slice", {x, {0, 0}, Make("ConcatV2", {Make("Sub", {count, step}), {-1}, 0}, {{"N", 2}})});
  Output front = Make("Pack", {Make("ConcatV2", {step, {0}, 0}, {{"N", 2}}), {0, 0}}, {{"N", 2}});
  return Make("Pad", {rest, front});
}

// For each row the product of the rows before it that have its id. Ids are not 0 where that matters.
Output ProductsBefore(const Rows& r) {
  constexpr int kMaxRounds = 31;
  Output ones = Make("OnesLike", {r.data}), products = r.data;
  auto within = [&](const Output& x, int32_t by) {
    return Make("SelectV2", {Make("Equal", {r.ids, Behind(r.ids, by)}), Behind(x, by), ones});
  };
  for (int round = 0; round < kMaxRounds && (!Known(r.count) || (int64_t{1} << round) < r.count); ++round) {
    products = Make("Mul", {products, within(products, int32_t{1} << round)});
  }
  return within(products, 1);
}

Output ProductsOfOthers(const Rows& r) {
  auto reversed = [](const Output& x) { return Make("ReverseV2", {x, {0}}); };
  return Make("Mul", {ProductsBefore(r), reversed(ProductsBefore({reversed(r.data), reversed(r.ids), r.count}))});
}

Rows RowsOf(GradContext& c) {
  Output ids = Make("Reshape", {Make("Cast", {c.input(1)}, {{"DstT", kInt64}}), {-1, 1}});
  Output rows = Make("Size", {c.input(1)}), data = c.input(0);
  Output rest = Make("Slice", {Make("Shape", {data}), Make("Reshape", {Make("Rank", {c.input(1)}), {1}}), {-1}});
  Rows r;
  r.data = Make("Reshape", {data, Make("Pack", {rows, Make("Prod", {rest, {0}})}, {{"N", 2}})});
  // From 1 on, so that rows and the zeros in front of them differ; dropped rows may be like these.
  r.ids = Make("AddV2", {ids, int64_t{1}});
  const PartialShape& shape = c.input(1).shape();
  if (auto known = shape.ToShape()) r.count = known->num_elements();
  return r;
}

void SetProduct(GradContext& c, const Output& others, const Output& rows) {
  c.set(0, Make("Mul", {rows, ops::Conj(Make("Reshape", {others, Make("Shape", {c.input(0)})}))}));
}

Status SegmentProdGrad(GradContext& c) {
  SetProduct(c, ProductsOfOthers(RowsOf(c)), Make("GatherV2", {c.grad(), c.input(1), 0}));
  return {};
}

Status UnsortedSegmentProdGrad(GradContext& c) {
  Rows r = RowsOf(c);
  Output keys = Make("Neg", {Make("Reshape", {r.ids, {-1}})});
  std::vector<Output> order = MakeAll("TopKV2", {keys, Make("Size", {keys})});
  if (order.size() != 2) return {};  // the builder holds the error
  auto permuted = [](const Output& x, const Output& to) { return Make("GatherV2", {x, to, 0}); };
  Output others = ProductsOfOthers({permuted(r.data, order[1]), permuted(r.ids, order[1]), r.count});
  SetProduct(c, permuted(others, Make("InvertPermutation", {order[1]})), SegmentRows(c, c.grad()));
  return {};
}

}  // namespace

void RegisterSegmentOps(OpRegistry& r) {
  const std::string numbers = reduce::kNumbers;
  const std::string reals =
      "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}";
  auto sorted = [&](const char* op, const std::string& types, const std::string& what, const char* nothing) -> OpDef& {
    return r.Add(op)
        .Input("data: T").Input("segment_ids: Tindices").Output("output: T")
        .Attr(types).Attr("Tindices: {int32, int64}")
        .Doc("Row i is the " + what + " of the rows j of data with segment_ids[j] = i. Ids are not negative and do "
             "not decrease; there are as many output rows as the last id plus one; where no id leads they are " +
             nothing + ".")
        .Shape(SegmentSumShape);
  };
  auto counted = [&](const char* op, const std::string& types, const std::string& ids) -> OpDef& {
    return r.Add(op)
        .Input("data: T").Input("segment_ids: Tindices").Input("num_segments: Tnumsegments").Output("output: T")
        .Attr(types).Attr("Tindices: " + ids).Attr("Tnumsegments: {int32, int64} = int32")
        .Shape(UnsortedSegmentShape);
  };
  struct Kind {
    std::string name, what;
    bool extreme;
    const char *nothing, *identity;  // where no id leads: of sorted ids, of those that num_segments counts
    GradFn gradient, unsorted_gradient;
  };
  for (const Kind& k : {Kind{"Sum", "sum", false, "0", "0", SegmentSumGrad, UnsortedSegmentSumGrad},
                        Kind{"Prod", "product", false, "1", "1", SegmentProdGrad, UnsortedSegmentProdGrad},
                        Kind{"Max", "largest", true, "0", "the least number of the dtype", SegmentExtremeGrad,
                             UnsortedSegmentExtremeGrad},
                        Kind{"Min", "least", true, "0", "the largest number of the dtype", SegmentExtremeGrad,
                             UnsortedSegmentExtremeGrad}}) {
    const std::string& types = k.extreme ? reals : numbers;
    const std::string rows = "Row i of num_segments rows is the " + k.what + " of the slices of data whose id is i; ";
    const std::string none = std::string("; where no id leads it is ") + k.identity + ".";
    sorted(("Segment" + k.name).c_str(), types, k.what, k.nothing).Gradient(k.gradient);
    counted(("UnsortedSegment" + k.name).c_str(), types, "{int16, int32, int64}")
        .Doc(rows + "segment_ids has the leading shape of data, in any order. Negative ids are dropped, ids from "
             "num_segments on are an error" + none)
        .Gradient(k.unsorted_gradient);
    counted(("Segment" + k.name + "V2").c_str(), types, "{int32, int64}")
        .Doc(rows + "the ids of data's rows are not negative and do not decrease; ids from num_segments on are an "
             "error" + none)
        .Gradient(k.unsorted_gradient);
  }
  sorted("SegmentMean", numbers, "mean", "0").Gradient(SegmentMeanGrad);
}

}  // namespace weir
