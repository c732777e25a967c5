// Comparisons and logic: ops whose results are truth values.
#include <string>
#include <utility>

#include "weir/ops/math/math.h"
#include "weir/ops/math/schema.h"

namespace weir {
namespace math {
namespace {

constexpr char kBool[] = "its result is a truth value, no function of floats";

// As a broadcast, but incompatible shapes may be allowed.
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
  Comparison(r, "Less", "realnumbertype").Doc("x < y; false where either is NaN.").Shape(BroadcastShape);
  Comparison(r, "LessEqual", "realnumbertype").Doc("x <= y; false where either is NaN.").Shape(BroadcastShape);
  Comparison(r, "Greater", "realnumbertype").Doc("x > y; false where either is NaN.").Shape(BroadcastShape);
  Comparison(r, "GreaterEqual", "realnumbertype").Doc("x >= y; false where either is NaN.").Shape(BroadcastShape);
  for (auto [name, doc] :
       {std::pair("Equal",
                  "x == y, of any dtype; false where either is NaN. Shapes that do not broadcast "
                  "are an error, or, without incompatible_shape_error, give a scalar false."),
        std::pair("NotEqual",
                  "x != y, of any dtype; true where either is NaN. Shapes that do not broadcast are an error, "
                  "or, without incompatible_shape_error, give a scalar true.")}) {
    Comparison(r, name, "type").Attr("incompatible_shape_error: bool = true").Doc(doc).Commutative().Shape(EqualShape);
  }
  Comparison(r, "ApproximateEqual", "numbertype")
      .Attr("tolerance: float = 9.999999747378752e-06")
      .Doc("|x - y| < tolerance, of tensors of one shape.")
      .Commutative()
      .Shape(MergedShape);
  for (auto [name, doc] : {std::pair("LogicalAnd", "Whether x and y both hold."),
                           std::pair("LogicalOr", "Whether x or y or both hold.")}) {
    r.Add(name)
        .Input("x: bool")
        .Input("y: bool")
        .Output("z: bool")
        .Doc(doc)
        .Commutative()
        .Shape(BroadcastShape)
        .NoGradient(kBool);
  }
  r.Add("LogicalNot")
      .Input("x: bool")
      .Output("y: bool")
      .Doc("Whether x does not hold.")
      .Shape(UnchangedShape)
      .NoGradient(kBool);
}

}  // namespace
}  // namespace math

void RegisterLogicOps(OpRegistry& r) { math::RegisterComparisons(r); }

}  // namespace weir

namespace weir::ops {

Output LogicalXor(Input x, Input y, const Name& name) {
  return LogicalAnd(LogicalOr(x, y), LogicalNot(LogicalAnd(x, y)), name);
}

}  // namespace weir::ops
