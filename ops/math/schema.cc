// Shape functions of the element-wise ops, and what they know of values: sums, products and quotients of sizes.
//
// A value's element is a number, a symbol (an unknown size that has a name) or unknown. A negative number cannot be told
// from a symbol in OutputType::value, so a negative result becomes unknown.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "weir/ops/math/schema.h"

namespace weir::math {
namespace {

struct Element {
  bool known = false;
  int64_t number = kUnknownDim;  // when not known: the symbol, or kUnknownDim

  bool Is(int64_t v) const { return known && number == v; }
  bool SameSymbol(const Element& o) const { return !known && !o.known && SameDim(number, o.number); }
};

constexpr Element kUnknown;
Element Number(int64_t v) { return {true, v}; }

// Element i of an input; a constant's negative elements are numbers, a propagated value's are symbols.
Element At(const ShapeContext& c, int input, const Dims& value, size_t i) {
  const int64_t v = value[value.size() == 1 ? 0 : i];
  return v >= 0 || c.constant(input) ? Number(v) : Element{false, v};
}

int64_t Floor(int64_t a, int64_t b) {
  int64_t q = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

int64_t FloorMod(int64_t a, int64_t b) {
  int64_t r = a % b;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;  // of opposite signs: no overflow, which a - Floor(a, b) * b has
}

Element Numbers(Arithmetic op, int64_t a, int64_t b) {
  int64_t r = 0;
  const bool divides = b != 0 && b != -1;
  switch (op) {
    case Arithmetic::kAdd: return CheckedAdd(a, b, &r) ? Number(r) : kUnknown;
    case Arithmetic::kSub: return !__builtin_sub_overflow(a, b, &r) ? Number(r) : kUnknown;
    case Arithmetic::kMul: return CheckedMul(a, b, &r) ? Number(r) : kUnknown;
    case Arithmetic::kDiv: return divides ? Number(a / b) : kUnknown;
    case Arithmetic::kFloorDiv: return divides ? Number(Floor(a, b)) : kUnknown;
    case Arithmetic::kFloorMod: return divides ? Number(FloorMod(a, b)) : kUnknown;
    case Arithmetic::kMaximum: return Number(std::max(a, b));
    case Arithmetic::kMinimum: return Number(std::min(a, b));
    case Arithmetic::kNone: break;
  }
  return kUnknown;
}

// Sizes are not negative, which is all that is known of a symbol.
Element Compute(Arithmetic op, const Element& a, const Element& b) {
  if (a.known && b.known) return Numbers(op, a.number, b.number);
  switch (op) {
    case Arithmetic::kAdd: return b.Is(0) ? a : a.Is(0) ? b : kUnknown;
    case Arithmetic::kSub: return b.Is(0) ? a : a.SameSymbol(b) ? Number(0) : kUnknown;
    case Arithmetic::kMul: return a.Is(0) || b.Is(0) ? Number(0) : b.Is(1) ? a : a.Is(1) ? b : kUnknown;
    case Arithmetic::kDiv:
    case Arithmetic::kFloorDiv: return b.Is(1) ? a : kUnknown;
    case Arithmetic::kFloorMod: return b.Is(1) ? Number(0) : kUnknown;
    case Arithmetic::kMaximum: return a.SameSymbol(b) || b.Is(0) ? a : a.Is(0) ? b : kUnknown;
    case Arithmetic::kMinimum: return a.SameSymbol(b) ? a : b.Is(0) || a.Is(0) ? Number(0) : kUnknown;
    case Arithmetic::kNone: break;
  }
  return kUnknown;
}

// As an element of OutputType::value of an int32 or int64 tensor.
Dim ToDim(const Element& e, DType dtype) {
  if (!e.known) return e.number;
  if (e.number < 0 || (dtype == kInt32 && e.number > std::numeric_limits<int32_t>::max())) return kUnknownDim;
  return e.number;
}

bool IsIndex(DType t) { return t == kInt32 || t == kInt64; }
bool IsVector(const PartialShape& s) { return s.known_rank() && s.rank() <= 1; }

void BroadcastOfValues(ShapeContext& c, Arithmetic op) {
  if (op == Arithmetic::kNone || !IsIndex(c.input_dtype(0)) || !IsVector(c.input(0)) || !IsVector(c.input(1))) return;
  const Dims *x = c.value(0), *y = c.value(1);
  if (!x || !y || (x->size() != y->size() && x->size() != 1 && y->size() != 1)) return;
  const size_t n = x->size() == 1 ? y->size() : x->size();
  Dims result(n);
  for (size_t i = 0; i < n; ++i) result[i] = ToDim(Compute(op, At(c, 0, *x, i), At(c, 1, *y, i)), c.input_dtype(0));
  c.set_output_value(0, std::move(result));
}

}  // namespace

ShapeFn BroadcastValues(Arithmetic op) {
  return [op](ShapeContext& c) {
    WEIR_RETURN_IF_ERROR(BroadcastShape(c));
    BroadcastOfValues(c, op);
    return OkStatus();
  };
}

Status EqualShape(ShapeContext& c) {
  if (c.attr<bool>("incompatible_shape_error")) return BroadcastShape(c);
  auto shape = BroadcastShapes(c.input(0), c.input(1));
  if (!shape.ok()) {
    c.set_output(0, PartialShape::Scalar());
  } else {
    c.set_output(0, c.input(0).fully_known() && c.input(1).fully_known() ? *shape : PartialShape::Unknown());
  }
  return {};
}

Status SelectShape(ShapeContext& c) {
  auto merged = MergeShapes(c.input(1), c.input(2));
  if (!merged.ok()) {
    return InvalidArgument(fmt::format("needs 't' and 'e' of one shape, not {} and {}", c.Describe(1), c.Describe(2)));
  }
  PartialShape out = *merged;
  const PartialShape& condition = c.input(0);
  c.set_output(0, out);
  if (!condition.known_rank() || condition.rank() == 0) return {};
  auto mismatch = [&] {
    return InvalidArgument(fmt::format("cannot choose from {} by a condition {}", c.Describe(1), c.Describe(0)))
        .Help("the condition is a scalar, or has the tensors' shape, or is a vector of as many elements as they have rows");
  };
  if (!out.known_rank()) {
    if (condition.rank() > 1) c.set_output(0, condition);
    return {};
  }
  if (condition.rank() == 1) {
    if (out.rank() == 0) return mismatch();
    auto rows = MergeDims(condition[0], out[0]);
    if (!rows.ok()) return mismatch();
    out[0] = *rows;
  } else {
    auto both = MergeShapes(condition, out);
    if (!both.ok()) return mismatch();
    out = *both;
  }
  c.set_output(0, out);
  return {};
}

Status SelectV2Shape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape values, BroadcastShapes(c.input(1), c.input(2)));
  WEIR_ASSIGN_OR_RETURN(PartialShape out, BroadcastShapes(c.input(0), values));
  c.set_output(0, out);
  const Dims *t = c.value(1), *e = c.value(2);
  if (!t || !e || t->size() != e->size() || !IsIndex(c.input_dtype(1)) || !IsVector(c.input(1)) || !IsVector(c.input(2))) return {};
  auto condition = c.input(0).known_rank() && c.input(0).rank() == 0 ? c.scalar(0) : std::nullopt;
  if (!c.input(0).known_rank() || c.input(0).rank() > 0) return {};
  Dims result(t->size());
  for (size_t i = 0; i < result.size(); ++i) {
    const Dim a = ToDim(At(c, 1, *t, i), c.input_dtype(1)), b = ToDim(At(c, 2, *e, i), c.input_dtype(1));
    result[i] = condition ? (*condition ? a : b) : SameDim(a, b) ? a : kUnknownDim;
  }
  c.set_output_value(0, std::move(result));
  return {};
}

Status ClipShape(ShapeContext& c) {
  PartialShape out = c.input(0);
  for (int i : {1, 2}) {
    if (!c.input(i).known_rank() || c.input(i).rank() == 0) continue;
    auto merged = MergeShapes(out, c.input(i));
    if (!merged.ok()) {
      return InvalidArgument(fmt::format("needs limits that are scalars or have the input's shape: input is {}, '{}' is {}", c.Describe(0), c.InputName(i), c.Describe(i)));
    }
    out = *merged;
  }
  c.set_output(0, out);
  return {};
}

Status CastShape(ShapeContext& c) {
  c.set_output(0, c.input(0));
  const DType to = c.attr<DType>("DstT");
  const Dims* value = c.value(0);
  if (!value || !IsIndex(to) || !(IsIndex(c.input_dtype(0)) || c.input_dtype(0) == kBool)) return {};
  Dims result(value->size());
  for (size_t i = 0; i < result.size(); ++i) result[i] = ToDim(At(c, 0, *value, i), to);
  c.set_output_value(0, std::move(result));
  return {};
}

Status SameCountShape(ShapeContext& c) {
  auto m = c.input(0).num_elements(), n = c.input(1).num_elements();
  if (m && n && *m != *n) {
    return InvalidArgument(fmt::format("needs two inputs of as many elements, not {} and {}", c.Describe(0), c.Describe(1)));
  }
  c.set_output(0, c.input(0));
  return {};
}

}  // namespace weir::math
