// Subscripts become one StridedSlice, as TensorFlow's Python writes it.
#include "weir/ops/array/indexing.h"

#include <algorithm>

#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"

namespace weir {

namespace {

bool FitsInt32(const Input& i) {
  auto value = i.literal().ToTensor(kInt64);
  return value.ok() && value->scalar<int64_t>() == static_cast<int32_t>(value->scalar<int64_t>());
}

// What begins, ends and steps have in common: int64 where one of them has or needs it, else int32.
DType IndexType(const std::vector<Input>& numbers) {
  bool small = std::all_of(numbers.begin(), numbers.end(),
                           [](const Input& n) { return n.is_literal() ? FitsInt32(n) : n.dtype() != kInt64; });
  return small ? kInt32 : kInt64;
}

// A vector of the numbers: a constant, or where one is an Output a Pack.
Output Numbers(Builder& b, const std::vector<Input>& numbers, DType dtype, Loc loc) {
  const Name name{"stack"};
  std::vector<Input> items;
  std::vector<int64_t> values;
  for (const Input& n : numbers) {
    items.push_back(n.is_literal() ? n : Input(ops::Cast(n, dtype), loc));
    if (n.is_literal()) values.push_back(n.literal().ToTensor(kInt64).value().scalar<int64_t>());
  }
  if (values.size() < numbers.size()) return b.Add("Pack", items, {{"T", dtype}}, name, loc);
  if (dtype == kInt64) return b.Constant(Tensor(values), name, loc);
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
  std::vector<Input> all = begin;
  all.insert(all.end(), end.begin(), end.end());
  all.insert(all.end(), step.begin(), step.end());
  auto invalid = [](const Input& n) { return !n.is_literal() && !n.output().valid(); };
  if (std::any_of(all.begin(), all.end(), invalid)) return {};
  const DType dtype = IndexType(all);
  return ops::StridedSlice(*this, Numbers(b, begin, dtype, loc), Numbers(b, end, dtype, loc),
                           Numbers(b, step, dtype, loc), masks);
}

}  // namespace weir
