// Gradients of reductions, scans and segment sums.
//
// A reduction's gradient first puts the reduced axes back (PutBack), so that it broadcasts against the input. With a known
// rank and constant axes that takes ExpandDims only, and unknown sizes stay the symbols they were.
#include <algorithm>

#include "weir/graph/infer.h"
#include "weir/ops/reduce/internal.h"

namespace weir {
namespace {

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
Output Flat(Output x) { return Make("Reshape", {x, {-1}}); }

// The axes as an int32 vector of axes counted from the front.
Output DynamicAxes(GradContext& c, Output rank) {
  Output axes = Flat(c.input(1));
  if (axes.dtype() != kInt32) axes = Make("Cast", {axes}, {{"DstT", kInt32}});
  return Make("FloorMod", {Make("AddV2", {axes, rank}), rank});
}

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
  Output shape = ShapeOf(c.input(0)), rank = Make("Size", {shape}), axes = DynamicAxes(c, rank);
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

// Product of all elements but each, along an axis: what is before it times what is behind it.
Output ProductOfOthers(Output x, Input axis) {
  Output before = Make("Cumprod", {x, axis}, {{"exclusive", true}});
  Output behind = Make("Cumprod", {x, axis}, {{"exclusive", true}, {"reverse", true}});
  return Make("Mul", {before, behind});
}

// The same over several axes: they are brought to the front and seen as one.
Output ProductOfOthersOverAxes(GradContext& c) {
  Output x = c.input(0), shape = ShapeOf(x), rank = Make("Rank", {x});
  Output reduced = DynamicAxes(c, rank);
  OutputList rest = MakeAll("ListDiff", {Make("Range", {0, rank, 1}), reduced});
  if (rest.empty()) return {};  // the builder holds the error
  Output perm = Make("ConcatV2", {reduced, rest[0], 0}, {{"N", 2}});
  auto size = [&](Output axes) { return Make("Prod", {Make("GatherV2", {shape, axes, 0}), {0}}); };
  Output front = Make("Transpose", {x, perm});
  Output matrix = Make("Reshape", {front, Make("Pack", {size(reduced), size(rest[0])}, {{"N", 2}})});
  Output others = Make("Reshape", {ProductOfOthers(matrix, 0), ShapeOf(front)});
  return Make("Transpose", {others, Make("InvertPermutation", {perm})});
}

// Tensors like the node's input 0 moved along the axis that its input 1 tells: y[j] = x[j + by], zeros beyond the end.
class AxisShift {
 public:
  explicit AxisShift(GradContext& c) {
    const PartialShape& x = c.input(0).shape();
    const Tensor* axis = ConstantValue(c.builder().graph(), c.input(1).endpoint());
    auto value = axis ? axis->ToInts() : std::nullopt;
    auto at = value && value->size() == 1 && x.known_rank() ? NormalizeAxis(value->front(), x.rank()) : std::nullopt;
    if (at && Known(x[*at])) {
      rank_ = x.rank(), axis_ = *at, size_ = x[*at];
      return;
    }
    Output rank = Make("Rank", {c.input(0)});
    unit_ = Make("OneHot", {Make("Squeeze", {DynamicAxes(c, rank)}), rank, 1, 0});
    length_ = Make("Sum", {Make("Mul", {ShapeOf(c.input(0)), unit_}), {0}});
  }
  std::optional<int64_t> size() const { return size_; }  // of the axis, where it is known
  Output operator()(Output x, int32_t by) const {
    if (size_) {
      std::vector<int32_t> begin(rank_, 0), size(rank_, -1), paddings(2 * rank_, 0);
      begin[axis_] = paddings[2 * axis_ + 1] = static_cast<int32_t>(std::min<int64_t>(by, *size_));
      return Make("Pad", {Make("Slice", {x, begin, size}), Tensor::Of<int32_t>({rank_, 2}, paddings)});
    }
    Output step = Make("Mul", {unit_, Make("Minimum", {length_, by})}), zeros = Make("ZerosLike", {step});
    Output rest = Make("Slice", {x, step, Make("Sub", {zeros, Make("OnesLike", {step})})});
    return Make("Pad", {rest, Make("Pack", {zeros, step}, {{"N", 2}, {"axis", 1}})});
  }

 private:
  int rank_ = 0, axis_ = 0;
  std::optional<int64_t> size_;
  Output unit_, length_;
};

// s[j] = g[j] + a[j] * s[j+1] along the axis, by doubling: after round k, s[j] sums 2^k terms and a[j] is a product of
// 2^k.
Output SumOfProducts(const AxisShift& shift, Output s, Output a) {
  constexpr int kMaxRounds = 31;  // an axis of unknown size: rounds behind its end add zeros
  for (int round = 0; round < kMaxRounds && (!shift.size() || (int64_t{1} << round) < *shift.size()); ++round) {
    const int32_t by = int32_t{1} << round;
    // Why MulNoNan: a product too large for the dtype must not meet the zeros behind the end.
    s = Make("AddV2", {s, Make("MulNoNan", {a, shift(s, by)})});
    a = Make("MulNoNan", {a, shift(a, by)});
  }
  return s;
}

}  // namespace

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

Status ProdGrad(GradContext& c) {
  auto reduced = StaticAxes(c);
  int64_t count = reduced ? std::count(reduced->begin(), reduced->end(), true) : -1;
  Output g = SpreadToInput(c, c.grad());
  if (count == 0) {  // one factor each
    c.set(0, g);
  } else if (count == 1) {
    int axis = int(std::find(reduced->begin(), reduced->end(), true) - reduced->begin());
    c.set(0, Make("Mul", {g, ProductOfOthers(c.input(0), axis)}));
  } else {
    c.set(0, Make("Mul", {g, ProductOfOthersOverAxes(c)}));
  }
  return {};
}

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
  c.set(0, Make("Mul", {Make("DivNoNan", {c.input(0), y}), g}));
  return {};
}

Status CumsumGrad(GradContext& c) {
  c.set(0, Make("Cumsum", {c.grad(), c.input(1)}, {{"exclusive", c.attr<bool>("exclusive")}, {"reverse", !c.attr<bool>("reverse")}}));
  return {};
}

// With p[j] the product of what is before x[j], the gradient is p[j] * s[j] where s[j] = g[j] + x[j+1] * s[j+1] sums
// what comes behind. Nothing is divided by, so that it is right at zeros, and its own gradient as well. When exclusive,
// x[j] has no part in result j, and g[j+1] takes the place of g[j].
Status CumprodGrad(GradContext& c) {
  const bool exclusive = c.attr<bool>("exclusive"), reverse = c.attr<bool>("reverse");
  Output x = c.input(0), g = c.grad(), axis = c.input(1), axes = Flat(axis);
  if (reverse) x = Make("ReverseV2", {x, axes}), g = Make("ReverseV2", {g, axes});
  const AxisShift shift(c);
  Output behind = SumOfProducts(shift, exclusive ? shift(g, 1) : g, shift(x, 1));
  Output grad = Make("Mul", {Make("Cumprod", {x, axis}, {{"exclusive", true}}), behind});
  c.set(0, reverse ? Make("ReverseV2", {grad, axes}) : grad);
  return {};
}

Status SegmentSumGrad(GradContext& c) {
  c.set(0, Make("GatherV2", {c.grad(), c.input(1), 0}));
  return {};
}

Output SegmentRows(GradContext& c) {
  Output ids = c.input(1);
  Output zeros = Make("ZerosLike", {ids});
  Output rows = Make("GatherV2", {c.grad(), Make("Maximum", {ids, zeros}), 0});
  Output counted = Make("GreaterEqual", {ids, zeros});
  const PartialShape &r = rows.shape(), &i = ids.shape();
  if (r.known_rank() && i.known_rank()) {
    for (int axis = i.rank(); axis < r.rank(); ++axis) counted = Make("ExpandDims", {counted, -1});
  } else {
    Output more = Make("Sub", {Make("Rank", {rows}), Make("Rank", {ids})});
    Output ones = Make("Fill", {Make("ExpandDims", {more, 0}), 1});
    counted = Make("Reshape", {counted, Make("ConcatV2", {ShapeOf(ids), ones, 0}, {{"N", 2}})});
  }
  return Make("SelectV2", {counted, rows, Make("ZerosLike", {rows})});
}

Status UnsortedSegmentSumGrad(GradContext& c) {
  c.set(0, SegmentRows(c));
  return {};
}

}  // namespace weir
