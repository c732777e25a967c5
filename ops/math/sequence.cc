// Range and LinSpace. Their sizes are values: computed as TensorFlow does, in the sequence's own dtype.
#include <fmt/format.h>

#include <cmath>
#include <string>
#include <type_traits>
#include <utility>

#include "weir/ops/math/math.h"
#include "weir/ops/math/schema.h"

namespace weir {
namespace math {
namespace {

Status NeedScalars(const ShapeContext& c) {
  for (int i = 0; i < c.num_inputs(); ++i) {
    if (c.input(i).known_rank() && c.input(i).rank() != 0) {
      return InvalidArgument(fmt::format("needs a scalar for input '{}', not {}", c.InputName(i), c.Describe(i)));
    }
  }
  return {};
}

template <class T>
std::string Text(T v) {
  if constexpr (std::is_integral_v<T>) return std::to_string(v);
  else return fmt::format("{}", static_cast<double>(v));
}

// Rounds an intermediate result to T, as TensorFlow's arithmetic on T does.
template <class T>
T Rounded(auto v) {
  if constexpr (std::is_same_v<T, double>) return v;
  else return T(static_cast<float>(v));
}

template <class T>
Result<int64_t> Steps(T start, T limit, T delta) {
  if constexpr (std::is_integral_v<T>) {
    using U = std::make_unsigned_t<T>;
    // Differences as unsigned numbers: they may not fit T.
    const U distance = delta > 0 ? U(limit) - U(start) : U(start) - U(limit);
    const U step = delta > 0 ? U(delta) : U(0) - U(delta);
    const uint64_t n = uint64_t(distance / step) + (distance % step != 0);
    if (n > uint64_t(INT64_MAX)) return ResourceExhausted(fmt::format("has {} elements, too many", n));
    return int64_t(n);
  } else {
    using F = std::conditional_t<std::is_same_v<T, double>, double, float>;
    const T difference = Rounded<T>(F(limit) - F(start));
    const double n = std::ceil(std::abs(double(Rounded<T>(F(difference) / F(delta)))));
    if (!(n < 0x1p63)) return InvalidArgument(fmt::format("has {} elements, too many", n));
    return int64_t(n);
  }
}

template <class T>
Result<int64_t> RangeSize(T start, T limit, T delta) {
  using F = std::conditional_t<std::is_integral_v<T>, T, double>;
  const F s = F(start), l = F(limit), d = F(delta);
  if (d == F(0)) return InvalidArgument("needs delta != 0");
  if (d > F(0) ? !(s <= l) : !(s >= l)) {
    return InvalidArgument(fmt::format("needs start {} limit when delta is {}, but start is {} and limit is {}",
                                       d > F(0) ? "<=" : ">=", Text(delta), Text(start), Text(limit)));
  }
  return Steps(start, limit, delta);
}

// Integers that fit kMaxValueElements: their values, to be followed.
void SetRangeValue(ShapeContext& c, int64_t start, int64_t delta, int64_t n) {
  if (n > kMaxValueElements) return;
  Dims value(n);
  for (int64_t i = 0; i < n; ++i) {
    const int64_t v = int64_t(uint64_t(start) + uint64_t(i) * uint64_t(delta));
    value[i] = v >= 0 ? v : kUnknownDim;
  }
  c.set_output_value(0, std::move(value));
}

Status IntegerRange(ShapeContext& c) {
  auto start = c.scalar(0), limit = c.scalar(1), delta = c.scalar(2);
  if (delta && *delta == 0) return InvalidArgument("needs delta != 0");
  if (start && limit && delta) {
    WEIR_ASSIGN_OR_RETURN(int64_t n, RangeSize<int64_t>(*start, *limit, *delta));
    c.set_output(0, PartialShape({n}));
    SetRangeValue(c, *start, *delta, n);
    return {};
  }
  // From 0 to an unknown size by 1: that many elements, under the same name.
  const Dims* size = c.constant(1) ? nullptr : c.value(1);
  Dim n = start && *start == 0 && delta && *delta == 1 && size && size->size() == 1 ? size->front() : kUnknownDim;
  c.set_output(0, PartialShape({n}));
  return {};
}

Status RangeShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(NeedScalars(c));
  if (IsInteger(c.input_dtype(0))) return IntegerRange(c);
  c.set_output(0, PartialShape({kUnknownDim}));
  const Tensor *start = c.constant(0), *limit = c.constant(1), *delta = c.constant(2);
  if (!start || !limit || !delta) return {};
  Result<int64_t> n = int64_t{kUnknownDim};
  DispatchType(c.input_dtype(0), FloatTypes(), [&](auto t) {
    using T = decltype(t);
    n = RangeSize<T>(start->data<T>()[0], limit->data<T>()[0], delta->data<T>()[0]);
  });
  WEIR_RETURN_IF_ERROR(n.status());
  c.set_output(0, PartialShape({*n}));
  return {};
}

Status LinSpaceShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(NeedScalars(c));
  auto num = c.scalar(2);
  if (num && *num <= 0) return InvalidArgument(fmt::format("needs num > 0, has {}", *num));
  c.set_output(0, PartialShape({num ? Dim(*num) : kUnknownDim}));
  return {};
}

}  // namespace
}  // namespace math

void RegisterRangeOps(OpRegistry& r) {
  r.Add("Range")
      .Input("start: Tidx")
      .Input("limit: Tidx")
      .Input("delta: Tidx")
      .Output("output: Tidx")
      .Attr("Tidx: {bfloat16, half, float, double, int8, int16, int32, int64, uint16, uint32, uint64} = int32")
      .SizedByFirst()
      .Doc("start, start + delta, start + 2 delta, … up to but without limit: ceil((limit - start) / delta) elements.")
      .Shape(math::RangeShape)
      .NoGradient("its size depends on its arguments");
  r.Add("LinSpace")
      .Input("start: T")
      .Input("stop: T")
      .Input("num: Tidx")
      .Output("output: T")
      .Attr("T: " + math::kReal)
      .Attr("Tidx: {int32, int64} = int32")
      .Doc("num evenly spaced values from start to stop, both included; num is at least 1.")
      .Shape(math::LinSpaceShape)
      .NoGradient("its arguments are taken as constants");
}

}  // namespace weir

namespace weir::ops {

Output Range(At g, Input start, Input limit, Input delta, const Name& name) {
  return g.builder->Add("Range", {start, limit, delta}, {}, name, g.loc);
}

Output Range(At g, Input limit, const Name& name) {
  return g.builder->Add("Range", {0, limit, 1}, {}, name, g.loc);
}

Output LinSpace(At g, Input start, Input stop, Input num, const Name& name) {
  return g.builder->Add("LinSpace", {start, stop, num}, {}, name, g.loc);
}

}  // namespace weir::ops
