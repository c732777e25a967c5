#include "weir/ops/parse/feature_shapes.h"

#include <fmt/format.h>

namespace weir {

Status FeatureShapes::SameCount(const char* a, size_t of_a, const char* b, size_t of_b) const {
  if (of_a == of_b) return {};
  return InvalidArgument(fmt::format("has {} for {} and {} for {}", a, of_a, b, of_b))
      .Help("each key has its own dtype");
}

void FeatureShapes::Set(size_t count, const PartialShape& shape) {
  for (size_t k = 0; k < count; ++k) c_.set_output(next_++, shape);
}

Status FeatureShapes::Sparse(const char* types, const char* number, int steps) {
  const size_t n = c_.attr<AttrList>(types).type.size();
  WEIR_RETURN_IF_ERROR(SameCount(number, static_cast<size_t>(c_.attr<int64_t>(number)), types, n));
  const Dim rank = each_.known_rank() ? each_.rank() + steps + 1 : kUnknownDim;
  std::vector<Dim> counts;
  for (size_t k = 0; k < n; ++k) counts.push_back(NewSymbol());
  for (Dim count : counts) c_.set_output(next_++, PartialShape({count, rank}));
  for (Dim count : counts) c_.set_output(next_++, PartialShape({count}));
  Set(n, PartialShape({rank}));
  return {};
}

Status FeatureShapes::Dense(const char* types, const char* shapes, bool is_list) {
  const size_t n = c_.attr<AttrList>(types).type.size();
  const std::vector<PartialShape> rows = c_.attr<AttrList>(shapes).shape;
  WEIR_RETURN_IF_ERROR(SameCount(types, n, shapes, rows.size()));
  const PartialShape before = is_list ? Concatenate(each_, PartialShape({kUnknownDim})) : each_;
  for (const PartialShape& row : rows) c_.set_output(next_++, Concatenate(before, row));
  return {};
}

void FeatureShapes::Lengths(const char* types) { Set(c_.attr<AttrList>(types).type.size(), each_); }

Status FeatureShapes::Ragged(const char* types, const char* split_types, bool is_list, const PartialShape& single) {
  const size_t n = c_.attr<AttrList>(types).type.size();
  WEIR_RETURN_IF_ERROR(SameCount(types, n, split_types, c_.attr<AttrList>(split_types).type.size()));
  PartialShape splits = PartialShape::Unknown();
  if (each_.known_rank()) splits = each_.rank() == 0 ? single : PartialShape({AddDims(each_[0], 1)});
  Set(n, PartialShape({kUnknownDim}));
  Set(n, splits);
  if (is_list) Set(n, PartialShape({kUnknownDim}));
  return {};
}

Status CheckKeys(const ShapeContext& c, int i, const char* types) {
  WEIR_ASSIGN_OR_RETURN(PartialShape keys, c.WithRank(i, 1));
  const auto n = static_cast<int64_t>(c.attr<AttrList>(types).type.size());
  if (!Known(keys[0]) || keys[0] == n) return {};
  return InvalidArgument(fmt::format("has {} keys in {} for {} dtypes", keys[0], c.InputName(i), n));
}

}  // namespace weir
