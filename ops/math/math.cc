// The element-wise ops: the list of the family's topics.
#include "weir/graph/op_def.h"

namespace weir {

void RegisterUnaryOps(OpRegistry& r);       // unary.cc
void RegisterSpecialOps(OpRegistry& r);     // special.cc
void RegisterBinaryOps(OpRegistry& r);      // binary.cc
void RegisterActivationOps(OpRegistry& r);  // activation.cc
void RegisterLogicOps(OpRegistry& r);       // logic.cc
void RegisterChoiceOps(OpRegistry& r);      // choice.cc
void RegisterBitOps(OpRegistry& r);         // bits.cc
void RegisterCastOps(OpRegistry& r);        // conversion.cc
void RegisterRangeOps(OpRegistry& r);       // sequence.cc
void RegisterComplexOps(OpRegistry& r);     // complex.cc

void RegisterMathOps(OpRegistry& r) {
  RegisterUnaryOps(r);
  RegisterSpecialOps(r);
  RegisterBinaryOps(r);
  RegisterActivationOps(r);
  RegisterLogicOps(r);
  RegisterChoiceOps(r);
  RegisterBitOps(r);
  RegisterCastOps(r);
  RegisterRangeOps(r);
  RegisterComplexOps(r);
}

}  // namespace weir
