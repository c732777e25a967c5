// Element-wise ops on the bits of integers.
#include <string>
#include <utility>

#include "weir/ops/math/schema.h"

namespace weir {
namespace math {
namespace {

const std::string kIntegers = "T: {int8, int16, int32, int64, uint8, uint16, uint32, uint64}";
constexpr char kBits[] = "its inputs are integers";

OpDef& Binary(OpRegistry& r, const char* name) {
  return r.Add(name)
      .Input("x: T").Input("y: T").Output("z: T").Attr(kIntegers)
      .Shape(BroadcastShape)
      .NoGradient(kBits);
}

OpDef& Unary(OpRegistry& r, const char* name, const char* output) {
  return r.Add(name).Input("x: T").Output(output).Attr(kIntegers).Shape(UnchangedShape).NoGradient(kBits);
}

}  // namespace
}  // namespace math

void RegisterBitOps(OpRegistry& r) {
  using namespace math;  // NOLINT
  Binary(r, "BitwiseAnd").Doc("The bits that x and y both have, with broadcasting.").Commutative();
  Binary(r, "BitwiseOr").Doc("The bits that x or y or both have, with broadcasting.").Commutative();
  Binary(r, "BitwiseXor").Doc("The bits that just one of x and y has, with broadcasting.").Commutative();
  Unary(r, "Invert", "y: T").Doc("The bits that x does not have.");
  Binary(r, "LeftShift")
      .Doc("x shifted to the left by y bits, with broadcasting. y counts as 0 below that, and as the number of T's "
           "bits less 1 above.");
  Binary(r, "RightShift")
      .Doc("x shifted to the right by y bits, with broadcasting: signed numbers keep their sign. y counts as 0 below "
           "that, and as the number of T's bits less 1 above.");
  Unary(r, "PopulationCount", "y: uint8").Doc("How many bits of x are set.");
}

}  // namespace weir
