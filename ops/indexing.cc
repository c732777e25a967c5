// Subscripts become one StridedSlice, as TensorFlow's Python writes it.
#include "weir/ops/indexing.h"

#include "weir/ops/array_ops.h"
#include "weir/ops/math_ops.h"

namespace weir {

namespace {

// A vector of the numbers: a constant where all are known, else a Pack of the dtype of those that are Outputs.
Output Numbers(Builder& b, const std::vector<Input>& numbers, Loc loc) {
  const Name name{"stack"};
  DType dtype = DType::kInvalid;
  for (const Input& n : numbers) {
    if (n.is_literal()) continue;
    if (!n.output().valid()) return {};
    if (dtype != kInt64) dtype = n.dtype();
  }
  std::vector<Input> items;
  for (const Input& n : numbers) {
    if (n.is_literal()) {
      auto value = n.literal().ToTensor(dtype == DType::kInvalid ? kInt64 : dtype);
      items.push_back(value.ok() ? Input(*value, loc) : n);
    } else {
      items.push_back(Input(ops::Cast(n, dtype), loc));
    }
  }
  if (dtype != DType::kInvalid) return b.Add("Pack", items, {}, name, loc);
  std::vector<int64_t> values;
  bool small = true;
  for (const Input& n : items) {
    auto value = n.literal().ToTensor(kInt64);
    values.push_back(value.ok() ? value->scalar<int64_t>() : 0);
    small &= values.back() == static_cast<int32_t>(values.back());
  }
  if (!small) return b.Constant(Tensor(values), name, loc);
  return b.Constant(Tensor(std::vector<int32_t>(values.begin(), values.end())), name, loc);
}

// One past an index; the last of an axis has 0 there, which an entry that is an index does not read.
Input After(const Input& i) {
  if (!i.is_literal()) return ops::Add(i, 1);
  auto value = i.literal().ToTensor(kInt64);
  return value.ok() ? static_cast<int64_t>(static_cast<uint64_t>(value->scalar<int64_t>()) + 1) : 0;
}

}  // namespace

Output Output::operator[](std::initializer_list<Index> index) const {
  if (!valid()) return {};
  Builder& b = *Builder::Innermost(builder_);
  std::vector<Input> begin, end, step;
  ops::StridedSliceOptions masks;
  int64_t bit = 1;
  for (const Index& i : index) {
    begin.push_back(i.begin().value_or(0));
    step.push_back(i.step().value_or(1));
    if (i.kind() == Index::kNumber) {
      end.push_back(After(*i.begin()));
      masks.shrink_axis_mask |= bit;
    } else {
      end.push_back(i.end().value_or(0));
      if (i.kind() == Index::kNewAxis) masks.new_axis_mask |= bit;
      if (i.kind() == Index::kEllipsis) masks.ellipsis_mask |= bit;
      if (i.kind() == Index::kRange && !i.begin()) masks.begin_mask |= bit;
      if (i.kind() == Index::kRange && !i.end()) masks.end_mask |= bit;
    }
    bit <<= 1;
  }
  Loc loc = index.size() ? index.begin()->loc() : Loc{};
  auto at = b.At(loc);
  auto scope = b.NameScope("strided_slice");
  masks.name = b.scope();
  return ops::StridedSlice(*this, Numbers(b, begin, loc), Numbers(b, end, loc), Numbers(b, step, loc), masks);
}

}  // namespace weir
