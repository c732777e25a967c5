// Element-wise ops of two arguments that broadcast: z = f(x, y), and AddN.
//
// Their shape functions follow sums, products and quotients of sizes, where shapes are made of them.
#include <algorithm>
#include <string>
#include <utility>

#include "weir/ops/math/math.h"
#include "weir/ops/math/schema.h"

namespace weir {
namespace math {
namespace {

Status AddNShape(ShapeContext& c) {
  if (c.input_dtype(0) == kVariant) {  // lists: what is set in any of them is set in the sum
    PartialShape items = c.handle_shape(0);
    for (int i = 1; i < c.num_inputs(); ++i) items = CommonShape(items, c.handle_shape(i));
    c.set_output_handle(0, c.handle_dtype(0), std::move(items), nullptr);
  }
  return MergedShape(c);
}

using namespace ops;  // NOLINT: gradients are written in the building functions

// ---- values of shapes

// Operations that are followed on values of shapes.
enum class Arithmetic { kNone, kAdd, kSub, kMul, kDiv, kFloorDiv, kFloorMod, kMaximum, kMinimum };

constexpr Element kUnknown;
Element Number(int64_t v) { return {true, v}; }

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

void BroadcastOfValues(ShapeContext& c, Arithmetic op) {
  if (op == Arithmetic::kNone || !IsIndex(c.input_dtype(0)) || !IsVector(c.input(0)) || !IsVector(c.input(1))) return;
  const Dims *x = c.value(0), *y = c.value(1);
  if (!x || !y || (x->size() != y->size() && x->size() != 1 && y->size() != 1)) return;
  const size_t n = x->size() == 1 ? y->size() : x->size();
  Dims result(n);
  for (size_t i = 0; i < n; ++i) result[i] = ToDim(Compute(op, At(c, 0, *x, i), At(c, 1, *y, i)), c.input_dtype(0));
  c.set_output_value(0, std::move(result));
}

// Broadcast of both inputs, and the values where both are known elements or symbols.
ShapeFn BroadcastValues(Arithmetic op) {
  return [op](ShapeContext& c) {
    WEIR_RETURN_IF_ERROR(BroadcastShape(c));
    BroadcastOfValues(c, op);
    return OkStatus();
  };
}

// ---- the ops

OpDef& Binary(OpRegistry& r, const char* name, const std::string& types, Arithmetic values = Arithmetic::kNone) {
  return r.Add(name).Input("x: T").Input("y: T").Output("z: T").Attr("T: " + types).Shape(BroadcastValues(values));
}

void RegisterSums(OpRegistry& r) {
  GradFn sum = BroadcastGrad([](Output g, Output, Output, Output) { return Pair(g, g); });
  // Why Add is not commutative: its strings are not.
  Binary(r, "Add", "{bfloat16, half, float, double, uint8, int8, int16, int32, int64, complex64, complex128, string}",
         Arithmetic::kAdd)
      .Doc("x + y. Integers wrap around, strings are concatenated.")
      .Gradient(sum);
  Binary(r, "AddV2",
         "{bfloat16, half, float, double, uint8, uint16, uint32, uint64, int8, int16, int32, int64, complex64, "
         "complex128}",
         Arithmetic::kAdd)
      .Doc("x + y; integers wrap around.")
      .Commutative()
      .Gradient(sum);
  Binary(r, "Sub",
         "{bfloat16, half, float, double, uint8, int8, uint16, int16, int32, int64, complex64, complex128, uint32, "
         "uint64}",
         Arithmetic::kSub)
      .Doc("x - y; integers wrap around.")
      .Gradient(BroadcastGrad([](Output g, Output, Output, Output) { return Pair(g, -g); }));
  r.Add("AddN")
      .Input("inputs: N * T")
      .Output("sum: T")
      .Attr("N: int >= 1")
      .Attr("T: {numbertype, variant}")
      .Doc("The sum of N tensors of one shape, added in their order (of half and bfloat16 in float, rounded once).")
      .Shape(AddNShape)
      .Gradient([](GradContext& c) {
        for (int i = 0; i < c.num_inputs(); ++i) c.set(i, c.grad());
        return OkStatus();
      });
  Binary(r, "SquaredDifference", "{bfloat16, half, float, double, int32, int64, complex64, complex128}")
      .Doc("The square of the difference, (x - y)^2, with broadcasting; of complex numbers that of its size.")
      .Commutative()
      .Gradient(BroadcastGrad([](Output g, Output x, Output y, Output) {
        if (IsComplex(g.dtype())) g = Cast(Real(g), g.dtype()), x = Conj(x), y = Conj(y);  // real, not holomorphic
        Output gx = 2.0 * g * (x - y);
        return Pair(gx, -gx);
      }));
}

// 1 where x or y is not 0, as numbers: a factor for what is linear in x and has no derivative where both are 0.
Output AnyNotZero(Output x, Output y) { return Cast(LogicalOr(NotEqual(x, 0.0), NotEqual(y, 0.0)), x.dtype()); }

void RegisterProducts(OpRegistry& r) {
  Binary(r, "Mul", kDivisible, Arithmetic::kMul)
      .Doc("x * y; integers wrap around.")
      .Commutative()
      .Gradient(BroadcastGrad([](Output g, Output x, Output y, Output) { return Pair(g * y, x * g); }));
  Binary(r, "MulNoNan", kField)
      .Doc("x * y, but 0 where y is 0, even if x is NaN or infinite.")
      .Gradient(
          BroadcastGrad([](Output g, Output x, Output y, Output) { return Pair(MulNoNan(g, y), MulNoNan(x, g)); }));
  Binary(r, "Xlogy", kFieldHalfFirst)
      .Doc("x * log(y), but 0 where x is 0. The gradient by x is log(y), but 0 where both are 0.")
      .Gradient(BroadcastGrad(
          [](Output g, Output x, Output y, Output) { return Pair(Xlogy(AnyNotZero(x, y), y) * g, Xdivy(x, y) * g); }));
  Binary(r, "Xlog1py", kFieldHalfFirst)
      .Doc("x * log(1 + y), but 0 where x is 0. The gradient by x is log(1 + y), but 0 where x and y are 0.")
      .Gradient(BroadcastGrad([](Output g, Output x, Output y, Output) {
        return Pair(Xlog1py(AnyNotZero(x, y), y) * g, Xdivy(x, 1.0 + y) * g);
      }));
  Binary(r, "Xdivy", kFieldHalfFirst)
      .Doc("x / y, but 0 where x is 0. The gradient by x is 1 / y, but 0 where both are 0.")
      .Gradient(BroadcastGrad([](Output g, Output x, Output y, Output) {
        return Pair(Xdivy(AnyNotZero(x, y), y) * g, -Xdivy(Xdivy(x, y), y) * g);
      }));
  // Why MulNoNan: 0 times the infinite power of 0 is 0 here, at any order, since what follows 0 is again multiplied by
  // it.
  Binary(r, "Pow", "{bfloat16, float, half, double, int8, int16, int32, int64, complex64, complex128}").HasPoles()
      .Doc("x to the power y. Of integers y must not be negative, and results wrap around. The gradient by y is 0 "
           "where x <= 0; of complex numbers, where x is 0.")
      .Gradient(BroadcastGrad([](Output g, Output x, Output y, Output z) {
        Output good = IsComplex(x.dtype()) ? NotEqual(x, 0.0) : Greater(x, 0.0);
        Output log_x = Where(good, Log(Where(good, x, 1.0)), 0.0);
        return Pair(MulNoNan(MulNoNan(Pow(x, y - 1.0), y), g), MulNoNan(g * z, log_x));
      }));
}

void RegisterQuotients(OpRegistry& r) {
  GradFn quotient = BroadcastGrad([](Output g, Output x, Output y, Output) {
    return Pair(RealDiv(g, y), g * RealDiv(RealDiv(-x, y), y));
  });
  Binary(r, "Div", kDivisible, Arithmetic::kDiv).HasPoles()
      .Doc("x / y; of integers rounded towards zero. Integer division by zero is an error; the least integer by -1 "
           "wraps around.")
      .Gradient(quotient);
  Binary(r, "RealDiv", kDivisible).HasPoles().Doc("x / y of floats.").Gradient(quotient);
  Binary(r, "DivNoNan", "{half, float, bfloat16, double, complex64, complex128}")
      .Doc("x / y, but 0 where y is 0.")
      .Gradient(BroadcastGrad([](Output g, Output x, Output y, Output) {
        return Pair(DivNoNan(g, y), g * DivNoNan(DivNoNan(-x, y), y));
      }));
  Binary(r, "FloorDiv", kDivisible, Arithmetic::kFloorDiv)
      .Doc("x / y rounded down. Integer division by zero is an error; the least integer by -1 wraps around.")
      .NoGradient(kStep);
  Binary(r, "TruncateDiv", kDivisible, Arithmetic::kDiv)
      .Doc("x / y rounded towards zero. Integer division by zero is an error; the least integer by -1 wraps around.")
      .NoGradient(kStep);
}

void RegisterRemainders(OpRegistry& r) {
  GradFn truncated =
      BroadcastGrad([](Output g, Output x, Output y, Output) { return Pair(g, g * -TruncateDiv(x, y)); });
  Binary(r, "Mod", "{int32, int64, half, half, bfloat16, float, double}")
      .Doc("The remainder of x / y rounded towards zero: it has x's sign. Integer division by zero is an error.")
      .Gradient(truncated);
  Binary(r, "TruncateMod", "{int32, int64, bfloat16, half, float, double}")
      .Doc("The remainder of x / y rounded towards zero: it has x's sign. Integer division by zero is an error.")
      .Gradient(truncated);
  Binary(r, "FloorMod", "{int8, int16, int32, int64, uint8, uint16, uint32, uint64, bfloat16, half, float, double}",
         Arithmetic::kFloorMod)
      .Doc("The remainder of x / y rounded down: it has y's sign. Integer division by zero is an error.")
      .Gradient(BroadcastGrad([](Output g, Output x, Output y, Output) { return Pair(g, g * -FloorDiv(x, y)); }));
}

// The gradient goes to x where `x_wins` and to y elsewhere.
Pair Choose(Output x_wins, Output g) { return {Where(x_wins, g, 0.0), Where(x_wins, 0.0, g)}; }

void RegisterExtremes(OpRegistry& r) {
  const std::string types = "{bfloat16, half, float, double, int8, uint8, int16, uint16, int32, uint32, int64, uint64}";
  Binary(r, "Maximum", types, Arithmetic::kMaximum)
      .Doc("The larger of x and y; NaN where either is. The gradient goes to x where they are equal.")
      .Gradient(BroadcastGrad([](Output g, Output x, Output y, Output) { return Choose(GreaterEqual(x, y), g); }));
  Binary(r, "Minimum", types, Arithmetic::kMinimum)
      .Doc("The smaller of x and y; NaN where either is. The gradient goes to x where they are equal.")
      .Gradient(BroadcastGrad([](Output g, Output x, Output y, Output) { return Choose(LessEqual(x, y), g); }));
  r.Add("Atan2")
      .Input("y: T")
      .Input("x: T")
      .Output("z: T")
      .Attr("T: " + kReal)
      .Doc("The angle of the point (x, y) in radians, in [-pi, pi]. The gradient is 0 at the origin, which has none.")
      .Shape(BroadcastShape)
      .Gradient(BroadcastGrad([](Output g, Output y, Output x, Output) {
        Output part = DivNoNan(g, Square(x) + Square(y));  // 0 at the origin
        return Pair(x * part, -y * part);
      }));
}

}  // namespace
}  // namespace math

void RegisterBinaryOps(OpRegistry& r) {
  math::RegisterSums(r);
  math::RegisterProducts(r);
  math::RegisterQuotients(r);
  math::RegisterRemainders(r);
  math::RegisterExtremes(r);
}

}  // namespace weir

namespace weir::ops {
namespace {

// The dtype of the first argument that has one.
DType CommonType(const Input& x, const Input& y) { return BaseType(x.builder() ? x.dtype() : y.dtype()); }

}  // namespace

Output Add(Input x, Input y, const Name& name) {
  // Why not Add for numbers: AddV2 is the one that TensorFlow may reorder and sum up in place.
  return Make(CommonType(x, y) == kString ? "Add" : "AddV2", {x, y}, {}, name);
}

Output Divide(Input x, Input y, const Name& name) {
  const DType t = CommonType(x, y);
  if (!IsInteger(t)) return Make("RealDiv", {x, y}, {}, name);
  const DType real = SizeOf(t) <= 2 ? kFloat : kDouble;
  if (x.builder()) x = Cast(x, real);
  if (y.builder()) y = Cast(y, real);
  return Make("RealDiv", {x, y}, {}, name);
}

}  // namespace weir::ops
