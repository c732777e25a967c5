// Element types. Numbers and names are TensorFlow's DataType, so that files need no translation.
//
// Weir computes with numbers, bool and strings. Quantised values are carried (from a constant to Dequantize); complex
// types are known by name (to say so in an error) and refused. A reference type (number + 100) exists only in files and
// on imported nodes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "weir/graph/base/half.h"

namespace weir {

enum class DType : uint8_t {
  kInvalid = 0,
  kFloat = 1,
  kDouble = 2,
  kInt32 = 3,
  kUint8 = 4,
  kInt16 = 5,
  kInt8 = 6,
  kString = 7,
  kComplex64 = 8,
  kInt64 = 9,
  kBool = 10,
  kQint8 = 11,
  kQuint8 = 12,
  kQint32 = 13,
  kBfloat16 = 14,
  kQint16 = 15,
  kQuint16 = 16,
  kUint16 = 17,
  kComplex128 = 18,
  kHalf = 19,
  kResource = 20,
  kVariant = 21,
  kUint32 = 22,
  kUint64 = 23,
};

inline constexpr DType kFloat = DType::kFloat, kDouble = DType::kDouble, kHalf = DType::kHalf,
                       kBfloat16 = DType::kBfloat16, kInt8 = DType::kInt8, kInt16 = DType::kInt16,
                       kInt32 = DType::kInt32, kInt64 = DType::kInt64, kUint8 = DType::kUint8,
                       kUint16 = DType::kUint16, kUint32 = DType::kUint32, kUint64 = DType::kUint64,
                       kBool = DType::kBool, kString = DType::kString, kResource = DType::kResource;

// TensorFlow's name ("float", "int64"; "float_ref" for references), or "dtype(N)".
std::string DTypeName(DType t);
// Short name of the text form: f32 f64 f16 bf16 i8…i64 u8…u64 bool str resource variant.
std::string DTypeShortName(DType t);
// Accepts both kinds of names; kInvalid when unknown.
DType ParseDType(std::string_view name);

size_t SizeOf(DType t);  // bytes an element; 0 for string, resource, variant and types that Weir does not carry
inline bool IsRef(DType t) { return static_cast<int>(t) > 100; }
inline DType BaseType(DType t) { return IsRef(t) ? static_cast<DType>(static_cast<int>(t) - 100) : t; }
inline DType MakeRef(DType t) { return static_cast<DType>(static_cast<int>(BaseType(t)) + 100); }
bool IsFloating(DType t);   // half, bfloat16, float, double
bool IsInteger(DType t);    // signed and unsigned, not bool
inline bool IsCarried(DType t) { return SizeOf(t) > 0 || t == DType::kString; }  // tensors of it can be made
bool IsSupported(DType t);  // a type Weir computes with: floating, integer, bool, string

template <class T> struct DTypeOfT;
template <> struct DTypeOfT<float> { static constexpr DType value = kFloat; };
template <> struct DTypeOfT<double> { static constexpr DType value = kDouble; };
template <> struct DTypeOfT<Half> { static constexpr DType value = kHalf; };
template <> struct DTypeOfT<BFloat16> { static constexpr DType value = kBfloat16; };
template <> struct DTypeOfT<int8_t> { static constexpr DType value = kInt8; };
template <> struct DTypeOfT<int16_t> { static constexpr DType value = kInt16; };
template <> struct DTypeOfT<int32_t> { static constexpr DType value = kInt32; };
template <> struct DTypeOfT<int64_t> { static constexpr DType value = kInt64; };
template <> struct DTypeOfT<long long> { static constexpr DType value = kInt64; };
template <> struct DTypeOfT<uint8_t> { static constexpr DType value = kUint8; };
template <> struct DTypeOfT<uint16_t> { static constexpr DType value = kUint16; };
template <> struct DTypeOfT<uint32_t> { static constexpr DType value = kUint32; };
template <> struct DTypeOfT<uint64_t> { static constexpr DType value = kUint64; };
template <> struct DTypeOfT<bool> { static constexpr DType value = kBool; };
template <> struct DTypeOfT<std::string> { static constexpr DType value = kString; };
template <class T> inline constexpr DType DTypeOf = DTypeOfT<std::remove_cv_t<T>>::value;

template <class... Ts> struct Types {};
using FloatTypes = Types<float, double, Half, BFloat16>;
using SignedTypes = Types<int8_t, int16_t, int32_t, int64_t>;
using IntTypes = Types<int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>;
using NumberTypes =
    Types<float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>;
using NumberAndBoolTypes = Types<float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t,
                                 uint32_t, uint64_t, bool>;
using IndexTypes = Types<int32_t, int64_t>;

// Calls f(T{}) for the type of the list that `t` names and returns true; false when it names none.
template <class... Ts, class F>
bool DispatchType(DType t, Types<Ts...>, F&& f) {
  return ((t == DTypeOf<Ts> ? (f(Ts{}), true) : false) || ...);
}

}  // namespace weir
