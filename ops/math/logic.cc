// Comparisons, logic, choices, Cast and sequences.
#include "weir/ops/math/broadcast_gradients.h"
#include "weir/ops/math/math.h"
#include "weir/ops/math/schema.h"

namespace weir::math {
namespace {

using namespace ops;  // NOLINT: gradients are written in the building functions

constexpr char kBool[] = "its result is a truth value, no function of floats";

OpDef& Test(OpRegistry& r, const char* name, const std::string& types) {
  return r.Add(name).Input("x: T").Output("y: bool").Attr("T: " + types).Shape(UnchangedShape).NoGradient(kBool);
}
OpDef& Comparison(OpRegistry& r, const char* name, const std::string& types) {
  return r.Add(name).Input("x: T").Input("y: T").Output("z: bool").Attr("T: " + types).NoGradient(kBool);
}

void RegisterComparisons(OpRegistry& r) {
  Test(r, "IsNan", kReal).Doc("Whether x is NaN.");
  Test(r, "IsInf", kReal).Doc("Whether x is infinite, of either sign.");
  Test(r, "IsFinite", kReal).Doc("Whether x is neither infinite nor NaN.");
  Comparison(r, "Less", kOrdered).Doc("x < y; false where either is NaN.").Shape(BroadcastShape);
  Comparison(r, "LessEqual", kOrdered).Doc("x <= y; false where either is NaN.").Shape(BroadcastShape);
  Comparison(r, "Greater", kOrdered).Doc("x > y; false where either is NaN.").Shape(BroadcastShape);
  Comparison(r, "GreaterEqual", kOrdered).Doc("x >= y; false where either is NaN.").Shape(BroadcastShape);
  for (auto [name, doc] : {std::pair("Equal", "x == y, of any dtype; false where either is NaN. Shapes that do not broadcast are an error, or, "
                                              "without incompatible_shape_error, give a scalar false."),
                           std::pair("NotEqual", "x != y, of any dtype; true where either is NaN. Shapes that do not broadcast are an error, "
                                                 "or, without incompatible_shape_error, give a scalar true.")}) {
    Comparison(r, name, "type").Attr("incompatible_shape_error: bool = true").Doc(doc).Commutative().Shape(EqualShape);
  }
  Comparison(r, "ApproximateEqual", kNumber)
      .Attr("tolerance: float = 9.999999747378752e-06")
      .Doc("|x - y| < tolerance, of tensors of one shape.")
      .Commutative()
      .Shape(MergedShape);
  for (auto [name, doc] : {std::pair("LogicalAnd", "Whether x and y both hold."), std::pair("LogicalOr", "Whether x or y or both hold.")}) {
    r.Add(name).Input("x: bool").Input("y: bool").Output("z: bool").Doc(doc).Commutative().Shape(BroadcastShape).NoGradient(kBool);
  }
  r.Add("LogicalNot").Input("x: bool").Output("y: bool").Doc("Whether x does not hold.").Shape(UnchangedShape).NoGradient(kBool);
}

Status SelectGrad(GradContext& c) {
  Output condition = c.input(0), g = c.grad(), zeros = ZerosLike(g);
  c.set(1, Select(condition, g, zeros));
  c.set(2, Select(condition, zeros, g));
  return {};
}

Status SelectV2Grad(GradContext& c) {
  Output condition = c.input(0), g = c.grad(), z = c.output(0);
  c.set(1, SumToShapeOf(Where(condition, g, 0.0), c.input(1), z));
  c.set(2, SumToShapeOf(Where(condition, 0.0, g), c.input(2), z));
  return {};
}

// Where a limit holds the gradient goes to it.
Status ClipGrad(GradContext& c) {
  Output x = c.input(0), low = c.input(1), high = c.input(2), g = c.grad(), z = c.output(0);
  Output below = Less(x, low), above = Greater(x, high);
  c.set(0, Where(LogicalOr(below, above), 0.0, g));
  c.set(1, SumToShapeOf(Where(below, g, 0.0), low, z));
  c.set(2, SumToShapeOf(Where(above, g, 0.0), high, z));
  return {};
}

Status CastGrad(GradContext& c) {
  const DType from = c.type_attr("SrcT"), to = c.type_attr("DstT");
  if (IsFloating(from) && IsFloating(to)) c.set(0, Cast(c.grad(), from));
  return {};
}

OpDef& Choice(OpRegistry& r, const char* name) {
  return r.Add(name).Input("condition: bool").Input("t: T").Input("e: T").Output("output: T").Attr("T: type");
}

void RegisterChoices(OpRegistry& r) {
  Choice(r, "Select")
      .Doc("Elements of t where the condition holds, of e elsewhere; t and e have one shape. The condition is a scalar, or has their shape, or "
           "is a vector that chooses whole rows.")
      .Shape(SelectShape)
      .Gradient(SelectGrad);
  Choice(r, "SelectV2")
      .Doc("Elements of t where the condition holds, of e elsewhere; the three broadcast.")
      .Shape(SelectV2Shape)
      .Gradient(SelectV2Grad);
  r.Add("ClipByValue")
      .Input("t: T")
      .Input("clip_value_min: T")
      .Input("clip_value_max: T")
      .Output("output: T")
      .Attr("T: " + kNumber)
      .Doc("max(min(t, clip_value_max), clip_value_min); the limits are scalars or have t's shape. NaN stays.")
      .Shape(ClipShape)
      .Gradient(ClipGrad);
}

void RegisterConversions(OpRegistry& r) {
  r.Add("Cast")
      .Input("x: SrcT")
      .Output("y: DstT")
      .Attr("SrcT: type")
      .Attr("DstT: type")
      .Attr("Truncate: bool = false")
      .Doc("Converts to another dtype. From float to integer rounds towards zero; what is out of range, or NaN, gives the least int32 or int64 "
           "(or the low bits of it), as x86 processors do. To bool: whether x is not zero. Truncate cuts the bits a narrower float has no room "
           "for instead of rounding.")
      .Shape(CastShape)
      .Gradient(CastGrad);
  r.Add("Range")
      .Input("start: Tidx")
      .Input("limit: Tidx")
      .Input("delta: Tidx")
      .Output("output: Tidx")
      .Attr("Tidx: {bfloat16, half, float, double, int8, int16, int32, int64, uint16, uint32, uint64} = int32")
      .Doc("start, start + delta, start + 2 delta, … up to but without limit: ceil((limit - start) / delta) elements.")
      .Shape(RangeShape)
      .NoGradient("its size depends on its arguments");
  r.Add("LinSpace")
      .Input("start: T")
      .Input("stop: T")
      .Input("num: Tidx")
      .Output("output: T")
      .Attr("T: " + kReal)
      .Attr("Tidx: {int32, int64} = int32")
      .Doc("num evenly spaced values from start to stop, both included; num is at least 1.")
      .Shape(LinSpaceShape)
      .NoGradient("its arguments are taken as constants");
}

}  // namespace

void RegisterLogicOps(OpRegistry& r) {
  RegisterComparisons(r);
  RegisterChoices(r);
  RegisterConversions(r);
}

}  // namespace weir::math
