// Gradients of softmax, cross-entropies, bias, top-k and L2Loss.
#include "weir/graph/infer.h"
#include "weir/ops/math/broadcast_gradients.h"
#include "weir/ops/nn/internal.h"

namespace weir {
namespace {

Output SumLast(Output x) { return Make("Sum", {x, {-1}}, {{"keep_dims", true}}); }
Output Mul(Output a, Output b) { return Make("Mul", {a, b}); }
Output Sub(Output a, Output b) { return Make("Sub", {a, b}); }
Output ShapeOf(Output x) { return Make("Shape", {x}); }

// The gradient g of softmax(x) = s by x: (g - Σ g·s) · s.
Output ThroughSoftmax(Output g, Output s) { return Mul(Sub(g, SumLast(Mul(g, s))), s); }

// The gradient by the logits of both cross-entropies: backprop scaled by the loss's gradient, and softmax's gradient where
// backprop itself is differentiated. `logits` have backprop's shape.
Output LogitsGrad(GradContext& c, Output logits) {
  Output g = Mul(Make("ExpandDims", {c.grad(0), -1}), c.output(1));
  if (!c.has_grad(1)) return g;
  return Make("AddV2", {g, ThroughSoftmax(c.grad(1), Make("Softmax", {logits}))});
}

}  // namespace

Status SoftmaxGrad(GradContext& c) {
  c.set(0, ThroughSoftmax(c.grad(), c.output(0)));
  return {};
}

Status LogSoftmaxGrad(GradContext& c) {
  Output g = c.grad();
  c.set(0, Sub(g, Mul(SumLast(g), Make("Exp", {c.output(0)}))));
  return {};
}

Status CrossEntropyGrad(GradContext& c) {
  Output logits = c.input(0);
  // Softmax and LogSoftmax are of whole rows: a broadcast operand is spread first.
  if (!SameStaticShape(c.input(0), c.input(1))) logits = Make("BroadcastTo", {logits, ShapeOf(c.output(1))});
  Output by_logits = LogitsGrad(c, logits);
  Output by_labels = Mul(Make("ExpandDims", {c.grad(0), -1}), Make("Neg", {Make("LogSoftmax", {logits})}));
  auto [x, labels] = ReduceBroadcast(c, by_logits, by_labels);
  c.set(0, x);
  c.set(1, labels);
  return {};
}

Status SparseCrossEntropyGrad(GradContext& c) {
  c.set(0, LogitsGrad(c, c.input(0)));
  return {};
}

Status BiasAddGradFn(GradContext& c) {
  c.set(0, c.grad());
  c.set(1, Make("BiasAddGrad", {c.grad()}, c.attrs({"data_format"})));
  return {};
}

Status BiasAddV1GradFn(GradContext& c) {
  c.set(0, c.grad());
  c.set(1, Make("BiasAddGrad", {c.grad()}));
  return {};
}

// The bias's gradient, spread over all axes but the channels'.
Status BiasAddGradGrad(GradContext& c) {
  Output x = c.input(0), g = c.grad();
  if (c.attr<std::string>("data_format") == "NCHW") {
    if (x.shape().known_rank()) {
      for (int axis = 2; axis < x.shape().rank(); ++axis) g = Make("ExpandDims", {g, -1});
    } else {
      Output inner = Make("Sub", {Make("Rank", {x}), 2});
      Output ones = Make("Fill", {Make("ExpandDims", {inner, 0}), 1});
      g = Make("Reshape", {g, Make("ConcatV2", {ShapeOf(g), ones, 0}, {{"N", 2}})});
    }
  }
  c.set(0, Make("BroadcastTo", {g, ShapeOf(x)}));
  return {};
}

// The values' gradient, scattered to where they were found.
Status TopKGrad(GradContext& c) {
  Output x = c.input(0), indices = c.output(1);
  if (indices.dtype() != kInt64) indices = Make("Cast", {indices}, {{"DstT", kInt64}});
  Output shape = Make("Shape", {x}, {{"out_type", kInt64}});
  if (x.shape().rank() == 1) {
    c.set(0, Make("ScatterNd", {Make("ExpandDims", {indices, -1}), c.grad(), shape}));
    return {};
  }
  // As one row: element j of row i stands at i · columns + j.
  Output outer = Make("StridedSlice", {shape, {0}, {-1}, {1}}, {{"begin_mask", 1}});
  Output columns = Make("StridedSlice", {shape, {-1}, {0}, {1}}, {{"shrink_axis_mask", 1}});
  Output rows = Make("Prod", {outer, {0}});
  Output starts = Mul(Make("Range", {Tensor(int64_t{0}), rows, Tensor(int64_t{1})}), columns);
  Output k = Make("StridedSlice", {Make("Shape", {indices}, {{"out_type", kInt64}}), {-1}, {0}, {1}}, {{"shrink_axis_mask", 1}});
  Output matrix = Make("Reshape", {indices, Make("Pack", {rows, k}, {{"N", 2}})});
  Output flat = Make("Reshape", {Make("AddV2", {matrix, Make("ExpandDims", {starts, -1})}), {-1, 1}});
  Output size = Make("Reshape", {Make("Size", {x}, {{"out_type", kInt64}}), {1}});
  Output scattered = Make("ScatterNd", {flat, Make("Reshape", {c.grad(), {-1}}), size});
  c.set(0, Make("Reshape", {scattered, shape}));
  return {};
}

Status L2LossGrad(GradContext& c) {
  c.set(0, Mul(c.input(0), c.grad()));
  return {};
}

}  // namespace weir
