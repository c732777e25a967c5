#include "weir/graph/base/attr.h"

namespace weir {

namespace {
bool Same(const Tensor& a, const Tensor& b) { return a.Identical(b); }
bool Same(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!a[i].Identical(b[i])) return false;
  }
  return true;
}
}  // namespace

bool FuncRef::operator==(const FuncRef& o) const { return name == o.name && attrs == o.attrs; }

bool AttrList::operator==(const AttrList& o) const {
  return s == o.s && i == o.i && f == o.f && b == o.b && type == o.type && shape == o.shape && Same(tensor, o.tensor) &&
         func == o.func;
}

size_t AttrList::size() const {
  return s.size() + i.size() + f.size() + b.size() + type.size() + shape.size() + tensor.size() + func.size();
}

bool AttrValue::operator==(const AttrValue& o) const {
  if (v_.index() != o.v_.index()) return false;
  if (auto* t = get<Tensor>()) return Same(*t, *o.get<Tensor>());
  if (auto* s = get<std::string>()) return *s == *o.get<std::string>();
  if (auto* l = get<AttrList>()) return *l == *o.get<AttrList>();
  if (auto* f = get<FuncRef>()) return *f == *o.get<FuncRef>();
  if (auto* p = get<PartialShape>()) return *p == *o.get<PartialShape>();
  if (auto* p = get<AttrPlaceholder>()) return *p == *o.get<AttrPlaceholder>();
  if (auto* f = get<CppFunctionRef>()) return *f == *o.get<CppFunctionRef>();
  if (auto* p = get<Program>()) return *p == *o.get<Program>();
  if (auto* i = get<int64_t>()) return *i == *o.get<int64_t>();
  if (auto* f = get<float>()) return *f == *o.get<float>() || (*f != *f && *o.get<float>() != *o.get<float>());
  if (auto* b = get<bool>()) return *b == *o.get<bool>();
  if (auto* t = get<DType>()) return *t == *o.get<DType>();
  return true;
}

std::string_view AttrValue::KindName() const {
  static constexpr std::string_view kNames[] = {"nothing", "string", "int",         "float",        "bool",   "type",
                                                "shape",   "tensor", "func",        "placeholder",  "cpp_function",
                                                "program"};
  if (v_.index() < std::size(kNames)) return kNames[v_.index()];
  const AttrList& l = *get<AttrList>();
  return !l.s.empty()      ? "list(string)"
         : !l.i.empty()    ? "list(int)"
         : !l.f.empty()    ? "list(float)"
         : !l.b.empty()    ? "list(bool)"
         : !l.type.empty() ? "list(type)"
         : !l.shape.empty() ? "list(shape)"
         : !l.tensor.empty() ? "list(tensor)"
         : !l.func.empty() ? "list(func)"
                           : "list()";
}

}  // namespace weir
