// AttrValue: the value of a node's attribute; every kind that TensorFlow's AttrValue message has, C++ functions, and
// programs.
//
// Plain values, compared and copied by value. Text and protobuf forms live in graph/text and graph/wire; both hold a
// program as its print, a string, which becomes a Program where a node takes it (Graph::AddRaw).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "weir/graph/base/dtype.h"
#include "weir/graph/base/program.h"
#include "weir/graph/base/shape.h"
#include "weir/graph/base/tensor.h"

namespace weir {

class AttrValue;
using AttrMap = std::map<std::string, AttrValue, std::less<>>;

// A reference to a function of the library, with attributes bound for this use.
struct FuncRef {
  std::string name;
  AttrMap attrs;
  bool operator==(const FuncRef&) const;
};
// Inside a function body: stands for the attribute of the function named so.
struct AttrPlaceholder {
  std::string name;
  bool operator==(const AttrPlaceholder&) const = default;
};

// A function of this process, for ops that call it (ops/custom/custom.h). No file holds it; it is equal to itself
// alone.
using CppFunction = std::function<Result<std::vector<Tensor>>(const std::vector<Tensor>& inputs)>;
struct CppFunctionRef {
  std::shared_ptr<const CppFunction> function;
  bool operator==(const CppFunctionRef&) const = default;
};

// A list; at most one of the vectors is filled (an empty list has none).
struct AttrList {
  std::vector<std::string> s;
  std::vector<int64_t> i;
  std::vector<float> f;
  std::vector<bool> b;
  std::vector<DType> type;
  std::vector<PartialShape> shape;
  std::vector<Tensor> tensor;
  std::vector<FuncRef> func;
  bool operator==(const AttrList& o) const;
  size_t size() const;
};

class AttrValue {
 public:
  // The alternatives, in this order; monostate is an AttrValue with nothing set.
  using Variant = std::variant<std::monostate, std::string, int64_t, float, bool, DType, PartialShape, Tensor, FuncRef,
                               AttrPlaceholder, CppFunctionRef, Program, AttrList>;

  AttrValue() = default;
  AttrValue(std::string v) : v_(std::move(v)) {}
  AttrValue(const char* v) : v_(std::string(v)) {}
  AttrValue(std::string_view v) : v_(std::string(v)) {}
  AttrValue(int64_t v) : v_(v) {}
  AttrValue(int v) : v_(int64_t{v}) {}
  AttrValue(float v) : v_(v) {}
  AttrValue(double v) : v_(static_cast<float>(v)) {}
  AttrValue(bool v) : v_(v) {}
  AttrValue(DType v) : v_(v) {}
  AttrValue(PartialShape v) : v_(std::move(v)) {}
  AttrValue(Shape v) : v_(PartialShape(v)) {}
  AttrValue(Tensor v) : v_(std::move(v)) {}
  AttrValue(FuncRef v) : v_(std::move(v)) {}
  AttrValue(AttrPlaceholder v) : v_(std::move(v)) {}
  AttrValue(CppFunctionRef v) : v_(std::move(v)) {}
  AttrValue(Program v) : v_(std::move(v)) {}
  AttrValue(AttrList v) : v_(std::move(v)) {}
  AttrValue(std::vector<int64_t> v) : AttrValue(&AttrList::i, std::move(v)) {}
  AttrValue(std::vector<DType> v) : AttrValue(&AttrList::type, std::move(v)) {}
  AttrValue(std::vector<std::string> v) : AttrValue(&AttrList::s, std::move(v)) {}
  AttrValue(std::vector<float> v) : AttrValue(&AttrList::f, std::move(v)) {}
  AttrValue(std::vector<PartialShape> v) : AttrValue(&AttrList::shape, std::move(v)) {}

  // Null when the value is of another kind.
  template <class T>
  const T* get() const { return std::get_if<T>(&v_); }
  template <class T>
  bool is() const { return std::holds_alternative<T>(v_); }
  const Variant& variant() const { return v_; }
  bool operator==(const AttrValue& o) const;
  // "string", "int", "float", "bool", "type", "shape", "tensor", "func", "placeholder", "cpp_function", "program",
  // "list(int)", … as attribute types are named.
  std::string_view KindName() const;

 private:
  template <class T>
  AttrValue(std::vector<T> AttrList::* field, std::vector<T> v) : v_(AttrList()) {
    std::get<AttrList>(v_).*field = std::move(v);
  }

  Variant v_;
};

// The attribute that FillDefaults gives nodes whose op tells its name (OpDef::TellsItsName).
inline constexpr char kNodeName[] = "_node_name";

// The value of kind T; where there is none or another kind, T's empty value (for a shape: of unknown rank).
template <class T>
T ValueOr(const AttrValue* v) {
  if (const T* t = v ? v->get<T>() : nullptr) return *t;
  if constexpr (std::is_same_v<T, PartialShape>) {
    return PartialShape::Unknown();
  } else {
    return T{};
  }
}

}  // namespace weir
