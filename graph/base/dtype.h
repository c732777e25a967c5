// Element types. Numbers and names are TensorFlow's DataType, so that files need no translation.
//
// One table (dtype.cc) has each dtype's facts; what may be done with one follows from its kind. Weir computes with
// numbers (real, complex, integers), bool and objects that have operations (strings). Quantised values are carried
// (from a constant to Dequantize). A reference type (number + 100) exists only in files and on imported nodes.
#pragma once

#include <complex>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "weir/graph/base/half.h"

namespace weir {

using Complex64 = std::complex<float>;
using Complex128 = std::complex<double>;

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

inline constexpr DType kVariant = DType::kVariant;
inline constexpr DType kFloat = DType::kFloat, kDouble = DType::kDouble, kHalf = DType::kHalf,
                       kBfloat16 = DType::kBfloat16, kInt8 = DType::kInt8, kInt16 = DType::kInt16,
                       kInt32 = DType::kInt32, kInt64 = DType::kInt64, kUint8 = DType::kUint8,
                       kUint16 = DType::kUint16, kUint32 = DType::kUint32, kUint64 = DType::kUint64,
                       kComplex64 = DType::kComplex64, kComplex128 = DType::kComplex128, kBool = DType::kBool,
                       kString = DType::kString, kResource = DType::kResource;

enum class DTypeKind : uint8_t {
  kReal,       // half, bfloat16, float, double
  kInteger,    // signed and unsigned
  kBoolean,
  kComplex,
  kQuantised,  // integers that stand for real numbers
  kObject,     // C++ objects
  kList,       // lists of tensors, which are objects that no file holds and nobody feeds or fetches
  kHandle,     // says which state, and is no value: resources, references
  kUnknown,    // a number without a row
};

// What is done with `n` elements that are C++ objects. `construct` makes empty ones in raw memory, `destroy` leaves it
// raw again; `copy` and `equal` work on objects. `empty` tells whether one is as constructed.
struct ObjectOps {
  void (*construct)(void* at, int64_t n);
  void (*copy)(const void* from, void* to, int64_t n);
  void (*destroy)(void* at, int64_t n);
  bool (*equal)(const void* a, const void* b, int64_t n);
  bool (*empty)(const void* at);
};

struct DTypeInfo {
  DType type = DType::kInvalid;
  std::string_view name, short_name;
  DTypeKind kind = DTypeKind::kUnknown;
  size_t size = 0, alignment = 1;     // of an element in memory, where Weir has a type for it
  const ObjectOps* object = nullptr;  // of a kObject or a kList
};

// The row of a dtype. That of a reference is a handle's without a name: who means the values asks for BaseType(t).
const DTypeInfo& InfoOf(DType t);

// TensorFlow's name ("float", "int64"; "float_ref" for references), or "dtype(N)".
std::string DTypeName(DType t);
// Short name of the text form: f32 f64 f16 bf16 c64 c128 i8…i64 u8…u64 bool str resource variant.
std::string DTypeShortName(DType t);
// Accepts both kinds of names; kInvalid when unknown.
DType ParseDType(std::string_view name);

inline size_t SizeOf(DType t) { return InfoOf(t).size; }  // bytes an element takes in memory
inline bool IsRef(DType t) { return static_cast<int>(t) > 100; }
inline DType BaseType(DType t) { return IsRef(t) ? static_cast<DType>(static_cast<int>(t) - 100) : t; }
inline DType MakeRef(DType t) { return static_cast<DType>(static_cast<int>(BaseType(t)) + 100); }
inline bool IsFloating(DType t) { return InfoOf(t).kind == DTypeKind::kReal; }
inline bool IsComplex(DType t) { return InfoOf(t).kind == DTypeKind::kComplex; }
inline bool IsInteger(DType t) { return InfoOf(t).kind == DTypeKind::kInteger; }
// The dtype of a complex one's real and imaginary parts; any other is its own.
inline DType PartType(DType t) { return t == kComplex64 ? kFloat : t == kComplex128 ? kDouble : t; }
bool IsSupported(DType t);  // a type Weir computes with: floating, complex, integer, bool, objects
bool HasFileForm(DType t);  // files hold its values: those, and quantised values
bool IsCarried(DType t);    // tensors of it can be made: those, and lists
// Of carried types, those whose bytes are the value: they may be copied and compared, and planned before a run.
inline bool IsPlain(DType t) { return IsCarried(t) && !InfoOf(t).object; }

// Elements of a carried type, plain or objects. The two arrays do not overlap, or are the same.
void CopyElements(DType t, const void* from, void* to, int64_t n);
// Whether plain ones have the same bytes, or objects are equal.
bool EqualElements(DType t, const void* a, const void* b, int64_t n);
// Whether a supported element is 0, false or an empty object: what is false as a condition.
bool IsZero(DType t, const void* element);
inline void* ElementAt(DType t, void* data, int64_t i) { return static_cast<char*>(data) + i * int64_t(SizeOf(t)); }
inline const void* ElementAt(DType t, const void* data, int64_t i) {
  return static_cast<const char*>(data) + i * int64_t(SizeOf(t));
}

template <class T> struct DTypeOfT;
template <> struct DTypeOfT<float> { static constexpr DType value = kFloat; };
template <> struct DTypeOfT<double> { static constexpr DType value = kDouble; };
template <> struct DTypeOfT<Half> { static constexpr DType value = kHalf; };
template <> struct DTypeOfT<BFloat16> { static constexpr DType value = kBfloat16; };
template <> struct DTypeOfT<Complex64> { static constexpr DType value = kComplex64; };
template <> struct DTypeOfT<Complex128> { static constexpr DType value = kComplex128; };
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
template <class... Ts, class... Us>
constexpr Types<Ts..., Us...> operator+(Types<Ts...>, Types<Us...>) { return {}; }
using FloatTypes = Types<float, double, Half, BFloat16>;
using ComplexTypes = Types<Complex64, Complex128>;
using SignedTypes = Types<int8_t, int16_t, int32_t, int64_t>;
using IntTypes = Types<int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>;
using RealTypes = decltype(FloatTypes() + IntTypes());
using RealAndBoolTypes = decltype(RealTypes() + Types<bool>());
using NumberTypes = decltype(RealTypes() + ComplexTypes());
using NumberAndBoolTypes = decltype(NumberTypes() + Types<bool>());  // what is supported and plain
using IndexTypes = Types<int32_t, int64_t>;
using ObjectTypes = Types<std::string>;

template <class T> inline constexpr bool kIsComplexType = false;
template <class P> inline constexpr bool kIsComplexType<std::complex<P>> = true;

template <class T> struct PartOfT { using Type = T; };
template <class P> struct PartOfT<std::complex<P>> { using Type = P; };
// The type of a number's real and imaginary parts; of a real number itself.
template <class T> using PartOf = typename PartOfT<T>::Type;

// Calls f(T{}) for the type of the list that `t` names and returns true; false when it names none.
template <class... Ts, class F>
bool DispatchType(DType t, Types<Ts...>, F&& f) {
  return ((t == DTypeOf<Ts> ? (f(Ts{}), true) : false) || ...);
}

}  // namespace weir
