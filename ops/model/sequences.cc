#include "weir/ops/model/sequences.h"

#include "weir/ops/array/array.h"
#include "weir/ops/list/list.h"
#include "weir/ops/math/math.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

// Tensors along whose first axis a loop goes: as lists of their parts.
struct Parts {
  Outputs tensors, lists;
  Output count;

  static Parts Of(Builder& b, const InputList& elems) {
    Parts p;
    for (const Input& in : elems) {
      Output x = AsOutput(b, in, DType::kInvalid);
      if (!x.valid()) return p;
      p.lists.push_back(ops::TensorListFromTensor(x));
      p.tensors.push_back(std::move(x));
    }
    if (!p.tensors.empty()) p.count = ops::ShapeOf(p.tensors[0])[0];
    return p;
  }
  bool valid() const { return count.valid(); }
  Outputs At(const Output& index) const {
    Outputs parts;
    for (size_t i = 0; i < lists.size(); ++i) {
      Output part = ops::TensorListGetItem(lists[i], index, tensors[i].dtype());
      parts.push_back(part);
    }
    return parts;
  }
};

InputList Joined(std::initializer_list<Outputs> some) {
  InputList all;
  for (const Outputs& outputs : some) {
    for (const Output& o : outputs) all.push_back(o);
  }
  return all;
}

Outputs Slice(const Outputs& outputs, size_t begin, size_t count) {
  Outputs part;
  for (size_t i = begin; i < begin + count; ++i) part.push_back(outputs[i]);
  return part;
}

// The loop of scans and folds: {accumulated, a list of each if `keep`}.
Outputs Fold(Builder& b, const FoldFn& fn, const Parts& parts, const FoldOptions& o, bool keep, const char* name) {
  Outputs start;
  Output first = b.Constant(Tensor(0));
  if (o.initializer.empty()) {
    start = parts.At(o.reverse ? parts.count - 1 : first);
    first = b.Constant(Tensor(1));
  } else {
    for (const Input& in : o.initializer) start.push_back(AsOutput(b, in, DType::kInvalid));
  }
  const size_t n = start.size();
  Outputs lists;
  for (const Output& x : start) {
    if (!keep || !x.valid()) continue;
    Output list = ops::EmptyTensorList(b, x.dtype());
    lists.push_back(o.initializer.empty() ? ops::TensorListPushBack(list, x) : list);
  }
  auto more = [&](const Outputs& v) { return ops::Less(v[0], parts.count); };
  auto step = [&](const Outputs& v) {
    Output index = o.reverse ? parts.count - 1 - v[0] : v[0];
    Outputs accumulated = fn(Slice(v, 1, n), parts.At(index)), next{v[0] + 1};
    if (accumulated.size() != n) return accumulated;  // which WhileLoop refuses
    for (const Output& x : accumulated) next.push_back(x);
    for (size_t i = 0; i < lists.size(); ++i) next.push_back(ops::TensorListPushBack(v[1 + n + i], accumulated[i]));
    return next;
  };
  return Slice(WhileLoop(b, more, step, Joined({{first}, start, lists}), {.name = o.name.empty() ? name : o.name}), 1,
               n + lists.size());
}

}  // namespace

Outputs MapFn(const BodyFn& fn, const InputList& elems, const MapOptions& o) {
  Builder* b = BuilderOf(elems);
  const size_t n = o.dtypes.empty() ? elems.size() : o.dtypes.size();
  if (!b) return Outputs(n);
  const Parts parts = Parts::Of(*b, elems);
  if (!parts.valid()) return Outputs(n);
  std::vector<DType> dtypes = o.dtypes;
  for (size_t i = dtypes.size(); i < n; ++i) dtypes.push_back(parts.tensors[i].dtype());
  Outputs start{b->Constant(Tensor(0))};
  for (DType dtype : dtypes) start.push_back(ops::EmptyTensorList(*b, dtype));
  auto more = [&](const Outputs& v) { return ops::Less(v[0], parts.count); };
  auto step = [&](const Outputs& v) {
    Outputs results = fn(parts.At(v[0])), next{v[0] + 1};
    if (results.size() != n) return results;
    for (size_t i = 0; i < n; ++i) next.push_back(ops::TensorListPushBack(v[1 + i], results[i]));
    return next;
  };
  Outputs lists = WhileLoop(*b, more, step, Joined({start}), {.name = o.name.empty() ? "map" : o.name});
  Outputs stacked;
  for (size_t i = 0; i < n; ++i) stacked.push_back(ops::TensorListStack(lists[1 + i], dtypes[i]));
  return stacked;
}

Outputs Scan(const FoldFn& fn, const InputList& elems, const FoldOptions& o) {
  Builder* b = BuilderOf(elems);
  const size_t n = o.initializer.empty() ? elems.size() : o.initializer.size();
  if (!b) return Outputs(n);
  const Parts parts = Parts::Of(*b, elems);
  if (!parts.valid()) return Outputs(n);
  Outputs folded = Fold(*b, fn, parts, o, true, "scan"), stacked;
  for (size_t i = 0; i < n && folded.size() == 2 * n; ++i) {
    Output all = ops::TensorListStack(folded[n + i], folded[i].dtype());
    stacked.push_back(o.reverse ? Make("ReverseV2", {all, {0}}) : all);
  }
  return stacked.size() == n ? stacked : Outputs(n);
}

Outputs FoldL(const FoldFn& fn, const InputList& elems, const FoldOptions& o) {
  Builder* b = BuilderOf(elems);
  const size_t n = o.initializer.empty() ? elems.size() : o.initializer.size();
  if (!b) return Outputs(n);
  const Parts parts = Parts::Of(*b, elems);
  return parts.valid() ? Fold(*b, fn, parts, o, false, "foldl") : Outputs(n);
}

}  // namespace weir
