#include "weir/ops/shape_helpers.h"

#include <fmt/format.h>

namespace weir {

std::optional<SliceEntries> Elements(const ShapeContext& c, int i) {
  if (const Tensor* t = c.constant(i)) {
    auto ints = t->ToInts();
    if (!ints) return std::nullopt;
    return SliceEntries(ints->begin(), ints->end());
  }
  if (const Dims* v = c.value(i)) {
    SliceEntries entries;
    for (Dim d : *v) entries.push_back(Known(d) ? std::optional(d) : std::nullopt);
    return entries;
  }
  const PartialShape& s = c.input(i);
  auto n = s.num_elements();
  if (n && *n <= kMaxValueElements) return SliceEntries(static_cast<size_t>(*n));
  return std::nullopt;
}

std::optional<std::vector<int64_t>> KnownElements(const ShapeContext& c, int i) {
  auto entries = Elements(c, i);
  if (!entries) return std::nullopt;
  std::vector<int64_t> out;
  for (const auto& e : *entries) {
    if (!e) return std::nullopt;
    out.push_back(*e);
  }
  return out;
}

std::optional<Dims> SizeElements(const ShapeContext& c, int i) {
  const Dims* v = c.value(i);
  if (!v) return std::nullopt;
  Dims out = *v;
  if (c.constant(i)) {
    for (Dim& d : out) d = Known(d) ? d : kUnknownDim;
  }
  return out;
}

Status RequireScalar(const ShapeContext& c, int i) { return c.WithRank(i, 0).status(); }
Status RequireVector(const ShapeContext& c, int i) { return c.WithRank(i, 1).status(); }

Result<int> AxisWithin(int64_t axis, int rank, const char* what) {
  if (auto a = NormalizeAxis(axis, rank)) return *a;
  return InvalidArgument(fmt::format("has {} {} outside [{}, {})", what, axis, -rank, rank))
      .Detail(fmt::format("the tensor has rank {}", rank));
}

void PropagateValue(ShapeContext& c, int output, std::optional<Dims> value) {
  if (value) c.set_output_value(output, std::move(*value));
}

std::optional<std::vector<int64_t>> ConstantInts(const Graph& g, Endpoint e) {
  const Tensor* t = ConstantValue(g, e);
  return t ? t->ToInts() : std::nullopt;
}

std::optional<int64_t> ConstantInt(const Graph& g, Endpoint e) {
  auto ints = ConstantInts(g, e);
  return ints && ints->size() == 1 ? std::optional(ints->front()) : std::nullopt;
}

bool SameShape(const PartialShape& a, const PartialShape& b) {
  if (!a.known_rank() || a.rank() != b.rank()) return false;
  for (int i = 0; i < a.rank(); ++i) {
    if (!SameDim(a[i], b[i])) return false;
  }
  return true;
}

Output AsOutput(Builder& b, const Input& x, DType dtype) {
  if (!x.is_literal()) return b.Capture(x.output());
  auto value = x.literal().ToTensor(dtype);
  if (value.ok()) return b.Constant(*std::move(value));
  b.Fail(InvalidArgument(fmt::format("error[graph]: '{}': {}", b.scope(), value.status().message())));
  return {};
}

}  // namespace weir
