// What the files of the element-wise ops share among themselves: dtype lists, what shape functions follow
// of values, forms of gradients.
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

inline constexpr char kStep[] = "it is constant between steps, so that its derivative is zero wherever there is one";

// ---- what shape functions follow of values
// An element of a value is a number, a symbol (an unknown size that has a name) or unknown.
struct Element {
  bool known = false;
  int64_t number = kUnknownDim;  // when not known: the symbol, or kUnknownDim

  bool Is(int64_t v) const { return known && number == v; }
  bool SameSymbol(const Element& o) const { return !known && !o.known && SameDim(number, o.number); }
};

// Element i of an input; a constant's negative elements are numbers, a propagated value's are symbols.
Element At(const ShapeContext& c, int input, const Dims& value, size_t i);
// As an element of OutputType::value of an int32 or int64 tensor.
// A negative number cannot be told from a symbol there, so it becomes unknown.
Dim ToDim(const Element& e, DType dtype);
// Whether values of this dtype, of tensors of this shape are followed.
bool IsIndex(DType t);
bool IsVector(const PartialShape& s);

// ---- gradients
// Of holomorphic y = f(x): `fn` gives dx from the gradient g by y. Of complex numbers it is given conj(x) and conj(y).
using UnaryGradFn = Output (*)(Output g, Output x, Output y);
GradFn UnaryGrad(UnaryGradFn fn);
using Pair = std::pair<Output, Output>;
// Of holomorphic z = f(x, y) with operands that broadcast: `fn` gives dx and dy in the shape of z. Of complex numbers
// it is given conj(x), conj(y) and conj(z).
using BinaryGradFn = Pair (*)(Output g, Output x, Output y, Output z);
GradFn BroadcastGrad(BinaryGradFn fn);
// Of any z = f(x, y) with operands of one shape, which `fn` is given as they are.
GradFn BinaryGrad(BinaryGradFn fn);

Output ZerosLike(Output x);

}  // namespace weir::math
