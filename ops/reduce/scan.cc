// Cumsum and Cumprod: folds that keep every intermediate result, along one axis.
#include <algorithm>
#include <optional>
#include <vector>

#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"
#include "weir/ops/math/math.h"
#include "weir/ops/reduce/axes.h"

namespace weir {
namespace {

Status ScanShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(reduce::AxisOf(c).status());
  c.set_output(0, c.input(0));
  return {};
}

Status CumsumGrad(GradContext& c) {
  c.set(0, Make("Cumsum", {c.grad(), c.input(1)},
                {{"exclusive", c.attr<bool>("exclusive")}, {"reverse", !c.attr<bool>("reverse")}}));
  return {};
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
    unit_ = Make("OneHot", {Make("Squeeze", {reduce::DynamicAxes(c, rank)}), rank, 1, 0});
    length_ = Make("Sum", {Make("Mul", {Make("Shape", {c.input(0)}), unit_}), {0}});
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

// With p[j] the product of what is before x[j], the gradient is p[j] * s[j] where s[j] = g[j] + x[j+1] * s[j+1] sums
// what comes behind. Nothing is divided by, so that it is right at zeros, and its own gradient as well. When exclusive,
// x[j] has no part in result j, and g[j+1] takes the place of g[j].
Status CumprodGrad(GradContext& c) {
  const bool exclusive = c.attr<bool>("exclusive"), reverse = c.attr<bool>("reverse");
  Output x = ops::Conj(c.input(0)), g = c.grad(), axis = c.input(1), axes = Make("Reshape", {axis, {-1}});
  if (reverse) x = Make("ReverseV2", {x, axes}), g = Make("ReverseV2", {g, axes});
  const AxisShift shift(c);
  Output behind = SumOfProducts(shift, exclusive ? shift(g, 1) : g, shift(x, 1));
  Output grad = Make("Mul", {Make("Cumprod", {x, axis}, {{"exclusive", true}}), behind});
  c.set(0, reverse ? Make("ReverseV2", {grad, axes}) : grad);
  return {};
}

}  // namespace

void RegisterScanOps(OpRegistry& r) {
  auto scan = [&](const char* op, const char* doc) -> OpDef& {
    return r.Add(op)
        .Input("x: T").Input("axis: Tidx").Output("out: T")
        .Attr("exclusive: bool = false").Attr("reverse: bool = false").Attr(reduce::kNumbers).Attr(reduce::kAxisType)
        .Doc(doc)
        .Shape(ScanShape);
  };
  scan("Cumsum",
       "Running sums along an axis: [a, b, c] gives [a, a+b, a+b+c]; [0, a, a+b] when exclusive; from the end when "
       "reverse.")
      .Gradient(CumsumGrad);
  scan("Cumprod",
       "Running products along an axis: [a, b, c] gives [a, a·b, a·b·c]; [1, a, a·b] when exclusive; from the end when "
       "reverse. The "
       "gradient is right where x is 0, too.")
      .Gradient(CumprodGrad);
}

}  // namespace weir
