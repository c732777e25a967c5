#include "weir/graph/base/dtype.h"

namespace weir {

namespace {

struct Info {
  DType type;
  std::string_view name, short_name;
  size_t size;
};

constexpr Info kInfos[] = {
    {DType::kFloat, "float", "f32", 4},        {DType::kDouble, "double", "f64", 8},
    {DType::kInt32, "int32", "i32", 4},        {DType::kUint8, "uint8", "u8", 1},
    {DType::kInt16, "int16", "i16", 2},        {DType::kInt8, "int8", "i8", 1},
    {DType::kString, "string", "str", 0},      {DType::kComplex64, "complex64", "c64", 0},
    {DType::kInt64, "int64", "i64", 8},        {DType::kBool, "bool", "bool", 1},
    {DType::kQint8, "qint8", "qint8", 1},      {DType::kQuint8, "quint8", "quint8", 1},
    {DType::kQint32, "qint32", "qint32", 4},   {DType::kBfloat16, "bfloat16", "bf16", 2},
    {DType::kQint16, "qint16", "qint16", 2},   {DType::kQuint16, "quint16", "quint16", 2},
    {DType::kUint16, "uint16", "u16", 2},      {DType::kComplex128, "complex128", "c128", 0},
    {DType::kHalf, "half", "f16", 2},          {DType::kResource, "resource", "resource", 0},
    {DType::kVariant, "variant", "variant", 0}, {DType::kUint32, "uint32", "u32", 4},
    {DType::kUint64, "uint64", "u64", 8},
};

const Info* Find(DType t) {
  for (const Info& i : kInfos) {
    if (i.type == t) return &i;
  }
  return nullptr;
}

std::string Name(DType t, std::string_view Info::*field) {
  const Info* i = Find(BaseType(t));
  if (!i) return "dtype(" + std::to_string(static_cast<int>(t)) + ")";
  std::string name(i->*field);
  return IsRef(t) ? name + "_ref" : name;
}

}  // namespace

std::string DTypeName(DType t) { return Name(t, &Info::name); }
std::string DTypeShortName(DType t) { return Name(t, &Info::short_name); }

DType ParseDType(std::string_view name) {
  constexpr std::string_view kRef = "_ref";
  if (name.size() > kRef.size() && name.substr(name.size() - kRef.size()) == kRef) {
    DType base = ParseDType(name.substr(0, name.size() - kRef.size()));
    return base == DType::kInvalid ? base : MakeRef(base);
  }
  if (name == "float32") return DType::kFloat;
  if (name == "float64") return DType::kDouble;
  if (name == "float16") return DType::kHalf;
  for (const Info& i : kInfos) {
    if (i.name == name || i.short_name == name) return i.type;
  }
  return DType::kInvalid;
}

size_t SizeOf(DType t) {
  const Info* i = Find(t);
  return i ? i->size : 0;
}

bool IsFloating(DType t) { return t == kFloat || t == kDouble || t == kHalf || t == kBfloat16; }
bool IsInteger(DType t) {
  switch (t) {
    case DType::kInt8: case DType::kInt16: case DType::kInt32: case DType::kInt64:
    case DType::kUint8: case DType::kUint16: case DType::kUint32: case DType::kUint64: return true;
    default: return false;
  }
}
bool IsSupported(DType t) { return IsFloating(t) || IsInteger(t) || t == kBool || t == kString; }

}  // namespace weir
