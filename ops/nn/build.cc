// Building functions of the softmax family that make several nodes: other axes than the last, other ranks than two.
#include <fmt/format.h>

#include "weir/ops/nn/internal.h"
#include "weir/ops/nn/nn.h"

namespace weir {

bool AreSwapped(const Input& labels, const Input& logits, const char* function) {
  if (labels.is_literal() || logits.is_literal() || !labels.output().valid() || !logits.output().valid()) return false;
  DType l = BaseType(labels.output().dtype()), x = BaseType(logits.output().dtype());
  if (!IsInteger(x) || !IsFloating(l)) return false;
  Status s = InvalidArgument(fmt::format("error[dtype]: {} has logits '{}' of {} and labels '{}' of {}: they are swapped", function, logits.output().name(),
                                         DTypeName(x), labels.output().name(), DTypeName(l)));
  if (logits.loc()) s = std::move(s).Detail("called at " + logits.loc().ToString());
  logits.builder()->Fail(std::move(s).Help(fmt::format("labels come first: {}(labels, logits)", function)));
  return true;
}

}  // namespace weir

namespace weir::ops {
namespace {

// Several nodes on behalf of one call, under the scope `name`, with the caller's line.
struct Call {
  Call(Builder* b, const Input& at, const Name& name, const char* op)
      : loc(b->At(at.loc())), scope(b->NameScope(name.name.empty() ? op : name.name)) {}
  Builder::Guard loc, scope;
};

// `axis` counted from the front, or -1 when it is the last. Fails for an axis that is none, or that an unknown rank hides.
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

Output SoftmaxAlong(const char* op, Input logits, int axis, const Name& name) {
  Builder* b = logits.builder();
  if (!b) return Make(op, {logits}, {}, name);
  std::optional<int> inner = InnerAxis(b, logits.output(), axis, op);
  if (!inner) return {};
  if (*inner == -1) return Make(op, {logits}, {}, name);
  Call call(b, logits, name, op);
  std::vector<int32_t> swap = Iota(logits.output().shape().rank());
  std::swap(swap[*inner], swap.back());
  return Permute(Make(op, {Permute(logits.output(), swap)}), swap);
}

// Axis `inner` moved behind all others.
Output MoveToEnd(Output x, int inner) {
  std::vector<int32_t> perm = Iota(x.shape().rank());
  perm.erase(perm.begin() + inner);
  perm.push_back(inner);
  return Permute(x, perm);
}

// A matrix of the rows along the last axis.
Output AsRows(Output x) {
  if (x.shape().rank() == 2) return x;
  Output shape = Make("Shape", {x});
  Output last = Make("StridedSlice", {shape, {-1}, {0}, {1}}, {{"end_mask", 1}});
  Output rows = Make("Prod", {Make("StridedSlice", {shape, {0}, {-1}, {1}}, {{"begin_mask", 1}}), {0}}, {{"keep_dims", true}});
  return Make("Reshape", {x, Make("ConcatV2", {rows, last, 0}, {{"N", 2}})});
}

}  // namespace

Output Softmax(Input logits, int axis, const Name& name) { return SoftmaxAlong("Softmax", logits, axis, name); }
Output LogSoftmax(Input logits, int axis, const Name& name) { return SoftmaxAlong("LogSoftmax", logits, axis, name); }

Output SoftmaxCrossEntropyWithLogits(Input labels, Input logits, int axis, const Name& name) {
  constexpr char kOp[] = "SoftmaxCrossEntropyWithLogits";
  if (AreSwapped(labels, logits, kOp)) return {};
  Builder* b = BuilderOf({logits, labels});
  bool plain = !b || !logits.builder() || !labels.builder() || (logits.output().shape().rank() == 2 && (axis == -1 || axis == 1));
  if (plain) return Make(kOp, {logits, labels}, {}, name);
  std::optional<int> inner = InnerAxis(b, logits.output(), axis, kOp);
  if (!inner) return {};
  Call call(b, logits, name, "softmax_cross_entropy_with_logits");
  Output x = logits.output(), y = labels.output();
  if (*inner != -1) {
    if (y.shape().rank() != x.shape().rank()) {
      b->Fail(InvalidArgument(fmt::format("{} has logits {} but labels {}", kOp, x.shape().ToString(), y.shape().ToString())));
      return {};
    }
    x = MoveToEnd(x, *inner), y = MoveToEnd(y, *inner);
  }
  Output loss = Make(kOp, {AsRows(x), AsRows(y)});
  if (x.shape().rank() == 2) return loss;
  return Make("Reshape", {loss, Make("StridedSlice", {Make("Shape", {x}), {0}, {-1}, {1}}, {{"begin_mask", 1}})});
}

Output SparseSoftmaxCrossEntropyWithLogits(Input labels, Input logits, const Name& name) {
  constexpr char kOp[] = "SparseSoftmaxCrossEntropyWithLogits";
  if (AreSwapped(labels, logits, kOp)) return {};
  Builder* b = logits.builder();
  if (!b || !labels.builder() || logits.output().shape().rank() == 2) return Make(kOp, {logits, labels}, {}, name);
  Call call(b, logits, name, kOp);
  Output y = labels.output();
  Output loss = Make(kOp, {AsRows(logits.output()), Make("Reshape", {y, {-1}})});
  return Make("Reshape", {loss, Make("Shape", {y})});
}

TopKResult TopK(Input input, Input k, const TopKOptions& o) {
  OutputList r = MakeAll("TopKV2", {input, k}, {{"sorted", o.sorted}, {"index_type", o.index_type}}, {.name = o.name});
  return r.size() == 2 ? TopKResult{r[0], r[1]} : TopKResult{};
}

}  // namespace weir::ops
