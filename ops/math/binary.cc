// Element-wise ops of two arguments that broadcast: z = f(x, y), and AddN.
#include "weir/ops/math/math.h"
#include "weir/ops/math/schema.h"

namespace weir::math {
namespace {

using namespace ops;  // NOLINT: gradients are written in the building functions

OpDef& Binary(OpRegistry& r, const char* name, const std::string& types, Arithmetic values = Arithmetic::kNone) {
  return r.Add(name).Input("x: T").Input("y: T").Output("z: T").Attr("T: " + types).Shape(BroadcastValues(values));
}

using Pair = std::pair<Output, Output>;
constexpr char kStep[] = "it is constant between steps, so that its derivative is zero wherever there is one";

void RegisterSums(OpRegistry& r) {
  GradFn sum = BroadcastGrad([](Output g, Output, Output, Output) { return Pair(g, g); });
  // Why Add is not commutative: its strings are not.
  Binary(r, "Add", "{bfloat16, half, float, double, uint8, int8, int16, int32, int64, complex64, complex128, string}", Arithmetic::kAdd)
      .Doc("x + y. Integers wrap around, strings are concatenated.")
      .Gradient(sum);
  Binary(r, "AddV2", "{bfloat16, half, float, double, uint8, uint16, uint32, uint64, int8, int16, int32, int64, complex64, complex128}",
         Arithmetic::kAdd)
      .Doc("x + y; integers wrap around.")
      .Commutative()
      .Gradient(sum);
  Binary(r, "Sub", "{bfloat16, half, float, double, uint8, int8, uint16, int16, int32, int64, complex64, complex128, uint32, uint64}",
         Arithmetic::kSub)
      .Doc("x - y; integers wrap around.")
      .Gradient(BroadcastGrad([](Output g, Output, Output, Output) { return Pair(g, -g); }));
  r.Add("AddN")
      .Input("inputs: N * T")
      .Output("sum: T")
      .Attr("N: int >= 1")
      .Attr("T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, "
            "complex128, half, uint32, uint64, variant}")
      .Doc("The sum of N tensors of one shape, added in their order (of half and bfloat16 in float, rounded once).")
      .Shape(MergedShape)
      .Gradient([](GradContext& c) {
        for (int i = 0; i < c.num_inputs(); ++i) c.set(i, c.grad());
        return OkStatus();
      });
  Binary(r, "SquaredDifference", "{bfloat16, half, float, double, int32, int64, complex64, complex128}")
      .Doc("The square of the difference, (x - y)^2, with broadcasting.")
      .Commutative()
      .Gradient(BroadcastGrad([](Output g, Output x, Output y, Output) {
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
      .Gradient(BroadcastGrad([](Output g, Output x, Output y, Output) { return Pair(MulNoNan(g, y), MulNoNan(x, g)); }));
  Binary(r, "Xlogy", kFieldHalfFirst)
      .Doc("x * log(y), but 0 where x is 0. The gradient by x is log(y), but 0 where both are 0.")
      .Gradient(BroadcastGrad(
          [](Output g, Output x, Output y, Output) { return Pair(Xlogy(AnyNotZero(x, y), y) * g, Xdivy(x, y) * g); }));
  Binary(r, "Xdivy", kFieldHalfFirst)
      .Doc("x / y, but 0 where x is 0. The gradient by x is 1 / y, but 0 where both are 0.")
      .Gradient(BroadcastGrad([](Output g, Output x, Output y, Output) {
        return Pair(Xdivy(AnyNotZero(x, y), y) * g, -Xdivy(Xdivy(x, y), y) * g);
      }));
  // Why MulNoNan: 0 times the infinite power of 0 is 0 here, at any order, since what follows 0 is again multiplied by
  // it.
  Binary(r, "Pow", "{bfloat16, float, half, double, int8, int16, int32, int64, complex64, complex128}")
      .Doc("x to the power y. Of integers y must not be negative, and results wrap around. The gradient by y is 0 where x <= 0.")
      .Gradient(BroadcastGrad([](Output g, Output x, Output y, Output z) {
        Output positive = Greater(x, 0.0);
        Output log_x = Where(positive, Log(Where(positive, x, 1.0)), 0.0);
        return Pair(MulNoNan(MulNoNan(Pow(x, y - 1.0), y), g), MulNoNan(g * z, log_x));
      }));
}

void RegisterQuotients(OpRegistry& r) {
  GradFn quotient = BroadcastGrad([](Output g, Output x, Output y, Output) {
    return Pair(RealDiv(g, y), g * RealDiv(RealDiv(-x, y), y));
  });
  Binary(r, "Div", kDivisible, Arithmetic::kDiv)
      .Doc("x / y; of integers rounded towards zero. Integer division by zero is an error; the least integer by -1 wraps around.")
      .Gradient(quotient);
  Binary(r, "RealDiv", kDivisible).Doc("x / y of floats.").Gradient(quotient);
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
  GradFn truncated = BroadcastGrad([](Output g, Output x, Output y, Output) { return Pair(g, g * -TruncateDiv(x, y)); });
  Binary(r, "Mod", "{int32, int64, half, half, bfloat16, float, double}")
      .Doc("The remainder of x / y rounded towards zero: it has x's sign. Integer division by zero is an error.")
      .Gradient(truncated);
  Binary(r, "TruncateMod", "{int32, int64, bfloat16, half, float, double}")
      .Doc("The remainder of x / y rounded towards zero: it has x's sign. Integer division by zero is an error.")
      .Gradient(truncated);
  Binary(r, "FloorMod", "{int8, int16, int32, int64, uint8, uint16, uint32, uint64, bfloat16, half, float, double}", Arithmetic::kFloorMod)
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
      .Doc("The angle of the point (x, y) in radians, in [-pi, pi].")
      .Shape(BroadcastShape)
      .Gradient(BroadcastGrad([](Output g, Output y, Output x, Output) {
        Output part = g / (Square(x) + Square(y));
        return Pair(x * part, -y * part);
      }));
}

}  // namespace

void RegisterBinaryOps(OpRegistry& r) {
  RegisterSums(r);
  RegisterProducts(r);
  RegisterQuotients(r);
  RegisterRemainders(r);
  RegisterExtremes(r);
}

}  // namespace weir::math
