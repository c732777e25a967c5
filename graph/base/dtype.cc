#include "weir/graph/base/dtype.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "weir/graph/base/memory.h"
#include "weir/graph/base/tensor_list.h"

namespace weir {

namespace {

template <class T>
constexpr ObjectOps kOpsOf = {
    .construct = [](void* at, int64_t n) { std::uninitialized_value_construct_n(static_cast<T*>(at), n); },
    .copy = [](const void* from, void* to, int64_t n) {
      if (from != to) std::copy_n(static_cast<const T*>(from), n, static_cast<T*>(to));
    },
    .destroy = [](void* at, int64_t n) { std::destroy_n(static_cast<T*>(at), n); },
    .equal = [](const void* a, const void* b, int64_t n) {
      return std::equal(static_cast<const T*>(a), static_cast<const T*>(a) + n, static_cast<const T*>(b));
    },
    .empty = [](const void* at) { return *static_cast<const T*>(at) == T(); },
};

// The row of a dtype whose elements are T in memory.
template <class T>
constexpr DTypeInfo Row(DType t, std::string_view name, std::string_view short_name, DTypeKind kind) {
  DTypeInfo info{t, name, short_name, kind, sizeof(T), alignof(T)};
  if constexpr (!std::is_trivially_copyable_v<T>) info.object = &kOpsOf<T>;
  return info;
}

using enum DTypeKind;
constexpr DTypeInfo kInfos[] = {
    {},
    Row<float>(DType::kFloat, "float", "f32", kReal),
    Row<double>(DType::kDouble, "double", "f64", kReal),
    Row<int32_t>(DType::kInt32, "int32", "i32", kInteger),
    Row<uint8_t>(DType::kUint8, "uint8", "u8", kInteger),
    Row<int16_t>(DType::kInt16, "int16", "i16", kInteger),
    Row<int8_t>(DType::kInt8, "int8", "i8", kInteger),
    Row<std::string>(DType::kString, "string", "str", kObject),
    Row<std::complex<float>>(DType::kComplex64, "complex64", "c64", kComplex),
    Row<int64_t>(DType::kInt64, "int64", "i64", kInteger),
    Row<bool>(DType::kBool, "bool", "bool", kBoolean),
    Row<int8_t>(DType::kQint8, "qint8", "qint8", kQuantised),
    Row<uint8_t>(DType::kQuint8, "quint8", "quint8", kQuantised),
    Row<int32_t>(DType::kQint32, "qint32", "qint32", kQuantised),
    Row<BFloat16>(DType::kBfloat16, "bfloat16", "bf16", kReal),
    Row<int16_t>(DType::kQint16, "qint16", "qint16", kQuantised),
    Row<uint16_t>(DType::kQuint16, "quint16", "quint16", kQuantised),
    Row<uint16_t>(DType::kUint16, "uint16", "u16", kInteger),
    Row<std::complex<double>>(DType::kComplex128, "complex128", "c128", kComplex),
    Row<Half>(DType::kHalf, "half", "f16", kReal),
    {DType::kResource, "resource", "resource", kHandle},
    Row<TensorList>(DType::kVariant, "variant", "variant", kList),
    Row<uint32_t>(DType::kUint32, "uint32", "u32", kInteger),
    Row<uint64_t>(DType::kUint64, "uint64", "u64", kInteger),
};
constexpr DTypeInfo kReference{.kind = kHandle};

// A dtype's number is its place, and a Buffer's memory is aligned for it.
constexpr bool InOrder() {
  for (size_t i = 0; i < std::size(kInfos); ++i) {
    if (static_cast<size_t>(kInfos[i].type) != i || memory::kAlignment % kInfos[i].alignment != 0) return false;
  }
  return true;
}
static_assert(InOrder());

std::string Name(DType t, std::string_view DTypeInfo::*field) {
  std::string name(InfoOf(BaseType(t)).*field);
  if (name.empty()) return "dtype(" + std::to_string(static_cast<int>(t)) + ")";
  return IsRef(t) ? name + "_ref" : name;
}

}  // namespace

const DTypeInfo& InfoOf(DType t) {
  if (IsRef(t)) return kReference;
  return kInfos[static_cast<size_t>(t) < std::size(kInfos) ? static_cast<size_t>(t) : 0];
}

std::string DTypeName(DType t) { return Name(t, &DTypeInfo::name); }
std::string DTypeShortName(DType t) { return Name(t, &DTypeInfo::short_name); }

DType ParseDType(std::string_view name) {
  constexpr std::string_view kRef = "_ref";
  if (name.size() > kRef.size() && name.substr(name.size() - kRef.size()) == kRef) {
    DType base = ParseDType(name.substr(0, name.size() - kRef.size()));
    return base == DType::kInvalid ? base : MakeRef(base);
  }
  if (name == "float32") return DType::kFloat;
  if (name == "float64") return DType::kDouble;
  if (name == "float16") return DType::kHalf;
  if (name.empty()) return DType::kInvalid;
  for (const DTypeInfo& i : kInfos) {
    if (i.name == name || i.short_name == name) return i.type;
  }
  return DType::kInvalid;
}

bool IsSupported(DType t) {
  const DTypeInfo& i = InfoOf(t);
  return i.kind == kReal || i.kind == kComplex || i.kind == kInteger || i.kind == kBoolean || i.kind == kObject;
}
bool HasFileForm(DType t) { return IsSupported(t) || InfoOf(t).kind == kQuantised; }
bool IsCarried(DType t) { return HasFileForm(t) || InfoOf(t).kind == kList; }

void CopyElements(DType t, const void* from, void* to, int64_t n) {
  const DTypeInfo& i = InfoOf(t);
  if (i.object) return i.object->copy(from, to, n);
  if (n > 0) std::memmove(to, from, n * i.size);
}

bool EqualElements(DType t, const void* a, const void* b, int64_t n) {
  const DTypeInfo& i = InfoOf(t);
  if (i.object) return i.object->equal(a, b, n);
  return n <= 0 || std::memcmp(a, b, n * i.size) == 0;
}

bool IsZero(DType t, const void* element) {
  if (const ObjectOps* object = InfoOf(t).object) return object->empty(element);
  bool zero = true;
  auto compare = [&](auto none) { zero = *static_cast<const decltype(none)*>(element) == none; };
  DispatchType(t, NumberAndBoolTypes{}, compare);
  return zero;
}

}  // namespace weir
