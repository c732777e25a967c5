// What the files of the element-wise ops share among themselves: dtype lists, shape functions, forms of gradients.
#pragma once

#include <string>
#include <utility>

#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"

namespace weir::math {

// TensorFlow's lists, in its order.
inline const std::string kReal = "{bfloat16, half, float, double}";
inline const std::string kRealHalfFirst = "{half, bfloat16, float, double}";
inline const std::string kField = "{bfloat16, half, float, double, complex64, complex128}";
inline const std::string kFieldHalfFirst = "{half, bfloat16, float, double, complex64, complex128}";
inline const std::string kSigned = "{bfloat16, half, float, double, int8, int16, int32, int64, complex64, complex128}";
inline const std::string kDivisible =
    "{bfloat16, half, float, double, uint8, int8, uint16, int16, int32, uint32, uint64, int64, complex64, complex128}";
inline const std::string kOrdered = "{float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}";
inline const std::string kNumber =
    "{float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, complex128, half, "
    "uint32, uint64}";

// ---- shape functions (math_shape.cc)
// Operations that are followed on values of shapes.
enum class Arithmetic { kNone, kAdd, kSub, kMul, kDiv, kFloorDiv, kFloorMod, kMaximum, kMinimum };
// Broadcast of both inputs, and the values where both are known elements or symbols.
ShapeFn BroadcastValues(Arithmetic op);
Status EqualShape(ShapeContext& c);    // as Broadcast, but incompatible shapes may be allowed
Status SelectShape(ShapeContext& c);   // TensorFlow 1's: a scalar, a vector of rows, or the full shape
Status SelectV2Shape(ShapeContext& c);
Status ClipShape(ShapeContext& c);
Status CastShape(ShapeContext& c);
Status RangeShape(ShapeContext& c);
Status LinSpaceShape(ShapeContext& c);
// Like input 0, which has as many elements as input 1.
Status SameCountShape(ShapeContext& c);

// ---- gradients
// Of y = f(x): `fn` gives dx from the gradient g by y.
using UnaryGradFn = Output (*)(Output g, Output x, Output y);
GradFn UnaryGrad(UnaryGradFn fn);
// Of z = f(x, y) with operands that broadcast: `fn` gives dx and dy in the shape of z.
using BinaryGradFn = std::pair<Output, Output> (*)(Output g, Output x, Output y, Output z);
GradFn BroadcastGrad(BinaryGradFn fn);
// As above for operands of one shape.
GradFn BinaryGrad(BinaryGradFn fn);

Output ZerosLike(Output x);

// ---- the parts of RegisterMathOps
void RegisterUnaryOps(OpRegistry& r);       // math_unary.cc
void RegisterBinaryOps(OpRegistry& r);      // math_binary.cc
void RegisterLogicOps(OpRegistry& r);       // math_logic.cc: comparisons, logic, choices, Cast, sequences
void RegisterActivationOps(OpRegistry& r);  // math_activation.cc
void RegisterGradOps(OpRegistry& r);        // math_gradop.cc: SqrtGrad and its like

}  // namespace weir::math
