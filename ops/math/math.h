// Building functions of the element-wise ops, and the arithmetic operators on Outputs.
//
// All broadcast as NumPy does unless said otherwise; a literal argument takes the dtype of the other arguments.
// Float means half, bfloat16, float or double; number adds the integer types. What an op computes to the letter is in
// its documentation (`graphdef ops NAME`). Mistakes (dtypes, shapes that do not broadcast) become the builder's error.
#pragma once

#include "weir/graph/builder.h"

namespace weir::ops {

// ---- arithmetic
// x + y of numbers; strings are concatenated.
Output Add(Input x, Input y, const Name& name = {});
inline Output Subtract(Input x, Input y, const Name& name = {}) { return Make("Sub", {x, y}, {}, name); }
inline Output Multiply(Input x, Input y, const Name& name = {}) { return Make("Mul", {x, y}, {}, name); }
// Python's true division: integers become floating first (8 and 16 bits float, others double).
Output Divide(Input x, Input y, const Name& name = {});
// C's division: of integers the quotient, rounded towards zero; of floats as Divide.
inline Output Div(Input x, Input y, const Name& name = {}) { return Make("Div", {x, y}, {}, name); }
inline Output RealDiv(Input x, Input y, const Name& name = {}) { return Make("RealDiv", {x, y}, {}, name); }
// Quotient rounded down; the remainder FloorMod has y's sign. Integer division by zero fails when run.
inline Output FloorDiv(Input x, Input y, const Name& name = {}) { return Make("FloorDiv", {x, y}, {}, name); }
inline Output FloorMod(Input x, Input y, const Name& name = {}) { return Make("FloorMod", {x, y}, {}, name); }
// Quotient rounded towards zero; the remainder TruncateMod has x's sign.
inline Output TruncateDiv(Input x, Input y, const Name& name = {}) { return Make("TruncateDiv", {x, y}, {}, name); }
inline Output TruncateMod(Input x, Input y, const Name& name = {}) { return Make("TruncateMod", {x, y}, {}, name); }
// x / y, but 0 where y is 0; x * y, but 0 where y is 0 (even if x is not finite).
inline Output DivNoNan(Input x, Input y, const Name& name = {}) { return Make("DivNoNan", {x, y}, {}, name); }
inline Output MulNoNan(Input x, Input y, const Name& name = {}) { return Make("MulNoNan", {x, y}, {}, name); }
// x * log(y), x * log(1 + y) and x / y, but 0 where x is 0.
inline Output Xlogy(Input x, Input y, const Name& name = {}) { return Make("Xlogy", {x, y}, {}, name); }
inline Output Xlog1py(Input x, Input y, const Name& name = {}) { return Make("Xlog1py", {x, y}, {}, name); }
inline Output Xdivy(Input x, Input y, const Name& name = {}) { return Make("Xdivy", {x, y}, {}, name); }
inline Output Pow(Input x, Input y, const Name& name = {}) { return Make("Pow", {x, y}, {}, name); }
inline Output Maximum(Input x, Input y, const Name& name = {}) { return Make("Maximum", {x, y}, {}, name); }
inline Output Minimum(Input x, Input y, const Name& name = {}) { return Make("Minimum", {x, y}, {}, name); }
// (x - y)²
inline Output SquaredDifference(Input x, Input y, const Name& name = {}) {
  return Make("SquaredDifference", {x, y}, {}, name);
}
inline Output Atan2(Input y, Input x, const Name& name = {}) { return Make("Atan2", {y, x}, {}, name); }
// Sum of tensors of one shape.
inline Output AddN(InputList inputs, const Name& name = {}) { return Make("AddN", std::move(inputs), {}, name); }
// max(min(x, clip_value_max), clip_value_min), which may broadcast to x's shape.
Output ClipByValue(Input x, Input clip_value_min, Input clip_value_max, const Name& name = {});

// ---- one argument, number (Abs, Negative, Sign, Square, Round) or float
Output Abs(Input x, const Name& name = {});  // of complex numbers ComplexAbs
inline Output Negative(Input x, const Name& name = {}) { return Make("Neg", {x}, {}, name); }
inline Output Sign(Input x, const Name& name = {}) { return Make("Sign", {x}, {}, name); }
inline Output Square(Input x, const Name& name = {}) { return Make("Square", {x}, {}, name); }
inline Output Round(Input x, const Name& name = {}) { return Make("Round", {x}, {}, name); }  // half to even
inline Output Rint(Input x, const Name& name = {}) { return Make("Rint", {x}, {}, name); }
inline Output Floor(Input x, const Name& name = {}) { return Make("Floor", {x}, {}, name); }
inline Output Ceil(Input x, const Name& name = {}) { return Make("Ceil", {x}, {}, name); }
inline Output Sqrt(Input x, const Name& name = {}) { return Make("Sqrt", {x}, {}, name); }
inline Output Rsqrt(Input x, const Name& name = {}) { return Make("Rsqrt", {x}, {}, name); }
inline Output Reciprocal(Input x, const Name& name = {}) { return Make("Reciprocal", {x}, {}, name); }
inline Output Exp(Input x, const Name& name = {}) { return Make("Exp", {x}, {}, name); }
inline Output Expm1(Input x, const Name& name = {}) { return Make("Expm1", {x}, {}, name); }
inline Output Log(Input x, const Name& name = {}) { return Make("Log", {x}, {}, name); }
inline Output Log1p(Input x, const Name& name = {}) { return Make("Log1p", {x}, {}, name); }
inline Output Sin(Input x, const Name& name = {}) { return Make("Sin", {x}, {}, name); }
inline Output Cos(Input x, const Name& name = {}) { return Make("Cos", {x}, {}, name); }
inline Output Tan(Input x, const Name& name = {}) { return Make("Tan", {x}, {}, name); }
inline Output Asin(Input x, const Name& name = {}) { return Make("Asin", {x}, {}, name); }
inline Output Acos(Input x, const Name& name = {}) { return Make("Acos", {x}, {}, name); }
inline Output Atan(Input x, const Name& name = {}) { return Make("Atan", {x}, {}, name); }
inline Output Sinh(Input x, const Name& name = {}) { return Make("Sinh", {x}, {}, name); }
inline Output Cosh(Input x, const Name& name = {}) { return Make("Cosh", {x}, {}, name); }
inline Output Asinh(Input x, const Name& name = {}) { return Make("Asinh", {x}, {}, name); }
inline Output Acosh(Input x, const Name& name = {}) { return Make("Acosh", {x}, {}, name); }
inline Output Atanh(Input x, const Name& name = {}) { return Make("Atanh", {x}, {}, name); }
inline Output Tanh(Input x, const Name& name = {}) { return Make("Tanh", {x}, {}, name); }
inline Output Sigmoid(Input x, const Name& name = {}) { return Make("Sigmoid", {x}, {}, name); }
inline Output Erf(Input x, const Name& name = {}) { return Make("Erf", {x}, {}, name); }
inline Output Erfc(Input x, const Name& name = {}) { return Make("Erfc", {x}, {}, name); }
inline Output Erfinv(Input x, const Name& name = {}) { return Make("Erfinv", {x}, {}, name); }
// log |Γ(x)|, its derivative, and the derivative of order a of that.
inline Output Lgamma(Input x, const Name& name = {}) { return Make("Lgamma", {x}, {}, name); }
inline Output Digamma(Input x, const Name& name = {}) { return Make("Digamma", {x}, {}, name); }
inline Output Polygamma(Input a, Input x, const Name& name = {}) { return Make("Polygamma", {a, x}, {}, name); }
// The sum of (q + k)^-x over k = 0, 1, …
inline Output Zeta(Input x, Input q, const Name& name = {}) { return Make("Zeta", {x, q}, {}, name); }
// The regularised incomplete gamma functions, lower and upper, and beta function.
inline Output Igamma(Input a, Input x, const Name& name = {}) { return Make("Igamma", {a, x}, {}, name); }
inline Output Igammac(Input a, Input x, const Name& name = {}) { return Make("Igammac", {a, x}, {}, name); }
inline Output Betainc(Input a, Input b, Input x, const Name& name = {}) { return Make("Betainc", {a, b, x}, {}, name); }
// The inverse of the normal distribution function; exp(-|x|) times the modified Bessel functions of orders 0 and 1.
inline Output Ndtri(Input x, const Name& name = {}) { return Make("Ndtri", {x}, {}, name); }
inline Output BesselI0e(Input x, const Name& name = {}) { return Make("BesselI0e", {x}, {}, name); }
inline Output BesselI1e(Input x, const Name& name = {}) { return Make("BesselI1e", {x}, {}, name); }
inline Output IsNan(Input x, const Name& name = {}) { return Make("IsNan", {x}, {}, name); }
inline Output IsInf(Input x, const Name& name = {}) { return Make("IsInf", {x}, {}, name); }
inline Output IsFinite(Input x, const Name& name = {}) { return Make("IsFinite", {x}, {}, name); }
// ---- complex numbers, complex64 of floats and complex128 of doubles. Of a real x Real and Conj are x itself.
Output Complex(Input real, Input imag, const Name& name = {});
Output Real(Input x, const Name& name = {});
Output Imag(Input x, const Name& name = {});  // of a real x zeros
Output Conj(Input x, const Name& name = {});
Output Angle(Input x, const Name& name = {});       // in radians, in [-pi, pi]; of a real x 0 or pi
Output ComplexAbs(Input x, const Name& name = {});  // |x|, a real number

// Converts to another dtype (x itself when it has it); from float to integer rounds towards zero.
Output Cast(Input x, DType dtype, const Name& name = {});

// ---- activations (tf.nn), float; Relu and Relu6 any number
inline Output Relu(Input features, const Name& name = {}) { return Make("Relu", {features}, {}, name); }
inline Output Relu6(Input features, const Name& name = {}) { return Make("Relu6", {features}, {}, name); }
inline Output LeakyRelu(Input features, float alpha = 0.2f, const Name& name = {}) {
  return Make("LeakyRelu", {features}, {{"alpha", alpha}}, name);
}
inline Output Elu(Input features, const Name& name = {}) { return Make("Elu", {features}, {}, name); }
inline Output Selu(Input features, const Name& name = {}) { return Make("Selu", {features}, {}, name); }
// x · Φ(x), Φ the normal distribution; `approximate`: x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))).
Output Gelu(Input features, bool approximate = false, const Name& name = {});
inline Output Softplus(Input features, const Name& name = {}) { return Make("Softplus", {features}, {}, name); }
inline Output Softsign(Input features, const Name& name = {}) { return Make("Softsign", {features}, {}, name); }

// ---- comparisons and logic; results are bool. Equal and NotEqual take every dtype.
inline Output Equal(Input x, Input y, const Name& name = {}) { return Make("Equal", {x, y}, {}, name); }
inline Output NotEqual(Input x, Input y, const Name& name = {}) { return Make("NotEqual", {x, y}, {}, name); }
inline Output Less(Input x, Input y, const Name& name = {}) { return Make("Less", {x, y}, {}, name); }
inline Output LessEqual(Input x, Input y, const Name& name = {}) { return Make("LessEqual", {x, y}, {}, name); }
inline Output Greater(Input x, Input y, const Name& name = {}) { return Make("Greater", {x, y}, {}, name); }
inline Output GreaterEqual(Input x, Input y, const Name& name = {}) { return Make("GreaterEqual", {x, y}, {}, name); }
// |x - y| < tolerance, for float and double tensors of one shape.
inline Output ApproximateEqual(Input x, Input y, float tolerance = 1e-5f, const Name& name = {}) {
  return Make("ApproximateEqual", {x, y}, {{"tolerance", tolerance}}, name);
}
inline Output LogicalAnd(Input x, Input y, const Name& name = {}) { return Make("LogicalAnd", {x, y}, {}, name); }
inline Output LogicalOr(Input x, Input y, const Name& name = {}) { return Make("LogicalOr", {x, y}, {}, name); }
inline Output LogicalNot(Input x, const Name& name = {}) { return Make("LogicalNot", {x}, {}, name); }
Output LogicalXor(Input x, Input y, const Name& name = {});
// x where condition holds, y elsewhere; the three broadcast (SelectV2).
inline Output Where(Input condition, Input x, Input y, const Name& name = {}) {
  return Make("SelectV2", {condition, x, y}, {}, name);
}
// TensorFlow 1's tf.where: x and y have one shape, condition has it too, or is a scalar, or a vector that chooses rows.
inline Output Select(Input condition, Input x, Input y, const Name& name = {}) {
  return Make("Select", {condition, x, y}, {}, name);
}

// ---- bits of integers
inline Output BitwiseAnd(Input x, Input y, const Name& name = {}) { return Make("BitwiseAnd", {x, y}, {}, name); }
inline Output BitwiseOr(Input x, Input y, const Name& name = {}) { return Make("BitwiseOr", {x, y}, {}, name); }
inline Output BitwiseXor(Input x, Input y, const Name& name = {}) { return Make("BitwiseXor", {x, y}, {}, name); }
inline Output Invert(Input x, const Name& name = {}) { return Make("Invert", {x}, {}, name); }
// x shifted by y bits, at least 0 and less than the dtype has. To the right signed numbers keep their sign.
inline Output LeftShift(Input x, Input y, const Name& name = {}) { return Make("LeftShift", {x, y}, {}, name); }
inline Output RightShift(Input x, Input y, const Name& name = {}) { return Make("RightShift", {x, y}, {}, name); }
// How many bits are set, as uint8.
inline Output PopulationCount(Input x, const Name& name = {}) { return Make("PopulationCount", {x}, {}, name); }

// ---- sequences
// start, start + delta, … up to but without limit. One of the arguments is an Output, or `g` comes first.
inline Output Range(Input start, Input limit, Input delta, const Name& name = {}) {
  return Make("Range", {start, limit, delta}, {}, name);
}
Output Range(At g, Input start, Input limit, Input delta, const Name& name = {});
Output Range(At g, Input limit, const Name& name = {});
// `num` (int32 or int64, at least 1) evenly spaced values from start to stop, both included.
Output LinSpace(At g, Input start, Input stop, Input num, const Name& name = {});

}  // namespace weir::ops

namespace weir {

// One argument at least is an Output or a Variable; the other may be a literal. x / y is ops::Divide, x % y
// ops::FloorMod.
inline Output operator+(Input x, Input y) { return ops::Add(std::move(x), std::move(y)); }
inline Output operator-(Input x, Input y) { return ops::Subtract(std::move(x), std::move(y)); }
inline Output operator*(Input x, Input y) { return ops::Multiply(std::move(x), std::move(y)); }
inline Output operator/(Input x, Input y) { return ops::Divide(std::move(x), std::move(y)); }
inline Output operator%(Input x, Input y) { return ops::FloorMod(std::move(x), std::move(y)); }
inline Output operator-(Input x) { return ops::Negative(std::move(x)); }
inline Output& operator+=(Output& x, Input y) { return x = x + std::move(y); }
inline Output& operator-=(Output& x, Input y) { return x = x - std::move(y); }
inline Output& operator*=(Output& x, Input y) { return x = x * std::move(y); }
inline Output& operator/=(Output& x, Input y) { return x = x / std::move(y); }

// Element by element; the results are bool tensors, no C++ bools.
inline Output operator<(Input x, Input y) { return ops::Less(std::move(x), std::move(y)); }
inline Output operator<=(Input x, Input y) { return ops::LessEqual(std::move(x), std::move(y)); }
inline Output operator>(Input x, Input y) { return ops::Greater(std::move(x), std::move(y)); }
inline Output operator>=(Input x, Input y) { return ops::GreaterEqual(std::move(x), std::move(y)); }
inline Output operator==(Input x, Input y) { return ops::Equal(std::move(x), std::move(y)); }
inline Output operator!=(Input x, Input y) { return ops::NotEqual(std::move(x), std::move(y)); }
inline Output operator&&(Input x, Input y) { return ops::LogicalAnd(std::move(x), std::move(y)); }
inline Output operator||(Input x, Input y) { return ops::LogicalOr(std::move(x), std::move(y)); }
inline Output operator!(Input x) { return ops::LogicalNot(std::move(x)); }
// Values are no part of a graph: compare them by Identical, or element by element.
bool operator==(const Tensor&, const Tensor&) = delete;
bool operator!=(const Tensor&, const Tensor&) = delete;

}  // namespace weir
