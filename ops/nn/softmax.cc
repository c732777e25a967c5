// Softmax and LogSoftmax: along the last axis; the building functions take any axis.
#include "weir/ops/nn/softmax.h"

#include <fmt/format.h>

#include <utility>

#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"
#include "weir/ops/call_scope.h"
#include "weir/ops/nn/nn.h"

namespace weir {
namespace nn {

Output SumLast(Output x) { return Make("Sum", {x, {-1}}, {{"keep_dims", true}}); }

Output ThroughSoftmax(Output g, Output s) {
  return Make("Mul", {Make("Sub", {g, SumLast(Make("Mul", {g, s}))}), s});
}

std::optional<int> InnerAxis(Builder* b, const Output& x, int axis, const char* op) {
  const PartialShape& s = x.shape();
  if (axis == -1 || (s.known_rank() && axis == s.rank() - 1)) return -1;
  auto a = s.known_rank() ? NormalizeAxis(axis, s.rank()) : std::nullopt;
  if (!a) {
    b->Fail(InvalidArgument(fmt::format("{} along axis {} of {}: {}", op, axis, s.ToString(),
                                        s.known_rank() ? "there is no such axis" : "the rank must be known")));
    return std::nullopt;
  }
  return *a == s.rank() - 1 ? -1 : *a;
}

Output Permute(Output x, std::vector<int32_t> perm) { return Make("Transpose", {x, std::move(perm)}); }

std::vector<int32_t> Iota(int n) {
  std::vector<int32_t> v(n);
  for (int i = 0; i < n; ++i) v[i] = i;
  return v;
}

}  // namespace nn

namespace {

constexpr char kFloats[] = "T: {half, bfloat16, float, double}";

Status SoftmaxShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape s, c.WithRankAtLeast(0, 1));
  c.set_output(0, std::move(s));
  return {};
}

Status SoftmaxGrad(GradContext& c) {
  c.set(0, nn::ThroughSoftmax(c.grad(), c.output(0)));
  return {};
}

Status LogSoftmaxGrad(GradContext& c) {
  Output g = c.grad();
  Output softmax = Make("Exp", {c.output(0)});
  c.set(0, Make("Sub", {g, Make("Mul", {nn::SumLast(g), softmax})}));
  return {};
}

}  // namespace

void RegisterSoftmaxOps(OpRegistry& r) {
  r.Add("Softmax")
      .Input("logits: T").Output("softmax: T").Attr(kFloats)
      .Doc("exp(x_i) / Σ_j exp(x_j) along the last axis, computed from x - max(x). A row with NaN or +inf, or of "
           "nothing but -inf, is NaN.")
      .Shape(SoftmaxShape)
      .Gradient(SoftmaxGrad);
  r.Add("LogSoftmax")
      .Input("logits: T").Output("logsoftmax: T").Attr(kFloats)
      .Doc("x_i - log Σ_j exp(x_j) along the last axis, computed from x - max(x): the logarithm of Softmax without its "
           "loss of digits.")
      .Shape(SoftmaxShape)
      .Gradient(LogSoftmaxGrad);
}

}  // namespace weir

namespace weir::ops {
namespace {

Output SoftmaxAlong(const char* op, Input logits, int axis, const Name& name) {
  Builder* b = logits.builder();
  if (!b) return Make(op, {logits}, {}, name);
  std::optional<int> inner = nn::InnerAxis(b, logits.output(), axis, op);
  if (!inner) return {};
  if (*inner == -1) return Make(op, {logits}, {}, name);
  CallScope call(b, logits, name.name, op);
  std::vector<int32_t> swap = nn::Iota(logits.output().shape().rank());
  std::swap(swap[*inner], swap.back());
  return nn::Permute(Make(op, {nn::Permute(logits.output(), swap)}), swap);
}

}  // namespace

Output Softmax(Input logits, int axis, const Name& name) { return SoftmaxAlong("Softmax", logits, axis, name); }
Output LogSoftmax(Input logits, int axis, const Name& name) { return SoftmaxAlong("LogSoftmax", logits, axis, name); }

}  // namespace weir::ops
